"""tools: what builds, tests and releases asiokit; none of it is installed."""

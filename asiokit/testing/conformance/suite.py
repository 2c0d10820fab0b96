"""testing: all checks, in the order in which they are made: what a driver says, its calls, its life, its stream."""

from asiokit.testing.conformance import calls, identity, lifecycle, streaming
from asiokit.testing.conformance.case import CHECKS

__all__ = ["CHECKS", "calls", "identity", "lifecycle", "streaming"]

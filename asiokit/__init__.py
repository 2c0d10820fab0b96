"""asiokit: your own ASIO driver, in Python."""

__version__ = "0.1.0"

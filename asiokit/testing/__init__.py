"""testing: for whoever tests a device, a driver or a host.

opened, play_through: a whole driver around a device, in this process (inprocess.py). conformance: any driver, looked at
from outside; it imports nothing of the driver side, and neither does this file before it is asked to.
"""

__all__ = ["ANY_SIZE", "DeviceSource", "OpenDriver", "opened", "play_through"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415

    return getattr(importlib.import_module("asiokit.testing.inprocess"), name)

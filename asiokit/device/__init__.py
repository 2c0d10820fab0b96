"""device: the contract that device classes are written against."""

from asiokit.device.base import Device, StreamInfo
from asiokit.device.options import Option, option

__all__ = ["Device", "Option", "PyDevice", "StreamInfo", "option"]


def __getattr__(name: str) -> object:
    """PyDevice on demand: a driver whose device is not Python shall not wait for it."""
    if name == "PyDevice":
        from asiokit.device.pydevice import PyDevice  # noqa: PLC0415

        return PyDevice
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

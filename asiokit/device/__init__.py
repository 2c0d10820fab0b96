"""device: the contract that device classes are written against."""

from asiokit.device.base import Device, StreamInfo
from asiokit.device.options import Option, option

__all__ = ["Block", "CDevice", "Device", "Option", "PyDevice", "StreamInfo", "option"]


# on demand: a driver whose device is another kind shall not wait for these
_LATER = {
    "Block": "asiokit.device.pydevice",
    "CDevice": "asiokit.device.c_device",
    "PyDevice": "asiokit.device.pydevice",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415

    return getattr(importlib.import_module(_LATER[name]), name)

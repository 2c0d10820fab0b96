"""device: the contract that device classes are written against."""

from asiokit.device.base import Device, StreamInfo

__all__ = ["Device", "StreamInfo"]

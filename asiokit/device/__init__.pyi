from asiokit.device.base import Device as Device
from asiokit.device.base import StreamInfo as StreamInfo
from asiokit.device.python import PyDevice as PyDevice

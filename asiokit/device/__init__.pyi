from asiokit.device.base import Device as Device
from asiokit.device.base import StreamInfo as StreamInfo
from asiokit.device.c_device import CDevice as CDevice
from asiokit.device.options import Option as Option
from asiokit.device.options import option as option
from asiokit.device.pydevice import PyDevice as PyDevice
from asiokit.device.python import Block as Block

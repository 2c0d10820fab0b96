"""host: any slot of a driver's vtable with any argument at all; the code comes back as it is. For tests and probes.

Through ctypes, and with the structures declared once more, so that neither native.pyx nor abi/asio.pxd vouches for
itself. ctypes lets go of the GIL during each call.
"""

import ctypes
import sys
from collections.abc import Callable
from ctypes import POINTER, c_char, c_double, c_int32, c_int64, c_long, c_uint32, c_ulong, c_void_p
from typing import Any

WINDOWS = sys.platform == "win32"


class _Packed(ctypes.Structure):
    if WINDOWS:
        _layout_ = "ms"  # what _pack_ means; said aloud since Python 3.14
        _pack_ = 4


class Words(_Packed):
    """A 64-bit quantity, high word first: samples and time stamps on Windows."""

    _fields_ = [("hi", c_uint32), ("lo", c_uint32)]

    @property
    def value(self) -> int:
        return int(self.hi) << 32 | int(self.lo)


Samples = Words if WINDOWS else c_int64


class TimeCode(_Packed):
    _fields_ = [("speed", c_double), ("samples", Samples), ("flags", c_ulong), ("future", c_char * 64)]


class TimeInfo(_Packed):
    _fields_ = [
        ("speed", c_double),
        ("system_time", Samples),
        ("sample_position", Samples),
        ("sample_rate", c_double),
        ("flags", c_ulong),
        ("reserved", c_char * 12),
    ]


class Time(_Packed):
    _fields_ = [("reserved", c_long * 4), ("time_info", TimeInfo), ("time_code", TimeCode)]


class ClockSource(_Packed):
    _fields_ = [
        ("index", c_long),
        ("channel", c_long),
        ("group", c_long),
        ("is_current", c_long),
        ("name", c_char * 32),
    ]


class ChannelInfo(_Packed):
    _fields_ = [
        ("channel", c_long),
        ("is_input", c_long),
        ("is_active", c_long),
        ("group", c_long),
        ("type", c_long),
        ("name", c_char * 32),
    ]


class BufferInfo(_Packed):
    _fields_ = [("is_input", c_long), ("channel", c_long), ("buffers", c_void_p * 2)]


class IoFormat(_Packed):
    _fields_ = [("format_type", c_long), ("future", c_char * (512 - ctypes.sizeof(c_long)))]


class InternalBufferInfo(_Packed):
    _fields_ = [("input_samples", c_long), ("output_samples", c_long)]


BUFFER_SWITCH = ctypes.CFUNCTYPE(None, c_long, c_long)
RATE_DID_CHANGE = ctypes.CFUNCTYPE(None, c_double)
ASIO_MESSAGE = ctypes.CFUNCTYPE(c_long, c_long, c_long, c_void_p, c_void_p)
BUFFER_SWITCH_TIME_INFO = ctypes.CFUNCTYPE(c_void_p, c_void_p, c_long, c_long)


class Callbacks(_Packed):
    """Fields left out are NULL."""

    _fields_ = [
        ("buffer_switch", BUFFER_SWITCH),
        ("rate_did_change", RATE_DID_CHANGE),
        ("message", ASIO_MESSAGE),
        ("buffer_switch_time_info", BUFFER_SWITCH_TIME_INFO),
    ]


# name: (result, arguments after the object); pointers are c_void_p, so that NULL and garbage pass
SLOTS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "query_interface": (c_int32, (c_void_p, c_void_p)),
    "add_ref": (c_uint32, ()),
    "release": (c_uint32, ()),
    "init": (c_long, (c_void_p,)),
    "get_driver_name": (None, (c_void_p,)),
    "get_driver_version": (c_long, ()),
    "get_error_message": (None, (c_void_p,)),
    "start": (c_long, ()),
    "stop": (c_long, ()),
    "get_channels": (c_long, (c_void_p, c_void_p)),
    "get_latencies": (c_long, (c_void_p, c_void_p)),
    "get_buffer_size": (c_long, (c_void_p, c_void_p, c_void_p, c_void_p)),
    "can_sample_rate": (c_long, (c_double,)),
    "get_sample_rate": (c_long, (c_void_p,)),
    "set_sample_rate": (c_long, (c_double,)),
    "get_clock_sources": (c_long, (c_void_p, c_void_p)),
    "set_clock_source": (c_long, (c_long,)),
    "get_sample_position": (c_long, (c_void_p, c_void_p)),
    "get_channel_info": (c_long, (c_void_p,)),
    "create_buffers": (c_long, (c_void_p, c_long, c_long, c_void_p)),
    "dispose_buffers": (c_long, ()),
    "control_panel": (c_long, ()),
    "future": (c_long, (c_long, c_void_p)),
    "output_ready": (c_long, ()),
}


class RawDriver:
    """raw = RawDriver(driver.address); raw.get_channels(None, None) -> code. Holds no reference of its own.

    Pointer arguments: None, an address, ctypes.byref(x) or a ctypes array.
    """

    def __init__(self, address: int) -> None:
        self.address = address
        vtable = ctypes.cast(address, POINTER(c_void_p))[0]
        self._entries = ctypes.cast(vtable or 0, POINTER(c_void_p))

    def slot(self, number: int) -> int:
        """Address of the function in this slot."""
        return self._entries[number] or 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in SLOTS:
            raise AttributeError(f"an ASIO driver has no method {name!r}")
        result, arguments = SLOTS[name]
        function = ctypes.CFUNCTYPE(result, c_void_p, *arguments)(self.slot(list(SLOTS).index(name)))
        bound = lambda *values: function(self.address, *values)  # noqa: E731
        setattr(self, name, bound)
        return bound

"""device: devices whose process function is a C function pointer: of numba, cffi, ctypes or any shared library."""
from libc.stdint cimport uintptr_t

from asiokit.abi.block cimport ASIOKIT_DEVICE_ABI, device_t, process_fn
from asiokit.device.base cimport Device

import os

from asiokit.errors import DeviceError


cdef class CDevice(Device):
    """A device around `int process(void *state, asiokit_block_t *block)`; see asiokit_device.h.

    address: of the function. state: the first argument that it gets, an address; 0 for NULL. inputs, outputs: channels,
    as the host sees them. native: blocks come in the host's own sample type. keepalive: any object without which
    function or state would go (a numba cfunc, a ctypes array); it is held as long as the device.

    The engine calls the function itself, without a detour, on the stream thread: no GIL, no allocation, no lock.
    A ctypes callback is a Python function that takes the GIL and is called by a thread that Python does not know: it
    works, but PyDevice is many times faster.
    """
    cdef process_fn function
    cdef void *state
    cdef readonly int inputs
    cdef readonly int outputs
    cdef readonly bint native
    cdef readonly object keepalive

    def __init__(self, address: int, state: int = 0, inputs: int = 2, outputs: int = 2, *, native: bool = False,
                 keepalive: object = None):
        if not address:
            raise DeviceError("a CDevice needs the address of its process function, not NULL")
        self.function = <process_fn><void *><uintptr_t>address
        self.state = <void *><uintptr_t>state
        self.inputs = inputs
        self.outputs = outputs
        self.native = native
        self.keepalive = keepalive

    @classmethod
    def from_library(cls, path: str | os.PathLike[str]) -> CDevice:
        """The device that a shared library exports under the name asiokit_device; see asiokit_device.h.

        To make an installed class of one, or one in a file, give it
        `def __new__(cls): return CDevice.from_library(...)`. DeviceError if it can't be loaded, exports no such thing,
        or was built for another ABI.
        """
        import ctypes
        cdef const device_t *device
        # a bare name would be looked for on the system's path instead
        file = os.path.abspath(path)
        try:
            library = ctypes.CDLL(file)
        except OSError as error:
            raise DeviceError(f"{file} can't be loaded as a device: {error}") from error
        try:
            symbol = ctypes.c_uint32.in_dll(library, "asiokit_device")
        except ValueError as error:
            raise DeviceError(f"{file} exports no asiokit_device: asiokit_device.h says what it must be") from error
        device = <const device_t *><uintptr_t>ctypes.addressof(symbol)
        remedy = "build it against the headers in asiokit.get_include()"
        # of another ABI these two fields are all that may be read
        if device.abi != ASIOKIT_DEVICE_ABI:
            raise DeviceError(f"{file} is a device for ABI {device.abi}, and this asiokit has {ASIOKIT_DEVICE_ABI}: "
                              f"{remedy}")
        if device.size != sizeof(device_t):
            raise DeviceError(f"{file}: its asiokit_device says it has {device.size} bytes, and this asiokit's has "
                              f"{sizeof(device_t)}: {remedy}")
        if device.process is NULL:
            raise DeviceError(f"{file}: the process function of its asiokit_device is NULL")
        return cls(<uintptr_t><void *>device.process, <uintptr_t>device.state, device.inputs, device.outputs,
                   keepalive=library)

    cdef process_fn process_address(self, void **context) noexcept:
        context[0] = self.state
        return self.function

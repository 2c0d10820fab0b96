"""device: devices whose process function is a C function pointer: of numba, cffi, ctypes or any shared library."""
from libc.stdint cimport uintptr_t

from asiokit.abi.block cimport process_fn
from asiokit.device.base cimport Device

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

    cdef process_fn process_address(self, void **context) noexcept:
        context[0] = self.state
        return self.function

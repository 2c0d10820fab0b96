"""device: devices in Python and numpy.

The stream thread is attached to Python once, when it begins, so that each cycle only takes the GIL and calls; and the
arrays that process() sees are made once, at createBuffers, one set for each half. With `ahead` the stream thread does
not even take the GIL: process() runs on a worker (ahead.pyx).
"""
from cpython.buffer cimport PyBUF_WRITABLE
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc

from asiokit.abi.atomic cimport atomic_load_relaxed_i64
from asiokit.abi.block cimport ASIOKIT_BLOCK_DISCONTINUITY, ASIOKIT_BLOCK_FIRST, block_t, process_fn
from asiokit.device.ahead cimport (MAX_AHEAD, ahead_acquire, ahead_begin, ahead_cycle, ahead_new, ahead_quit,
                                   ahead_release, ahead_t, thread_begin_fn, thread_end_fn)
from asiokit.device.base cimport REQUEST_OVERLOAD, Device, StreamInfo
from asiokit.rt.system cimport log_write

from asiokit.errors import DeviceError

cdef extern from "Python.h" nogil:
    ctypedef struct PyThreadState:
        pass
    ctypedef enum PyGILState_STATE:
        PyGILState_LOCKED
        PyGILState_UNLOCKED
    PyGILState_STATE PyGILState_Ensure()
    void PyGILState_Release(PyGILState_STATE state)
    PyThreadState *PyEval_SaveThread()
    void PyEval_RestoreThread(PyThreadState *state)

cdef int64_t QUIT_TIMEOUT_NS = 250000000


cdef class Plane:
    """The channels of one side of a block as one 2-D buffer of float32, (channels, frames); keeps its memory alive."""
    cdef object owner
    cdef void *start
    cdef bint writable
    cdef Py_ssize_t shape[2]
    cdef Py_ssize_t strides[2]

    def __getbuffer__(self, Py_buffer *view, int flags):
        if flags & PyBUF_WRITABLE and not self.writable:
            raise BufferError("what the host has sent is read-only")
        view.buf = self.start
        view.obj = self
        view.len = self.shape[0] * self.shape[1] * <Py_ssize_t>sizeof(float)
        view.readonly = not self.writable
        view.itemsize = sizeof(float)
        view.format = b"f"
        view.ndim = 2
        view.shape = self.shape
        view.strides = self.strides
        view.suboffsets = NULL
        view.internal = NULL

    def __releasebuffer__(self, Py_buffer *view):
        pass


cdef float no_channel


cdef object array_of(void **channels, int32_t n_channels, const block_t *block, bint writable, object owner):
    """The channels as one array. They lie at equal distances, as `contiguous` devices are promised."""
    import numpy as np  # here: a driver whose device is not Python shall not wait for it
    cdef Plane plane = Plane.__new__(Plane)
    cdef int32_t i
    plane.owner = owner
    plane.start = channels[0] if n_channels else &no_channel
    plane.writable = writable
    plane.shape[0] = n_channels
    plane.shape[1] = block.n_frames
    plane.strides[1] = sizeof(float)
    plane.strides[0] = block.n_frames * sizeof(float)
    if n_channels > 1:
        plane.strides[0] = <char *>channels[1] - <char *>channels[0]
    for i in range(n_channels):
        if <char *>channels[i] != <char *>channels[0] + i * plane.strides[0]:
            raise DeviceError(f"channel {i} does not lie where it should")
    return np.asarray(plane)


cdef class Block:
    """One block, as process() gets it; valid during the call.

    to_host: float32 (inputs, frames), to be filled. from_host: float32 (outputs, frames), read-only; channels that the
    host does not use are zero. position: of the first frame, counted from start(). t_ns: of the block's edge, on the
    monotonic clock. is_first: the first block after start(). is_discontinuous: blocks before this one were lost.
    """
    cdef const block_t *block
    cdef readonly object to_host, from_host

    @property
    def frames(self) -> int:
        return self.block.n_frames

    @property
    def position(self) -> int:
        return self.block.position

    @property
    def t_ns(self) -> int:
        return self.block.t_ns

    @property
    def rate_hz(self) -> float:
        return self.block.rate_hz

    @property
    def is_first(self) -> bool:
        return self.block.flags & ASIOKIT_BLOCK_FIRST != 0

    @property
    def is_discontinuous(self) -> bool:
        return self.block.flags & ASIOKIT_BLOCK_DISCONTINUITY != 0


cdef Block block_of(const block_t *block, object owner):
    cdef Block made = Block.__new__(Block)
    made.block = block
    made.to_host = array_of(<void **>block.to_host, block.n_to_host, block, True, owner)
    made.from_host = array_of(<void **>block.from_host, block.n_from_host, block, False, owner)
    return made


cdef class Ahead:
    """Holds a reference to the machine, for the arrays that lie in its memory."""
    cdef ahead_t *a

    def __dealloc__(self):
        if self.a is not NULL:
            ahead_release(self.a)


cdef int call_process(PyDevice self, block_t *block) noexcept nogil:
    """[stream thread, or the worker]"""
    with gil:
        return self.call(block)


cdef int pass_ahead(PyDevice self, block_t *block) noexcept nogil:
    """[stream thread, never the GIL]"""
    cdef int status = ahead_cycle(self.machine, block)
    if status > 0 and self.request is not NULL:
        self.request(self.request_context, REQUEST_OVERLOAD, 0, 0)
    return status


cdef void *attach(void *context) noexcept nogil:
    """Makes this thread known to Python, and gives the GIL back at once."""
    PyGILState_Ensure()
    return PyEval_SaveThread()


cdef void detach(void *context, void *token) noexcept nogil:
    PyEval_RestoreThread(<PyThreadState *>token)
    PyGILState_Release(PyGILState_UNLOCKED)


cdef void detach_worker(void *context, void *token) noexcept nogil:
    """The worker's end: with it the device that it was working for may go."""
    with gil:
        Py_DECREF(<object>context)
    detach(context, token)


cdef class PyDevice(Device):
    """Base class of devices in Python. A subclass has at least `process(self, block)`; see Block.

    ahead: 0 to 64, read at createBuffers. 0: process() runs in the cycle, on the stream thread; a Python thread that is
    busy can delay it by the interpreter's switch interval (5 ms). n: it runs on a thread of its own, n blocks before
    they are heard; latencies() tells so. A block that is late is silence, counted in `missed_blocks`, and reported as
    an overload.
    An exception in process() is silence for that block; the first one after createBuffers is logged with its place.
    """
    contiguous = True
    ahead = 0
    cdef object function            # the bound process()
    cdef list blocks
    cdef int32_t n_blocks
    cdef const block_t **addresses  # of what is in blocks
    cdef object ahead_owner
    cdef ahead_t *machine
    cdef int64_t n_missed
    cdef bint has_logged
    cdef int (*serve)(PyDevice self, block_t *block) noexcept nogil

    def __dealloc__(self):
        free(self.addresses)
        if self.machine is not NULL:
            ahead_release(self.machine)

    def latencies(self, n_frames: int, rate_hz: float) -> tuple[int, int]:
        """One buffer and those that are computed ahead; no output latency."""
        return n_frames * (1 + self._checked_ahead()), 0

    cdef int32_t _checked_ahead(self) except -1:
        ahead = self.ahead
        if not isinstance(ahead, int) or not 0 <= ahead <= MAX_AHEAD:
            raise DeviceError(f"device {type(self).__name__}: ahead must be an integer from 0 to {MAX_AHEAD}, "
                              f"is {ahead!r}")
        return ahead

    @property
    def missed_blocks(self) -> int:
        """Blocks since createBuffers that process() did not finish in time (with ahead only)."""
        if self.machine is not NULL:
            self.n_missed = atomic_load_relaxed_i64(&self.machine.n_missed)
        return self.n_missed

    cdef int bind(self, StreamInfo stream) except -1:
        cdef int32_t ahead = self._checked_ahead()
        if ahead and self.own_clock:
            raise DeviceError(f"device {type(self).__name__}: ahead needs a clock that is not the device's own")
        self.function = getattr(self, "process", None)
        if not callable(self.function):
            raise DeviceError(f"device {type(self).__name__} has no process(self, block)")
        self.unbind()
        if self.machine is not NULL:
            raise DeviceError(f"device {type(self).__name__}: process() has not come back from the last stream")
        self.n_missed = 0
        self.has_logged = False
        if ahead:
            self._bind_ahead(stream, ahead)
        else:
            self._take_blocks([block_of(stream.block[half], stream.owner) for half in range(2)])
            self.serve = call_process
        return 0

    cdef int _take_blocks(self, list blocks) except -1:
        cdef int32_t i
        self.n_blocks = 0
        self.blocks = blocks
        free(self.addresses)
        self.addresses = <const block_t **>malloc(len(blocks) * sizeof(block_t *))
        if self.addresses is NULL:
            raise MemoryError("no memory for the blocks")
        for i in range(<int32_t>len(blocks)):
            self.addresses[i] = (<Block>blocks[i]).block
        self.n_blocks = <int32_t>len(blocks)
        return 0

    cdef int _bind_ahead(self, StreamInfo stream, int32_t n_ahead) except -1:
        cdef Ahead owner = Ahead.__new__(Ahead)
        cdef ahead_t *a = ahead_new(stream.block[0], n_ahead, <process_fn>call_process, attach, detach_worker,
                                    <void *>self)
        cdef int error
        if a is NULL:
            raise MemoryError("no memory to compute ahead")
        owner.a = a
        self._take_blocks([block_of(&a.slots[i].block, owner) for i in range(a.n_slots)])
        Py_INCREF(self)
        error = ahead_begin(a)
        if error:
            Py_DECREF(self)
            raise DeviceError(f"the system refuses another thread (error {error})")
        ahead_acquire(a)
        self.machine = a
        self.serve = pass_ahead
        return 0

    cdef int unbind(self) except -1:
        cdef bint has_left
        if self.machine is not NULL:
            self.n_missed = atomic_load_relaxed_i64(&self.machine.n_missed)
            with nogil:
                has_left = ahead_quit(self.machine, QUIT_TIMEOUT_NS)
            if has_left:
                ahead_release(self.machine)
                self.machine = NULL
        return 0

    cdef int call(self, const block_t *block) noexcept:
        cdef int32_t i
        for i in range(self.n_blocks):
            if self.addresses[i] == block:
                break
        try:
            self.function(self.blocks[i])
            return 0
        except BaseException as error:
            self._failed(error)
            return -2

    cdef void _failed(self, error) noexcept:
        cdef bytes line
        if self.has_logged:
            return
        self.has_logged = True
        try:
            import traceback
            text = "".join(traceback.format_exception(error))
            line = f"device {type(self).__name__}: process() raised:\n{text}".encode("utf-8", "replace")
            log_write(b"device", line)
        except BaseException:
            pass  # an error that can't even be shown: the silence and the counter have to do

    cdef int process(self, block_t *block) noexcept nogil:
        return self.serve(self, block)

    cdef void *thread_begin(self) noexcept nogil:
        return attach(NULL)

    cdef void thread_end(self, void *token) noexcept nogil:
        detach(NULL, token)

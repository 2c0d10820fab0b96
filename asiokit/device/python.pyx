"""device: what calls a device in Python, block by block.

The stream thread is attached to Python once, when it begins, so that each cycle only takes the GIL and calls; and the
arrays that process() sees are made once, at createBuffers, one set for each half. With `ahead` the stream thread does
not even take the GIL: process() runs on a worker (ahead.pyx).
"""
from cpython.buffer cimport PyBUF_WRITABLE
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free, malloc

from asiokit.abi.asio cimport (ASIO_TC_ON_SPEED, ASIO_TC_REVERSE, ASIO_TC_RUNNING, ASIO_TC_SPEED_VALID, ASIO_TC_STILL,
                               ASIO_TC_VALID, asio_error_t, asio_long_t, asio_samples_from_int64, asio_time_code_t)
from asiokit.abi.atomic cimport atomic_load_relaxed_i64
from asiokit.abi.block cimport ASIOKIT_BLOCK_DISCONTINUITY, ASIOKIT_BLOCK_FIRST, block_t, process_fn
from asiokit.device.ahead cimport (MAX_AHEAD, ahead_acquire, ahead_begin, ahead_cycle, ahead_new, ahead_quit,
                                   ahead_release, ahead_t)
from asiokit.device.base cimport REQUEST_OVERLOAD, Device, StreamInfo
from asiokit.device.selectors cimport answer_selector
from asiokit.rt.system cimport log_write, now_ns

import sys

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


cdef extern from "<math.h>" nogil:
    bint isfinite(float x)

NON_FINITE = ("pass", "zero", "raise")


cdef bint has_non_finite(const block_t *block, bint zeroes) noexcept nogil:
    """NaN or infinity in what goes to the host? zeroes: each one is made a zero."""
    cdef int32_t i, frame
    cdef float *channel
    cdef bint found = False
    for i in range(block.n_to_host):
        channel = <float *>block.to_host[i]
        for frame in range(block.n_frames):
            if not isfinite(channel[frame]):
                found = True
                if zeroes:
                    channel[frame] = 0
    return found


cdef class Codes:
    """The time codes of a stream's blocks, in their order; flags 0: none. Kept by each block."""
    cdef asio_time_code_t *codes

    def __cinit__(self, int32_t n_blocks):
        self.codes = <asio_time_code_t *>calloc(n_blocks, sizeof(asio_time_code_t))
        if self.codes is NULL:
            raise MemoryError("no memory for the time codes")

    def __dealloc__(self):
        free(self.codes)


cdef class Block:
    """One block, as process() gets it; valid during the call.

    - to_host: float32 (inputs, frames), to be filled.
    - from_host: float32 (outputs, frames), read-only; channels that the host does not use are zero.
    - frames, rate_hz: of this block; constant from prepare() on.
    - position: of the first frame, counted from start().
    - t_ns: of the block's edge, on the monotonic clock.
    - is_first: the first block after start().
    - is_discontinuous: blocks before this one were lost.
    """
    cdef const block_t *block
    cdef readonly object to_host, from_host
    cdef Codes codes
    cdef asio_time_code_t *code

    def set_time_code(self, int64_t position, double speed=1.0, bint is_running=True) -> None:
        """The time code of this block's first frame, for a host that reads it: position in frames, speed as a factor
        of the rate, negative backwards. Without it the block has none. The device needs has_time_code = True."""
        self.code.time_code_samples = asio_samples_from_int64(position)
        self.code.speed = speed
        self.code.flags = ASIO_TC_VALID | ASIO_TC_SPEED_VALID
        if is_running:
            self.code.flags |= ASIO_TC_RUNNING
        if speed == 1.0:
            self.code.flags |= ASIO_TC_ON_SPEED
        elif speed < 0:
            self.code.flags |= ASIO_TC_REVERSE
        elif speed == 0:
            self.code.flags |= ASIO_TC_STILL

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


cdef Block block_of(const block_t *block, object owner, Codes codes, int32_t index):
    cdef Block made = Block.__new__(Block)
    made.block = block
    made.codes = codes
    made.code = &codes.codes[index]
    made.to_host = array_of(<void **>block.to_host, block.n_to_host, block, True, owner)
    made.from_host = array_of(<void **>block.from_host, block.n_from_host, block, False, owner)
    return made


cdef int references_while_looking():
    """How many references _look_for_kept itself sees of an array that nobody else holds."""
    cdef Block block = Block.__new__(Block)
    block.to_host = object()
    for _name, array in (("to_host", block.to_host), ("from_host", block.from_host)):
        return sys.getrefcount(array)

KEPT_BY_LOOKING = references_while_looking()


cdef class Ahead:
    """Holds a reference to the machine, for the arrays that lie in its memory."""
    cdef ahead_t *a

    def __dealloc__(self):
        if self.a is not NULL:
            ahead_release(self.a)


cdef int call_process(PythonDevice self, block_t *block) noexcept nogil:
    """[stream thread, or the worker]"""
    with gil:
        return self.call(block)


cdef int pass_ahead(PythonDevice self, block_t *block) noexcept nogil:
    """[stream thread, never the GIL]"""
    cdef int status = ahead_cycle(self.machine, block)
    self.is_missing = status > 0
    if self.is_missing and self.request is not NULL:
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


cdef class PythonDevice(Device):
    """What PyDevice (pydevice.py, where it is described) is made of."""
    contiguous = True
    ahead = 0
    non_finite = "pass"
    debug = False
    cdef object function            # the bound process()
    cdef list blocks
    cdef int32_t n_blocks
    cdef const block_t **addresses  # of what is in blocks
    cdef Codes codes                # theirs
    cdef bint is_missing            # with ahead: the block of this cycle was not there in time
    cdef ahead_t *machine
    cdef int64_t n_missed
    cdef int64_t n_slow
    cdef int64_t period_ns
    cdef int32_t how_non_finite     # index in NON_FINITE
    cdef bint looks_for_kept
    cdef set logged                 # what has been said since createBuffers

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

    @property
    def slow_blocks(self) -> int:
        """Blocks since createBuffers whose process() took longer than their period."""
        return self.n_slow

    cdef int bind(self, StreamInfo stream) except -1:
        cdef int32_t ahead = self._checked_ahead()
        if self.non_finite not in NON_FINITE:
            raise DeviceError(f"device {type(self).__name__}: non_finite must be one of {', '.join(NON_FINITE)}, "
                              f"is {self.non_finite!r}")
        if ahead and self.own_clock:
            raise DeviceError(f"device {type(self).__name__}: ahead needs a clock that is not the device's own")
        self.function = getattr(self, "process", None)
        if not callable(self.function):
            raise DeviceError(f"device {type(self).__name__} has no process(self, block)")
        self.unbind()
        if self.machine is not NULL:
            raise DeviceError(f"device {type(self).__name__}: process() has not come back from the last stream")
        self.n_missed = self.n_slow = 0
        self.period_ns = <int64_t>(stream.n_frames * 1e9 / stream.rate_hz)
        self.how_non_finite = NON_FINITE.index(self.non_finite)
        self.looks_for_kept = bool(self.debug)
        self.logged = set()
        self.is_missing = False
        self.codes = Codes(2 if ahead == 0 else ahead + 1)
        if ahead:
            self._bind_ahead(stream, ahead)
        else:
            self._take_blocks([block_of(stream.block[half], stream.owner, self.codes, half) for half in range(2)])
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
        self._take_blocks([block_of(&a.slots[i].block, owner, self.codes, i) for i in range(a.n_slots)])
        Py_INCREF(self)
        error = ahead_begin(a)
        if error:
            Py_DECREF(self)
            raise DeviceError(f"the system refuses another thread (error {error})")
        ahead_acquire(a)
        self.machine = a
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
        cdef int64_t begin_ns = now_ns()
        cdef int32_t i
        for i in range(self.n_blocks):
            if self.addresses[i] == block:
                break
        self.codes.codes[i].flags = 0
        try:
            result = self.function(self.blocks[i])
            if result is not None:
                raise TypeError(f"process() returned {type(result).__name__}: it must return nothing, and write its "
                                f"result into block.to_host, float32 of shape {self.blocks[i].to_host.shape}")
            if self.how_non_finite and has_non_finite(block, self.how_non_finite == 1) and self.how_non_finite == 2:
                raise ValueError("process() has left NaN or infinity in block.to_host")
            if now_ns() - begin_ns > self.period_ns:
                self._slow(now_ns() - begin_ns)
            if self.looks_for_kept:
                self._look_for_kept(self.blocks[i])
            return 0
        except BaseException as error:
            self._failed(error)
            return -2

    cdef int _slow(self, int64_t took_ns) except -1:
        self.n_slow += 1
        self._log_once("slow", f"process() took {took_ns / 1e6:.2f} ms, and a block lasts "
                               f"{self.period_ns / 1e6:.2f} ms")
        return 0

    cdef int _look_for_kept(self, Block block) except -1:
        # one reference is the block's, one the argument of getrefcount
        for name, array in (("to_host", block.to_host), ("from_host", block.from_host)):
            if sys.getrefcount(array) > KEPT_BY_LOOKING:
                self._log_once(name, f"process() has kept block.{name} or a view of it, which will show other blocks; "
                                     f"a copy would stay as it is")
        return 0

    cdef int _log_once(self, str what, str text) except -1:
        if what not in self.logged:
            self.logged.add(what)
            log_write(b"device", f"device {type(self).__name__}: {text}".encode("utf-8", "replace"))
        return 0

    cdef void _failed(self, error) noexcept:
        try:
            if "failed" not in self.logged:
                import traceback
                self._log_once("failed", "process() failed:\n" + "".join(traceback.format_exception(error)))
        except BaseException:
            pass  # an error that can't even be shown: the silence and the counter have to do

    cdef process_fn process_address(self, void **context) noexcept:
        context[0] = <void *>self
        return <process_fn>call_process if self.machine is NULL else <process_fn>pass_ahead

    cdef asio_error_t control(self, asio_long_t selector, void *params) noexcept nogil:
        return answer_selector(self, selector, params)

    cdef void time_code(self, const block_t *block, asio_time_code_t *code) noexcept nogil:
        """What process() has said of the block that the host gets in this cycle."""
        cdef int32_t i = 0
        if self.is_missing:
            return
        if self.machine is not NULL:
            # the slot that was taken is not the worker's again before the next cycle
            i = <int32_t>(self.machine.serial % self.machine.n_slots)
        elif self.addresses[0] != block:
            i = 1
        if self.codes.codes[i].flags:
            code[0] = self.codes.codes[i]

    cdef void *thread_begin(self) noexcept nogil:
        return attach(NULL)

    cdef void thread_end(self, void *token) noexcept nogil:
        detach(NULL, token)

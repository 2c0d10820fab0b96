"""tests: a device that does what it is told, writes down what happens to it, and can go wrong on purpose."""
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from asiokit.abi.atomic cimport atomic_add_i32, atomic_load_i64, atomic_store_i64
from asiokit.device cimport Device, block_t
from asiokit.rt.system cimport now_ns, sleep_until, thread_id

import threading

cdef enum:
    N_ROWS = 100000

cdef struct row_t:
    int64_t position
    int64_t t_ns
    uint64_t thread
    int32_t flags
    int32_t n_frames
    double rate_hz


cdef class ProbeDevice(Device):
    """Copies output i to input i, byte for byte, as far as both exist; other inputs are silent.

    calls: (hook, thread) in order. raises: hook -> exception to be raised. Fields of Device are attributes.
    fail_from, fail_to: cycles (counted since open) whose process() returns a failure; status: which.
    stall_at, stall_ns: the cycle that takes so long.
    """
    cdef dict __dict__
    cdef row_t *rows
    cdef int64_t n_rows
    cdef public int64_t fail_from, fail_to, stall_at, stall_ns
    cdef public int status
    cdef int32_t inside
    cdef readonly int32_t n_together
    cdef readonly int32_t n_unknown_shape

    def __cinit__(self, *arguments, **fields):
        self.rows = <row_t *>calloc(N_ROWS, sizeof(row_t))
        if self.rows is NULL:
            raise MemoryError
        self.fail_from = self.fail_to = self.stall_at = -1
        self.status = -5

    def __init__(self, **fields):
        self.calls = []
        self.raises = {}
        self.stream = None
        for name, value in fields.items():
            if not hasattr(type(self), name):
                raise TypeError(name)
            setattr(self, name, value)

    def __dealloc__(self):
        free(self.rows)

    def _called(self, str hook):
        self.calls.append((hook, threading.get_ident()))
        if hook in self.raises:
            raise self.raises[hook]

    def open(self):
        self._called("open")

    def prepare(self, stream):
        self.stream = stream
        self._called("prepare")

    def start(self):
        self._called("start")

    def stop(self):
        self._called("stop")

    def close(self):
        self._called("close")

    def latencies(self, n_frames, rate_hz):
        if "latencies" in self.raises:
            raise self.raises["latencies"]
        return super().latencies(n_frames, rate_hz)

    def set_clock_source(self, index):
        self._called(f"set_clock_source {index}")

    @property
    def hooks(self) -> list:
        return [hook for hook, _ in self.calls]

    @property
    def blocks(self) -> list:
        """One dict a cycle, since the device was made."""
        return [self.rows[i] for i in range(min(atomic_load_i64(&self.n_rows), N_ROWS))]

    cdef int process(self, block_t *block) noexcept nogil:
        cdef int64_t k = self.n_rows
        cdef row_t *row
        cdef size_t n_bytes = <size_t>block.n_frames * block.sample_width
        cdef int i
        if atomic_add_i32(&self.inside, 1) != 0:
            atomic_add_i32(&self.n_together, 1)
        if block.size != sizeof(block_t):
            atomic_add_i32(&self.n_unknown_shape, 1)
        if k < N_ROWS:
            row = &self.rows[k]
            row.position, row.t_ns, row.flags = block.position, block.t_ns, block.flags
            row.n_frames, row.rate_hz, row.thread = block.n_frames, block.rate_hz, thread_id()
        for i in range(block.n_to_host):
            if i < block.n_from_host:
                memcpy(block.to_host[i], block.from_host[i], n_bytes)
            else:
                memset(block.to_host[i], 0, n_bytes)
        if k == self.stall_at:
            sleep_until(now_ns() + self.stall_ns)
        atomic_store_i64(&self.n_rows, k + 1)
        atomic_add_i32(&self.inside, -1)
        return self.status if self.fail_from <= k < self.fail_to else 0

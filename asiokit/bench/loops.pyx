"""bench: the loops that are timed. Each function runs its work n times without the GIL and returns ns a run.

What is compared is called in the same way: through a pointer that the compiler can't see through, on memory of the same
kind, warm.
"""
from cpython.ref cimport PyObject
from libc.stdint cimport int32_t, int64_t, uint8_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from asiokit.abi.atomic cimport atomic_load_i64, atomic_store_i64
from asiokit.rt.convert cimport convert_best_level, convert_find, converters_t, sample_type_width
from asiokit.rt.ring cimport ring_init, ring_read, ring_t, ring_write
from asiokit.rt.system cimport (event_free, event_new, event_set, event_wait, now_ns, os_event_t, pages_free, pages_new,
                                thread_start)

cdef extern from "Python.h" nogil:
    ctypedef struct PyThreadState:
        pass
    ctypedef enum PyGILState_STATE:
        PyGILState_UNLOCKED
    PyGILState_STATE PyGILState_Ensure()
    void PyGILState_Release(PyGILState_STATE state)
    PyThreadState *PyEval_SaveThread()
    void PyEval_RestoreThread(PyThreadState *state)

cdef extern from "plain_loops.h" nogil:
    const char *PLAIN_LOOPS_COMPILER
    int plain_loops_run_here()
    void plain_int24_from_float32(void *to, const void *from_, size_t n_frames, size_t stride)
    void plain_int24_to_float32(void *to, const void *from_, size_t n_frames, size_t stride)

ctypedef void *(*copy_fn)(void *to, const void *from_, size_t n) noexcept nogil
ctypedef void (*switch_fn)(long index, long direct) noexcept nogil
ctypedef void (*strided_fn)(void *to, int to_stride, void *from_, int from_stride, unsigned int n_frames,
                            void *dither) noexcept nogil
ctypedef long (*pa_ring_fn)(void *ring, void *data, long n) noexcept nogil
ctypedef size_t (*jack_ring_fn)(void *ring, void *data, size_t n) noexcept nogil
ctypedef void *(*jack_buffer_fn)(void *port, unsigned int n_frames) noexcept nogil

# not static and not constant: the compiler has to call through them
cdef public copy_fn bench_copy = <copy_fn>memcpy
cdef public switch_fn bench_switch


cdef enum:
    PAGE = 4096


cdef inline uint8_t *apart(uint8_t *at) noexcept nogil:
    """The next address in the middle of a page: what is read and written in one loop shall not begin at the same place
    of its page, which slows down both sides (the engine lays its slabs out so, too)."""
    return at + (PAGE // 2 - <size_t>at) % PAGE


# ---- anchors --------------------------------------------------------------------------------------------------------

cdef class Copy:
    """memcpy of n_bytes."""
    cdef uint8_t *memory
    cdef size_t n_bytes
    cdef size_t n_pages

    def __cinit__(self, size_t n_bytes):
        self.n_bytes = n_bytes
        self.n_pages = 2 * (n_bytes + PAGE)
        self.memory = <uint8_t *>pages_new(self.n_pages)
        if self.memory is NULL:
            raise MemoryError

    def __dealloc__(self):
        pages_free(self.memory, self.n_pages)

    def run(self, int64_t n) -> float:
        cdef uint8_t *to = apart(self.memory + self.n_bytes)
        cdef int64_t _, t
        with nogil:
            t = now_ns()
            for _ in range(n):
                bench_copy(to, self.memory, self.n_bytes)
            t = now_ns() - t
        return t / <double>n


cdef void nothing(long index, long direct) noexcept nogil:
    pass


def call_ns(int64_t n, uintptr_t address=0) -> float:
    """An indirect call of void (*)(long, long), of a function that does nothing or the one at the address."""
    global bench_switch
    cdef int64_t i, t
    bench_switch = <switch_fn>address if address else nothing
    with nogil:
        t = now_ns()
        for i in range(n):
            bench_switch(i & 1, 1)
        t = now_ns() - t
    return t / <double>n


def clock_ns(int64_t n) -> float:
    cdef int64_t _, t
    with nogil:
        t = now_ns()
        for _ in range(n):
            now_ns()
        t = now_ns() - t
    return t / <double>n


# ---- convert --------------------------------------------------------------------------------------------------------

cdef class Conversion:
    """One configuration: float32 planes of a host to or from a device's buffer of the sample type."""
    cdef uint8_t *memory
    cdef size_t n_pages
    cdef converters_t found
    cdef bint from_host, interleaved
    cdef size_t n_channels, n_frames, width
    cdef void **planes
    cdef uint8_t *device
    cdef readonly int64_t n_bytes     # read and written together

    def __cinit__(self, int32_t sample_type, int level, bint from_host, bint interleaved, size_t n_channels,
                  size_t n_frames):
        cdef size_t n = n_channels * n_frames
        cdef size_t i
        self.from_host, self.interleaved = from_host, interleaved
        self.n_channels, self.n_frames = n_channels, n_frames
        self.width = sample_type_width(sample_type)
        if not convert_find(sample_type, level if level >= 0 else convert_best_level(), &self.found):
            raise ValueError(f"no converters of level {level} for sample type {sample_type}")
        self.n_bytes = n * (4 + self.width)
        self.n_pages = 4 * n + self.width * n + 2 * PAGE
        self.memory = <uint8_t *>pages_new(self.n_pages)
        self.planes = <void **>calloc(n_channels, sizeof(void *))
        if self.memory is NULL or self.planes is NULL:
            raise MemoryError
        for i in range(n_channels):
            self.planes[i] = self.memory + 4 * i * n_frames
        self.device = apart(self.memory + 4 * n)
        for i in range(n):
            (<float *>self.memory)[i] = ((i * 7919) % 20011) / 10007.0 - 1.0
        self.found.from_float32(self.device, self.memory, n)

    def __dealloc__(self):
        pages_free(self.memory, self.n_pages)
        free(self.planes)

    def run(self, int64_t n) -> float:
        """Our converter: one call."""
        cdef int64_t _, t
        cdef size_t n_samples = self.n_channels * self.n_frames
        with nogil:
            t = now_ns()
            for _ in range(n):
                if self.interleaved:
                    if self.from_host:
                        self.found.interleave(self.device, <const void *const *>self.planes, self.n_channels,
                                              self.n_frames)
                    else:
                        self.found.deinterleave(self.planes, self.device, self.n_channels, self.n_frames)
                elif self.from_host:
                    self.found.from_float32(self.device, self.memory, n_samples)
                else:
                    self.found.to_float32(self.memory, self.device, n_samples)
            t = now_ns() - t
        return t / <double>n

    def run_strided(self, int64_t n, uintptr_t function, uintptr_t dither=0) -> float:
        """PortAudio's converter: one call a channel, as PortAudio does."""
        cdef int64_t _, t
        cdef size_t c
        cdef strided_fn convert = <strided_fn>function
        cdef int stride = <int>self.n_channels if self.interleaved else 1
        cdef size_t step = self.width if self.interleaved else self.width * self.n_frames
        with nogil:
            t = now_ns()
            for _ in range(n):
                for c in range(self.n_channels):
                    if self.from_host:
                        convert(self.device + c * step, stride, self.planes[c], 1, <unsigned int>self.n_frames,
                                <void *>dither)
                    else:
                        convert(self.planes[c], 1, self.device + c * step, stride, <unsigned int>self.n_frames,
                                <void *>dither)
            t = now_ns() - t
        return t / <double>n


    def run_plain(self, int64_t n) -> float:
        """A plain loop for x86-64-v3, one call a channel; int24 only."""
        cdef int64_t _, t
        cdef size_t c
        cdef size_t stride = self.n_channels if self.interleaved else 1
        cdef size_t step = self.width if self.interleaved else self.width * self.n_frames
        if self.width != 3 or not plain_loops_run_here():
            raise ValueError("there is no such loop here")
        with nogil:
            t = now_ns()
            for _ in range(n):
                for c in range(self.n_channels):
                    if self.from_host:
                        plain_int24_from_float32(self.device + c * step, self.planes[c], self.n_frames, stride)
                    else:
                        plain_int24_to_float32(self.planes[c], self.device + c * step, self.n_frames, stride)
            t = now_ns() - t
        return t / <double>n

    def integers(self) -> bytes:
        """What is in the device's buffer."""
        return (<char *>self.device)[:self.n_channels * self.n_frames * self.width]


def compiler() -> str:
    """Name and version of the C compiler."""
    return PLAIN_LOOPS_COMPILER.decode()


def has_plain_loops() -> bool:
    return plain_loops_run_here() != 0


# ---- dispatch: a thread of ours calls a host's callback, in several ways --------------------------------------------

cdef struct caller_t:
    int32_t how
    int64_t n
    int64_t took_ns
    PyObject *function
    switch_fn address
    os_event_t *done

cdef enum:
    HOW_ADDRESS
    HOW_PYTHON_ATTACHED
    HOW_PYTHON_UNATTACHED


cdef void call_python(caller_t *c) noexcept:
    try:
        (<object>c.function)(0, 1)
    except BaseException:
        pass


cdef void with_gil(caller_t *c) noexcept nogil:
    with gil:
        call_python(c)


cdef void caller_body(void *argument) noexcept nogil:
    cdef caller_t *c = <caller_t *>argument
    cdef int64_t i, t
    cdef PyThreadState *state = NULL
    if c.how == HOW_PYTHON_ATTACHED:
        PyGILState_Ensure()
        state = PyEval_SaveThread()
    t = now_ns()
    if c.how == HOW_ADDRESS:
        for i in range(c.n):
            c.address(i & 1, 1)
    else:
        for _ in range(c.n):
            with_gil(c)
    c.took_ns = now_ns() - t
    if c.how == HOW_PYTHON_ATTACHED:
        PyEval_RestoreThread(state)
        PyGILState_Release(PyGILState_UNLOCKED)
    event_set(c.done)


cdef double on_a_thread(int how, int64_t n, uintptr_t address, object function) except -1:
    cdef caller_t c
    memset(&c, 0, sizeof(c))
    c.how, c.n, c.address, c.function = how, n, <switch_fn>address, <PyObject *>function
    c.done = event_new()
    if c.done is NULL:
        raise MemoryError
    if thread_start(caller_body, &c, b"bench"):
        event_free(c.done)
        raise OSError("the system refuses a thread")
    with nogil:
        event_wait(c.done, -1)
    event_free(c.done)
    return c.took_ns / <double>n


def foreign_thread_ns(int64_t n, uintptr_t address) -> float:
    """void (*)(long, long) at the address, called from a thread that Python has not made (cffi, ctypes)."""
    return on_a_thread(HOW_ADDRESS, n, address, None)


def attached_ns(int64_t n, object function) -> float:
    """function(0, 1) from a thread that is attached once, the GIL taken for each call."""
    return on_a_thread(HOW_PYTHON_ATTACHED, n, 0, function)


def unattached_ns(int64_t n, object function) -> float:
    """The same, Python getting to know the thread anew for each call."""
    return on_a_thread(HOW_PYTHON_UNATTACHED, n, 0, function)


# ---- shapes of other drivers' cycles --------------------------------------------------------------------------------

cdef class Shape:
    """What a cycle of another driver does with its channels: no code of theirs, the same passes and calls.

    "per channel": loopback by one copy a channel. "ports": as WineASIO: for each channel of each direction a port's
    buffer is asked for through a table of pointers, and copied. Each stamps a clock and calls a host's switch.
    """
    cdef uint8_t *memory
    cdef size_t n_pages, n_channel
    cdef int32_t n_channels
    cdef bint ports
    cdef void *(*buffer_of)(Shape self, int32_t port) noexcept nogil

    def __cinit__(self, int32_t n_channels, int32_t n_frames, bint ports):
        self.n_channels, self.ports = n_channels, ports
        self.n_channel = 4 * n_frames
        self.n_pages = 4 * self.n_channel * n_channels
        self.memory = <uint8_t *>pages_new(self.n_pages)
        if self.memory is NULL:
            raise MemoryError
        self.buffer_of = port_buffer

    def __dealloc__(self):
        pages_free(self.memory, self.n_pages)

    def run(self, int64_t n) -> float:
        global bench_switch
        cdef int64_t i, t
        cdef int32_t c
        cdef uint8_t *host_in = self.memory
        cdef uint8_t *host_out = self.memory + self.n_channel * self.n_channels
        bench_switch = nothing
        with nogil:
            t = now_ns()
            for i in range(n):
                if self.ports:
                    for c in range(self.n_channels):
                        bench_copy(host_in + c * self.n_channel, self.buffer_of(self, c), self.n_channel)
                    now_ns()
                    bench_switch(i & 1, 1)
                    for c in range(self.n_channels):
                        bench_copy(self.buffer_of(self, self.n_channels + c), host_out + c * self.n_channel,
                                   self.n_channel)
                else:
                    for c in range(self.n_channels):
                        bench_copy(host_in + c * self.n_channel, host_out + c * self.n_channel, self.n_channel)
                    now_ns()
                    bench_switch(i & 1, 1)
            t = now_ns() - t
        return t / <double>n


cdef void *port_buffer(Shape self, int32_t port) noexcept nogil:
    return self.memory + self.n_channel * (2 * self.n_channels + port)


# ---- ring -----------------------------------------------------------------------------------------------------------

cdef class Rings:
    """One write and one read of n_bytes, on one thread."""
    cdef uint8_t *memory
    cdef size_t n_bytes
    cdef ring_t ring

    def __cinit__(self, size_t n_bytes):
        self.n_bytes = n_bytes
        self.memory = <uint8_t *>pages_new(8 * n_bytes)
        if self.memory is NULL:
            raise MemoryError
        ring_init(&self.ring, self.memory + 4 * n_bytes, 4 * n_bytes)

    def __dealloc__(self):
        pages_free(self.memory, 8 * self.n_bytes)

    def run(self, int64_t n) -> float:
        cdef int64_t _, t
        with nogil:
            t = now_ns()
            for _ in range(n):
                ring_write(&self.ring, self.memory, self.n_bytes)
                ring_read(&self.ring, self.memory + self.n_bytes, self.n_bytes)
            t = now_ns() - t
        return t / <double>n

    def run_copies(self, int64_t n) -> float:
        """Two memcpys: what has to be done in any case."""
        cdef int64_t _, t
        with nogil:
            t = now_ns()
            for _ in range(n):
                bench_copy(self.memory + 4 * self.n_bytes, self.memory, self.n_bytes)
                bench_copy(self.memory + self.n_bytes, self.memory + 4 * self.n_bytes, self.n_bytes)
            t = now_ns() - t
        return t / <double>n

    def run_pa(self, int64_t n, uintptr_t ring, uintptr_t write, uintptr_t read) -> float:
        """PortAudio's ring, whose elements are bytes."""
        cdef int64_t _, t
        cdef pa_ring_fn write_fn = <pa_ring_fn>write, read_fn = <pa_ring_fn>read
        with nogil:
            t = now_ns()
            for _ in range(n):
                write_fn(<void *>ring, self.memory, <long>self.n_bytes)
                read_fn(<void *>ring, self.memory + self.n_bytes, <long>self.n_bytes)
            t = now_ns() - t
        return t / <double>n

    def run_jack(self, int64_t n, uintptr_t ring, uintptr_t write, uintptr_t read) -> float:
        cdef int64_t _, t
        cdef jack_ring_fn write_fn = <jack_ring_fn>write, read_fn = <jack_ring_fn>read
        with nogil:
            t = now_ns()
            for _ in range(n):
                write_fn(<void *>ring, self.memory, self.n_bytes)
                read_fn(<void *>ring, self.memory + self.n_bytes, self.n_bytes)
            t = now_ns() - t
        return t / <double>n


# ---- JACK: a client that does what a driver on top of it has to do --------------------------------------------------

cdef struct jack_client_t:
    jack_buffer_fn buffer_of
    int32_t n_ports           # of each direction
    void **ports              # inputs, then outputs
    uint8_t *memory           # a host's channels, likewise
    size_t n_channel
    int64_t n_cycles          # atomic


cdef int jack_process(unsigned int n_frames, void *context) noexcept nogil:
    cdef jack_client_t *c = <jack_client_t *>context
    cdef int32_t i
    if n_frames * sizeof(float) > c.n_channel:
        return 1
    for i in range(c.n_ports):
        memcpy(c.memory + i * c.n_channel, c.buffer_of(c.ports[i], n_frames), n_frames * sizeof(float))
    for i in range(c.n_ports, 2 * c.n_ports):
        memcpy(c.buffer_of(c.ports[i], n_frames), c.memory + i * c.n_channel, n_frames * sizeof(float))
    atomic_store_i64(&c.n_cycles, c.n_cycles + 1)
    return 0


cdef class JackClient:
    """A process callback for libjack: for each port one jack_port_get_buffer and one copy, in and out."""
    cdef jack_client_t c

    def __cinit__(self, uintptr_t port_get_buffer, list inputs, list outputs, size_t n_frames):
        cdef size_t i
        self.c.buffer_of = <jack_buffer_fn>port_get_buffer
        self.c.n_ports = <int32_t>len(inputs)
        self.c.n_channel = n_frames * sizeof(float)
        self.c.ports = <void **>calloc(2 * len(inputs), sizeof(void *))
        self.c.memory = <uint8_t *>pages_new(2 * len(inputs) * self.c.n_channel)
        if self.c.ports is NULL or self.c.memory is NULL:
            raise MemoryError
        if len(outputs) != len(inputs):
            raise ValueError("as many outputs as inputs")
        for i, port in enumerate(inputs + outputs):
            self.c.ports[i] = <void *><uintptr_t>port

    def __dealloc__(self):
        free(self.c.ports)
        pages_free(self.c.memory, 2 * self.c.n_ports * self.c.n_channel)

    @property
    def process(self) -> int:
        """Address of the callback."""
        return <uintptr_t>jack_process

    @property
    def context(self) -> int:
        """Address of its second argument."""
        return <uintptr_t>&self.c

    @property
    def n_cycles(self) -> int:
        return atomic_load_i64(&self.c.n_cycles)

"""bench: a host whose buffer switch only counts, so that what is timed is the driver; and a device that converts.

One BareHost at a time: a host's callbacks have no argument that could tell one from another.
"""
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from asiokit.abi.asio cimport (ASIO_MSG_SUPPORTS_TIME_INFO, asio_bool_t, asio_buffer_info_t,
                               asio_callbacks_t, asio_driver_t, asio_error_t, asio_long_t, asio_rate_t, asio_time_t)
from asiokit.abi.atomic cimport atomic_load_i64, atomic_store_i64
from asiokit.abi.block cimport process_fn
from asiokit.device cimport Device, StreamInfo, block_t
from asiokit.host.native cimport NativeDriver
from asiokit.rt.convert cimport convert_best_level, convert_find, converters_t, sample_type_width
from asiokit.rt.system cimport event_new, event_set, event_wait, now_ns, os_event_t, pages_free, pages_new

cdef enum:
    MAX_MARKS = 128
    PAGE = 4096

cdef struct counting_t:
    int64_t n                # switches
    int64_t left             # until the next mark
    int64_t stretch          # switches from mark to mark
    int32_t n_marks
    int32_t max_marks
    int64_t marks[MAX_MARKS]
    os_event_t *reached

cdef counting_t counting


# ---- [stream thread] ----

cdef inline void count() noexcept nogil:
    atomic_store_i64(&counting.n, counting.n + 1)
    counting.left -= 1
    if counting.left == 0:
        counting.left = counting.stretch
        if counting.n_marks < counting.max_marks:
            counting.marks[counting.n_marks] = now_ns()
            counting.n_marks += 1
            if counting.n_marks == counting.max_marks:
                event_set(counting.reached)


cdef void on_switch(asio_long_t index, asio_bool_t direct) noexcept nogil:
    count()


cdef asio_time_t *on_switch_time_info(asio_time_t *time, asio_long_t index, asio_bool_t direct) noexcept nogil:
    count()
    return time


cdef void on_rate(asio_rate_t rate_hz) noexcept nogil:
    pass


cdef asio_long_t on_message_plain(asio_long_t selector, asio_long_t value, void *message, double *opt) noexcept nogil:
    return 0


cdef asio_long_t on_message(asio_long_t selector, asio_long_t value, void *message, double *opt) noexcept nogil:
    return selector == ASIO_MSG_SUPPORTS_TIME_INFO


# ---- [the benchmark's thread] ----

cdef class BareHost:
    """createBuffers on all channels of a driver; disposeBuffers at the end of the with block."""
    cdef readonly NativeDriver driver
    cdef asio_buffer_info_t *infos
    cdef asio_callbacks_t callbacks
    cdef bint is_prepared

    def __init__(self, NativeDriver driver not None, int n_frames, bint time_info=False):
        cdef asio_driver_t *d = driver.alive()
        cdef asio_error_t code
        cdef asio_long_t i, n
        n_in, n_out = driver.get_channels()
        n = n_in + n_out
        self.driver = driver
        self.infos = <asio_buffer_info_t *>calloc(n, sizeof(asio_buffer_info_t))
        if self.infos is NULL:
            raise MemoryError
        for i in range(n):
            self.infos[i].is_input = i < <asio_long_t>n_in
            self.infos[i].channel_num = i if i < <asio_long_t>n_in else i - <asio_long_t>n_in
        self.callbacks.buffer_switch = on_switch
        self.callbacks.buffer_switch_time_info = on_switch_time_info
        self.callbacks.sample_rate_did_change = on_rate
        self.callbacks.asio_message = on_message if time_info else on_message_plain
        if counting.reached is NULL:
            counting.reached = event_new()
            if counting.reached is NULL:
                raise MemoryError
        with nogil:
            code = d.vtable.create_buffers(d, self.infos, n, n_frames, &self.callbacks)
        driver.check(code, f"createBuffers({n} channels, {n_frames} frames)")
        self.is_prepared = True

    def __dealloc__(self):
        free(self.infos)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.is_prepared:
            self.is_prepared = False
            self.driver.dispose_buffers()

    def start(self, int64_t stretch=0, int n_marks=0) -> None:
        counting.n = counting.n_marks = 0
        counting.stretch = counting.left = stretch
        counting.max_marks = min(n_marks, MAX_MARKS)
        self.driver.start()

    def stop(self) -> None:
        self.driver.stop()

    @property
    def n_switches(self) -> int:
        return atomic_load_i64(&counting.n)

    def ns_a_cycle(self, int64_t stretch, int n_stretches) -> list:
        """ns a cycle in each of n_stretches stretches of so many cycles, as fast as the driver's clock goes; one more,
        in which everything gets warm, is left out. RuntimeError if the driver stands still."""
        cdef int n_marks = min(n_stretches + 2, MAX_MARKS)
        cdef bint came
        self.start(stretch, n_marks)
        with nogil:
            came = event_wait(counting.reached, 60000000000)
        self.stop()
        if not came:
            raise RuntimeError(f"{self.driver.name()}: no buffer switches")
        return [(counting.marks[i + 1] - counting.marks[i]) / <double>stretch for i in range(1, n_marks - 1)]


cdef class Interleaved(Device):
    """As a sound card has it: interleaved samples of another type, both ways. What the host plays is written to one
    buffer, what it hears is read from another; nothing else happens to it."""
    cdef readonly int inputs
    cdef readonly int outputs
    cdef converters_t found
    cdef void *pages
    cdef uint8_t *memory
    cdef size_t n_bytes       # of one of the two buffers
    cdef size_t width

    def __init__(self, int n_channels, int32_t sample_type):
        self.inputs = self.outputs = n_channels
        self.width = sample_type_width(sample_type)
        if not convert_find(sample_type, convert_best_level(), &self.found):
            raise ValueError(f"ASIO sample type {sample_type} is no PCM type")

    def __dealloc__(self):
        pages_free(self.pages, 2 * self.n_bytes + PAGE)

    def prepare(self, StreamInfo stream):
        pages_free(self.pages, 2 * self.n_bytes + PAGE)
        self.n_bytes = (self.width * self.inputs * stream.n_frames + 63) // 64 * 64
        self.pages = pages_new(2 * self.n_bytes + PAGE)
        if self.pages is NULL:
            raise MemoryError("no memory for the interleaved buffers")
        # not where in their pages the host's halves begin: see the engine's layout
        self.memory = <uint8_t *>self.pages + PAGE * 2 // 3 // 64 * 64

    cdef int process(self, block_t *block) noexcept nogil:
        self.found.interleave(self.memory, block.from_host, block.n_from_host, block.n_frames)
        self.found.deinterleave(block.to_host, self.memory + self.n_bytes, block.n_to_host, block.n_frames)
        return 0


cdef class Nothing(Device):
    """A device in Cython whose process() does nothing at all."""

    cdef int process(self, block_t *block) noexcept nogil:
        return 0


cdef class Ways:
    """The two calls of a cycle, out of a struct and through pointers, as the stream holds and makes them."""
    cdef Device device
    cdef block_t block
    cdef process_fn process
    cdef void *context
    cdef asio_callbacks_t callbacks

    def __cinit__(self):
        self.device = Nothing()
        memset(&self.block, 0, sizeof(self.block))
        self.process = self.device.process_address(&self.context)
        self.callbacks.buffer_switch = ignore_switch

    def to_device(self, int64_t n) -> float:
        """ns a call of the device's process()."""
        cdef int64_t _, t
        with nogil:
            t = now_ns()
            for _ in range(n):
                self.process(self.context, &self.block)
            t = now_ns() - t
        return t / <double>n

    def to_host(self, int64_t n) -> float:
        """ns a call of the host's bufferSwitch."""
        cdef int64_t i, t
        with nogil:
            t = now_ns()
            for i in range(n):
                self.callbacks.buffer_switch(i & 1, 1)
            t = now_ns() - t
        return t / <double>n


cdef void ignore_switch(asio_long_t index, asio_bool_t direct) noexcept nogil:
    pass

"""device: the contract between the engine and whatever stands behind a driver.

A device has two halves. The control half are the Python methods open, prepare, start, stop and close: they run on a
host's control thread with the GIL, one at a time; they may allocate, block for a moment and raise. The audio half are
the C methods process, control and time_code: they run on the stream thread without the GIL and may do none of that.
"""
from libc.string cimport memset

from asiokit.abi.asio cimport ASIO_NOT_PRESENT
from asiokit.rt.system cimport log_write


cdef class StreamInfo:
    """What createBuffers has fixed. Handed to Device.prepare; valid until the next prepare or close.

    - n_frames: frames a block. rate_hz: Hz.
    - sample_type, sample_width: of the samples in the blocks, as the ASIO number and in bytes.
    - active_inputs, active_outputs: a bool for each channel: did the host ask for it?
    - is_realtime: False where nobody listens (freewheel and manual clock): then process() may wait for what it needs.
    - edge_address, edge_context: for a device with a clock of its own (own_clock): address of an edge_fn and its first
      argument.
    - For Cython only: block, the two blocks as every cycle will bring them; owner, an object with which their memory
      stays.
    """


cdef class Device:
    """Base class of all devices. Defaults: two silent inputs, two outputs that nobody hears, any rate.

    Attributes, read by the engine at init (class or instance attributes):

    - inputs, outputs: number of channels as the host sees them, 0 to 512.
    - rates_hz: a sequence of the only rates possible, or None for any.
    - native: True: blocks carry the host's own sample type; False: float32, the engine converts.
    - own_clock: True: the device calls the edge function; the entry's clock setting is not used.
    - contiguous: True: the channels of a block lie at equal distances, whichever of them the host uses.
    - output_ready: True: output is taken right after the buffer switch, so outputReady shortens the latency.
    - has_time_code: True: time_code() is asked for once a block when the host reads time code.
    - clock_sources: names of the clock sources; the first is current at init.
    - OPTIONS: what an entry's [options] may hold, a tuple of Option.
    """

    OPTIONS = ()
    inputs = 2
    outputs = 2
    rates_hz = None
    native = False
    contiguous = False
    own_clock = False
    output_ready = False
    has_time_code = False
    clock_sources = ("Internal",)

    # ---- control half [control thread, GIL] ----

    def open(self) -> None:
        """The driver is initialised. Default: nothing. An exception makes init() fail with its text."""

    def prepare(self, stream: StreamInfo) -> None:
        """Buffers exist; sizes and rate are fixed. Also called again when the rate changes. Default: nothing.
        An exception makes createBuffers fail with its text."""

    def start(self) -> None:
        """The stream begins. Default: nothing. An exception makes start fail with its text."""

    def stop(self) -> None:
        """The stream has ended. Default: nothing. An exception is logged."""

    def close(self) -> None:
        """The driver is released. Default: nothing. An exception is logged."""

    def latencies(self, n_frames: int, rate_hz: float) -> tuple[int, int]:
        """Input and output latency in frames, as ASIO defines them: the age of the first input sample at the buffer
        switch, and the time from there until the first output sample sounds. Default: one buffer, and none."""
        return n_frames, 0

    def internal_frames(self) -> tuple[int, int]:
        """Frames buffered beyond the double buffer, input and output (future kAsioGetInternalBufferSamples).
        Default: none."""
        return 0, 0

    def statistics(self) -> dict[str, object]:
        """Figures of the device's own, for the driver's statistics. [any thread with the GIL] Default: none."""
        return {}

    def wires(self) -> tuple[tuple[int, int], ...]:
        """(output, input) of each connection that hands samples on as they are, one buffer later; counted from 0, no
        channel twice. Read at init. Where the device works in the host's own sample type and both channels are active,
        they share their memory: then both pointers in the block are the same one, and there is nothing to copy.
        Default: none."""
        return ()

    def channel_name(self, is_input: bool, index: int) -> str:
        """At most 31 bytes are shown. Default: "In 1", "Out 1", counted from 1."""
        return f"{'In' if is_input else 'Out'} {index + 1}"

    def channel_group(self, is_input: bool, index: int) -> int:
        """Channel group, as getChannelInfo tells it. Default: 0."""
        return 0

    def set_clock_source(self, index: int) -> None:
        """The host has chosen another of clock_sources. Default: nothing. An exception refuses it."""

    cdef process_fn process_address(self, void **context) noexcept:
        """What the engine calls each cycle, fetched after prepare. Default: this object's process()."""
        context[0] = <void *>self
        return <process_fn>self.process

    # For base classes written in Cython, which their subclasses' hooks shall not have to call.

    cdef int bind(self, StreamInfo stream) except -1:
        """Right before prepare. Default: nothing. An exception makes createBuffers fail with its text."""
        return 0

    cdef int unbind(self) except -1:
        """The blocks are gone, or will be bound anew; also called when there are none. Default: nothing."""
        return 0

    # ---- audio half [stream thread, no GIL] ----

    cdef int process(self, block_t *block) noexcept nogil:
        """One block: read block.from_host, fill block.to_host. Default: silence."""
        cdef int i
        for i in range(block.n_to_host):
            memset(block.to_host[i], 0, <size_t>block.n_frames * block.sample_width)
        return 0

    cdef asio_error_t control(self, asio_long_t selector, void *params) noexcept nogil:
        """A future() selector for monitor, transport, gain or meter, or the question whether it is supported.
        params is never NULL where the selector needs it, and the channels in it exist; but a monitor's output is the
        host's suggestion and may be any number. [any thread] Default: not present."""
        return ASIO_NOT_PRESENT

    cdef void time_code(self, const block_t *block, asio_time_code_t *code) noexcept nogil:
        """Fills in the time code of this block; it comes zeroed. Default: none."""

    cdef void *thread_begin(self) noexcept nogil:
        """The stream thread has begun, and waits for its first edge next; not called on threads of the device's own
        clock. What is returned is given back at the end. A stream that was stopped does not wait for its thread, so
        this and thread_end may come after close(): they must not touch self. Default: nothing."""
        return NULL

    cdef void thread_end(self, void *token) noexcept nogil:
        """The stream thread ends; see thread_begin. Default: nothing."""

    def log(self, str text) -> None:
        """Lines in asiokit's log file. [any thread but the stream's]"""
        cdef bytes raw
        for line in text.splitlines():
            raw = f"{type(self).__name__}: {line}".encode("utf-8", "replace")
            log_write(b"device", raw)

    # ---- what a device may ask for, from any thread; without effect before open() and after close() ----

    def request_reset(self) -> None:
        """Asks the host to close and reopen the driver, on the notifier thread."""
        if self.request is not NULL:
            self.request(self.request_context, REQUEST_RESET, 0, 0)

    def report_overload(self) -> None:
        """Tells a host that wants to know that samples were lost."""
        if self.request is not NULL:
            self.request(self.request_context, REQUEST_OVERLOAD, 0, 0)

    def latencies_changed(self, n_input_frames: int, n_output_frames: int) -> None:
        """The latencies are other ones from now on, in frames."""
        if self.request is not NULL:
            self.request(self.request_context, REQUEST_LATENCIES, n_input_frames, n_output_frames)

    def rate_changed(self, rate_hz: float) -> None:
        """The device's clock runs at another rate from now on, in Hz; 0 when it is lost."""
        if self.request is not NULL:
            self.request(self.request_context, REQUEST_RATE, rate_hz, 0)

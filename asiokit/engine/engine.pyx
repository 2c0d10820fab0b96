"""engine: one driver instance: its states, and what leads from one to the next. [control thread, GIL, control lock]

Loaded < initialized < prepared < running. The resources of a state are made on the way in and freed on the way back:
device and notifier, then the stream, then the run. The layer above checks that a call fits the state, holds the
control lock, and turns exceptions into codes; the answers that need neither stand in state.pyx.
"""
from libc.stdint cimport int64_t, uintptr_t
from libc.string cimport memset, strncpy

from asiokit.abi.asio cimport (ASIO_INVALID_MODE, ASIO_MSG_ENGINE_VERSION, ASIO_MSG_SUPPORTS_TIME_INFO, ASIO_NAME_SIZE,
                               ASIO_NO_MEMORY)
from asiokit.abi.atomic cimport (atomic_exchange_i32, atomic_load_i32, atomic_load_i64, atomic_store_i32,
                                 atomic_store_i64)
from asiokit.abi.block cimport process_fn
from asiokit.device.base cimport REQUEST_LATENCIES, Device, StreamInfo
from asiokit.engine.notifier cimport engine_notify, engine_request, notifier_ensure, notifier_quit
from asiokit.engine.state cimport (CLOSE_TIMEOUT_NS, MAX_CHANNELS, MAX_CLOCK_SOURCES, MAX_RATES, STATE_INITIALIZED,
                                   STATE_LOADED, STATE_PREPARED, STATE_RUNNING, channel_t, engine_log, engine_new,
                                   engine_on_stream_thread, engine_rate, engine_release, engine_set_channels,
                                   engine_set_rate)
from asiokit.engine.stream cimport (engine_edge, run_begin, run_busy, run_end, run_lower, run_new, run_release,
                                    stream_acquire, stream_new, stream_release, stream_resolve, stream_silence,
                                    thread_begin_fn, thread_end_fn, time_code_fn)
from asiokit.rt.clock cimport (CLOCK_DEVICE, CLOCK_FREEWHEEL, CLOCK_MANUAL, CLOCK_REALTIME, steps_cancel,
                               steps_take)
from asiokit.rt.gate cimport gate_close, gate_open
from asiokit.rt.status cimport WAKE_BUCKETS, status_publish, status_read
from asiokit.rt.system cimport (event_set, host_time_follow, host_time_ns, now_ns, priority_word, scheduling_text,
                                sleep_text)

from asiokit.errors import DeviceError, DriverError
from asiokit.sample_types import SAMPLE_TYPES

CLOCK_KINDS = {
    "realtime": CLOCK_REALTIME, "freewheel": CLOCK_FREEWHEEL, "manual": CLOCK_MANUAL, "device": CLOCK_DEVICE,
}

# Runs whose host callback has not come back in time, each with the device that its thread may still be using.
cdef list undead = []


cdef class _Undead:
    cdef run_t *run
    cdef Device device


cdef void bury(run_t *run, Device device):
    """Takes over the caller's reference."""
    cdef _Undead late = _Undead()
    late.run = run
    late.device = device
    undead.append(late)


cdef void reap():
    """Lets go of the runs whose threads have left by now."""
    cdef _Undead late
    for late in list(undead):
        if run_busy(late.run) is NULL:
            undead.remove(late)
            run_release(late.run)


cdef class _Memory:
    """Keeps a stream's memory for whoever holds this: an array that a device's user has put aside."""
    cdef stream_t *stream

    def __dealloc__(self):
        if self.stream is not NULL:
            stream_release(self.stream)


cdef _Memory memory_of(stream_t *stream):
    cdef _Memory memory = _Memory.__new__(_Memory)
    stream_acquire(stream)
    memory.stream = stream
    return memory


cdef void set_name(char *target, str text):
    cdef bytes raw = text.encode("ascii", "replace")
    memset(target, 0, ASIO_NAME_SIZE)
    strncpy(target, raw, ASIO_NAME_SIZE - 1)


cdef class Engine:
    """One driver instance behind its COM face. Not for users: asiokit.entry makes it."""

    def __cinit__(self):
        self.state = engine_new()
        if self.state is NULL:
            raise MemoryError("no memory for a driver instance")

    def __dealloc__(self):
        if self.state is not NULL:
            engine_release(self.state)

    # ---- loaded -> initialized ----

    def set_name(self, str name) -> None:
        """What getDriverName says; at most 31 ASCII characters of it."""
        set_name(self.state.name, name)

    def initialize(self, config, Device device not None) -> None:
        """Opens the device and fixes what the host may know of it. DeviceError when it can't be used."""
        cdef engine_t *e = self.state
        cdef int n_inputs = self._channel_count(device, "inputs")
        cdef int n_outputs = self._channel_count(device, "outputs")
        cdef int i
        if n_inputs + n_outputs == 0:
            raise DeviceError(f"device {config.device!r} has no channels: set inputs or outputs")
        reap()
        sizes = config.buffer_frames
        set_name(e.name, config.name)
        if not engine_set_channels(e, n_inputs, n_outputs):
            raise MemoryError("no memory for the channel table")
        e.sample_type = SAMPLE_TYPES[config.sample_type].number
        e.min_frames, e.max_frames = sizes.min, sizes.max
        e.preferred_frames, e.granularity = sizes.preferred, sizes.granularity
        e.clock_kind = CLOCK_DEVICE if device.own_clock else CLOCK_KINDS[config.clock]
        if e.clock_kind == CLOCK_DEVICE and not device.own_clock:
            raise DeviceError(f"device {config.device!r} has no clock of its own: set stream.clock to another one")
        e.spin_ns = config.spin_us * 1000
        e.output_ready = bool(device.output_ready)
        e.has_time_code = bool(device.has_time_code)
        self._set_rates(config, device)
        self._set_clock_sources(device)
        for i in range(n_inputs):
            self._set_channel(&e.inputs[i], device, True, i)
        for i in range(n_outputs):
            self._set_channel(&e.outputs[i], device, False, i)
        self._set_wires(device)
        e.internal_input_frames, e.internal_output_frames = device.internal_frames()
        self._set_latencies(device, e.preferred_frames)
        device.request_context = e
        device.request = engine_request
        try:
            device.open()
        except BaseException:
            device.request = NULL
            raise
        self.device = device
        atomic_store_i32(&e.state, STATE_INITIALIZED)
        with nogil:
            host_time_follow()

    def _channel_count(self, Device device, str which) -> int:
        count = getattr(device, which)
        if not isinstance(count, int) or not 0 <= count <= MAX_CHANNELS:
            raise DeviceError(f"device {type(device).__name__}: {which} must be an integer from 0 to {MAX_CHANNELS}, "
                              f"is {count!r}")
        return count

    cdef void _set_channel(self, channel_t *channel, Device device, bint is_input, int index) except *:
        channel.group = device.channel_group(is_input, index)
        channel.wire = -1
        set_name(channel.name, device.channel_name(is_input, index))

    cdef void _set_wires(self, Device device) except *:
        cdef engine_t *e = self.state
        wired = set()
        for from_host, to_host in device.wires():
            if not (0 <= from_host < e.n_outputs and 0 <= to_host < e.n_inputs):
                raise DeviceError(f"device {type(device).__name__}: wires() connects output {from_host} to input "
                                  f"{to_host}; there are {e.n_outputs} and {e.n_inputs}")
            if from_host in wired or e.inputs[to_host].wire >= 0:
                raise DeviceError(f"device {type(device).__name__}: wires() uses output {from_host} or input "
                                  f"{to_host} twice")
            wired.add(from_host)
            e.inputs[to_host].wire = from_host

    cdef void _set_rates(self, config, Device device) except *:
        """What both the entry and the device allow."""
        cdef engine_t *e = self.state
        cdef int i
        rates = config.rates_hz
        if device.rates_hz is not None:
            allowed = tuple(float(rate) for rate in device.rates_hz)
            rates = tuple(rate for rate in allowed if config.allows_rate(rate))
            if not rates:
                raise DeviceError(f"device {config.device!r} runs only at {allowed} Hz, which the entry's "
                                  f"stream.rates_hz does not allow")
        rates = rates or ()
        if len(rates) > MAX_RATES:
            raise DeviceError(f"at most {MAX_RATES} sample rates can be offered, not {len(rates)}")
        e.n_rates = len(rates)
        for i in range(e.n_rates):
            e.rates_hz[i] = rates[i]
        e.min_rate_hz = min(rates, default=8000.0)
        e.max_rate_hz = max(rates, default=768000.0)
        engine_set_rate(e, config.rate_hz if not rates or config.rate_hz in rates else rates[0])

    cdef void _set_clock_sources(self, Device device) except *:
        cdef engine_t *e = self.state
        cdef int i
        names = tuple(device.clock_sources)
        if not 1 <= len(names) <= MAX_CLOCK_SOURCES:
            raise DeviceError(f"device {type(device).__name__}: clock_sources must name 1 to {MAX_CLOCK_SOURCES}, "
                              f"not {len(names)}")
        e.n_clock_sources = len(names)
        for i in range(e.n_clock_sources):
            e.clock_sources[i].index = i
            e.clock_sources[i].associated_channel = -1
            e.clock_sources[i].associated_group = -1
            set_name(e.clock_sources[i].name, names[i])

    cdef void _set_latencies(self, Device device, int n_frames) except *:
        n_input_frames, n_output_frames = device.latencies(n_frames, engine_rate(self.state))
        if n_input_frames < 0 or n_output_frames < 0:
            raise DeviceError(f"device {type(device).__name__}: latencies() returned a negative number of frames")
        atomic_store_i64(&self.state.latency_input, n_input_frames)
        atomic_store_i64(&self.state.latency_output, n_output_frames)

    # ---- initialized <-> prepared ----

    cdef void create_buffers(self, asio_buffer_info_t *infos, asio_long_t n_infos, asio_long_t n_frames,
                             const asio_callbacks_t *callbacks) except *:
        """The arguments have been checked. Fills in infos."""
        cdef engine_t *e = self.state
        cdef Device device = self.device
        cdef asio_long_t i
        cdef bint use_time_info
        cdef bint direct
        cdef stream_t *stream
        cdef process_fn process
        cdef void *context
        cdef int error
        self._must_be_open()
        direct = self._is_direct(n_infos)
        # there are buffers only where an entry's [answers] allow the call in this state
        self.dispose_buffers()
        reap()
        with nogil:
            use_time_info = self._ask_host(callbacks)
            stream = stream_new(e, infos, n_infos, n_frames, direct, callbacks, use_time_info)
        if stream is NULL:
            raise MemoryError(f"no memory for {n_infos} channels of {n_frames} frames")
        try:
            for i in range(n_infos):
                atomic_store_i32(&(e.inputs if infos[i].is_input else e.outputs)[infos[i].channel_num].is_active, 1)
            self.stream = stream
            self._prepare_device(n_frames)
            process = device.process_address(&context)
            stream_resolve(stream, process, context, <void *>device,
                           <time_code_fn>device.time_code if e.has_time_code else NULL,
                           <thread_begin_fn>device.thread_begin, <thread_end_fn>device.thread_end)
            with nogil:
                error = notifier_ensure(e)
            if error:
                raise DriverError(ASIO_NO_MEMORY, f"the system refuses another thread (error {error})")
        except BaseException:
            self._forget_stream()
            raise
        e.callbacks = callbacks[0]
        gate_open(&e.notify_gate)
        atomic_store_i32(&e.state, STATE_PREPARED)

    cdef bint _is_direct(self, asio_long_t n_infos) except -1:
        """Can the device work in the host's own buffers?"""
        cdef engine_t *e = self.state
        if self.device.native:
            return True
        # the host's slabs have no gaps for channels that it leaves out
        is_complete = n_infos == e.n_inputs + e.n_outputs
        return e.sample_type == SAMPLE_TYPES["float32"].number and (is_complete or not self.device.contiguous)

    cdef bint _ask_host(self, const asio_callbacks_t *callbacks) noexcept nogil:
        """Which switch does the host want? The pointer and the value count; SelectorSupported lies both ways."""
        if callbacks.asio_message is NULL:
            return callbacks.buffer_switch is NULL
        callbacks.asio_message(ASIO_MSG_ENGINE_VERSION, 0, NULL, NULL)
        if callbacks.asio_message(ASIO_MSG_SUPPORTS_TIME_INFO, 0, NULL, NULL) == 1:
            return callbacks.buffer_switch_time_info is not NULL
        return callbacks.buffer_switch is NULL

    cdef void _prepare_device(self, int n_frames) except *:
        cdef engine_t *e = self.state
        cdef StreamInfo info = StreamInfo.__new__(StreamInfo)
        cdef int i
        info.n_frames = n_frames
        info.rate_hz = engine_rate(e)
        info.sample_type = self.stream.block[0].sample_type
        info.sample_width = self.stream.block[0].sample_width
        info.active_inputs = tuple([bool(e.inputs[i].is_active) for i in range(e.n_inputs)])
        info.active_outputs = tuple([bool(e.outputs[i].is_active) for i in range(e.n_outputs)])
        info.block[0] = &self.stream.block[0]
        info.block[1] = &self.stream.block[1]
        info.is_realtime = e.clock_kind in (CLOCK_REALTIME, CLOCK_DEVICE)
        info.edge_address = <uintptr_t>engine_edge
        info.edge_context = <uintptr_t>e
        info.owner = memory_of(self.stream)
        self._set_latencies(self.device, n_frames)
        self.device.bind(info)
        self.device.prepare(info)

    cdef void _forget_stream(self) noexcept:
        cdef engine_t *e = self.state
        cdef int i
        try:
            self.device.unbind()
        except BaseException as error:
            self.log(f"device {type(self.device).__name__}: {type(error).__name__}: {error}")
        if self.stream is not NULL:
            stream_release(self.stream)
            self.stream = NULL
        for i in range(e.n_inputs):
            atomic_store_i32(&e.inputs[i].is_active, 0)
        for i in range(e.n_outputs):
            atomic_store_i32(&e.outputs[i].is_active, 0)

    def dispose_buffers(self) -> None:
        """Stops first, if need be. After it the host is not called any more, or the bound has passed."""
        cdef engine_t *e = self.state
        if self.stream is NULL:
            return
        self.stop()
        with nogil:
            gate_close(&e.notify_gate, CLOSE_TIMEOUT_NS)
        atomic_store_i32(&e.time_code_wanted, 0)
        self._forget_stream()
        self._let_go_of_run()
        atomic_store_i32(&e.state, STATE_INITIALIZED)
        try:
            self._set_latencies(self.device, e.preferred_frames)
        except BaseException as error:
            self.log(f"device {type(self.device).__name__}: latencies raised {type(error).__name__}: {error}")

    # ---- prepared <-> running ----

    def start(self) -> None:
        """Arms the stream and returns; the first switch comes a period later. Nothing if there is none, or it runs."""
        cdef engine_t *e = self.state
        if atomic_load_i32(&e.state) != STATE_PREPARED:
            return
        reap()
        atomic_store_i32(&e.stop_asked, 0)
        atomic_store_i32(&e.output_seen, 0)
        atomic_store_i32(&e.output_done, 0)
        if run_busy(self.run) is NULL:
            # what getSamplePosition says until the first switch
            status_publish(&e.status, 0, host_time_ns(now_ns()))
        self.stream.start_rate_hz = engine_rate(e)
        atomic_store_i32(&self.stream.rewinds, 1)
        self._begin(True)
        atomic_store_i32(&e.state, STATE_RUNNING)
        event_set(e.notify_event)

    cdef void _let_go_of_run(self) noexcept:
        """A run that was stopped from inside its switch can only be freed once the switch has come back."""
        if self.run is not NULL and run_busy(self.run) is NULL:
            run_release(self.run)
            self.run = NULL

    cdef void _begin(self, bint from_start) except *:
        cdef engine_t *e = self.state
        cdef run_t *run
        cdef int error
        self._let_go_of_run()
        with nogil:
            run = run_new(self.stream, e.clock_kind, self.run, from_start)
        if run is NULL:
            raise MemoryError("no memory to start the stream")
        self.run = run
        atomic_store_i64(&e.edge_run, <int64_t><uintptr_t>run)
        try:
            self.device.start()
            with nogil:
                error = run_begin(run)
            if error:
                self._stop_device()
                raise DriverError(ASIO_NO_MEMORY, f"the system refuses the stream thread (error {error})")
        except BaseException:
            with nogil:
                run_end(run, 0)
            atomic_store_i64(&e.edge_run, 0)
            raise

    def stop(self) -> None:
        """Bounded: a host callback that does not come back is left to its thread. Nothing if not running."""
        cdef bint quiet
        if atomic_load_i32(&self.state.state) != STATE_RUNNING:
            return
        quiet = self._pause(True)
        atomic_store_i32(&self.state.state, STATE_PREPARED)
        if quiet:
            stream_silence(self.stream)
            steps_cancel(&self.state.steps)

    cdef bint _pause(self, bint silences) except *:
        """Ends the run. True when no host callback is under way any more."""
        cdef engine_t *e = self.state
        cdef run_t *run = self.run
        cdef bint quiet, own = engine_on_stream_thread(e)
        atomic_store_i32(&run.silences, silences)
        with nogil:
            quiet = run_end(run, CLOSE_TIMEOUT_NS) and run_busy(run) is NULL
        self._stop_device()
        atomic_store_i64(&e.edge_run, 0)
        if quiet:
            # nothing of it is left but a thread that sleeps to its next edge, sees the gate and goes
            self.run = NULL
            run_release(run)
        elif not own:
            with nogil:
                run_lower(run)
            self.log("the host's buffer switch has not come back; its thread is left to end by itself")
        return quiet

    def _stop_device(self) -> None:
        try:
            self.device.stop()
        except BaseException as error:
            self.log(f"device {type(self.device).__name__}: stop raised {type(error).__name__}: {error}")

    def log(self, str text) -> None:
        """Lines in the log file."""
        cdef bytes raw
        for line in text.splitlines():
            raw = line.encode("utf-8", "replace")
            engine_log(self.state, raw)

    # ---- in any state from initialized on ----

    def set_rate(self, double rate_hz) -> None:
        """The rate is possible. While prepared the device is prepared again; while running there is a short pause."""
        cdef engine_t *e = self.state
        cdef double before = engine_rate(e)
        cdef bint was_running = atomic_load_i32(&e.state) == STATE_RUNNING
        cdef int64_t latency_input = atomic_load_i64(&e.latency_input)
        cdef int64_t latency_output = atomic_load_i64(&e.latency_output)
        self._must_be_open()
        if rate_hz == before:
            return
        if self.stream is NULL:
            engine_set_rate(e, rate_hz)
            self._set_latencies(self.device, e.preferred_frames)
            return
        if was_running:
            self._pause(False)
        try:
            engine_set_rate(e, rate_hz)
            self._prepare_device(self.stream.n_frames)
        except BaseException:
            engine_set_rate(e, before)
            self._prepare_device(self.stream.n_frames)
            raise
        finally:
            if was_running:
                self._resume()
        if latency_input != atomic_load_i64(&e.latency_input) or latency_output != atomic_load_i64(&e.latency_output):
            engine_notify(e, REQUEST_LATENCIES)

    cdef void _resume(self) except *:
        """After a pause; unless the host's switch has asked for a stop in the meantime."""
        if not atomic_exchange_i32(&self.state.stop_asked, 0):
            try:
                self._begin(False)
                return
            except BaseException:
                atomic_store_i32(&self.state.state, STATE_PREPARED)
                raise
        atomic_store_i32(&self.state.state, STATE_PREPARED)
        if run_busy(self.run) is NULL:
            stream_silence(self.stream)

    cdef void _must_be_open(self) except *:
        if self.device is None:
            raise DriverError(ASIO_INVALID_MODE, "the driver is not initialized: call init first")

    def set_clock_source(self, int index) -> None:
        """The index exists."""
        if index != atomic_load_i32(&self.state.clock_source):
            self.device.set_clock_source(index)
            atomic_store_i32(&self.state.clock_source, index)

    # ---- the way out ----

    def close(self) -> None:
        """Back to loaded, from anywhere. Does not raise."""
        cdef engine_t *e = self.state
        cdef Device device = self.device
        if device is None:
            return
        if self.stream is not NULL:
            self.dispose_buffers()
        device.request = NULL
        atomic_store_i32(&e.state, STATE_LOADED)
        self.device = None
        if self.run is not NULL:
            bury(self.run, device)
            self.run = NULL
        with nogil:
            notifier_quit(e)
        try:
            device.close()
        except BaseException as error:
            self.log(f"device {type(device).__name__}: close raised {type(error).__name__}: {error}")
        reap()

    # ---- for tests and for the command line ----

    def step(self, int n_cycles=1, double timeout_s=10.0) -> bool:
        """Manual clock: lets n_cycles edges pass and waits for their cycles. False when timeout_s have passed."""
        cdef bint done
        cdef engine_t *e = self.state
        if e.clock_kind != CLOCK_MANUAL:
            raise DriverError(ASIO_INVALID_MODE, "only a driver with stream.clock = \"manual\" can be stepped")
        with nogil:
            done = steps_take(&e.steps, n_cycles, <int64_t>(timeout_s * 1e9))
        return done

    @property
    def statistics(self) -> dict:
        """Counters since init: cycles, late ones, wake-up lateness in us (p50, p99, max); the last pair; priority in
        one of three words, scheduling and sleep: what the system granted, in its own; device: what it says itself."""
        cdef engine_t *e = self.state
        cdef int64_t position = 0, time_ns = 0
        cdef int i
        wake = [atomic_load_i64(&e.status.wake[i]) for i in range(WAKE_BUCKETS)]
        status_read(&e.status, &position, &time_ns)
        return {
            "cycles": atomic_load_i64(&e.status.n_cycles),
            "late_cycles": atomic_load_i64(&e.status.n_late),
            "device_failures": atomic_load_i64(&e.status.n_device_failures),
            "output_waits": atomic_load_i64(&e.status.n_output_waits),
            "output_timeouts": atomic_load_i64(&e.status.n_output_timeouts),
            "wake_us": {"p50": quantile(wake, 0.50), "p99": quantile(wake, 0.99),
                        "max": atomic_load_i64(&e.status.wake_max_ns) / 1000},
            "priority": priority_word(atomic_load_i32(&e.status.grant)),
            "scheduling": scheduling_text(atomic_load_i32(&e.status.grant)),
            "sleep": sleep_text(<int64_t>atomic_load_i32(&e.status.spin_us) * 1000),
            "wakeful": bool(atomic_load_i32(&e.status.wakeful)),
            "position": position,
            "time_ns": time_ns,
            "device": {} if self.device is None else dict(self.device.statistics()),
        }


def quantile(counts: list, share: float) -> int:
    """The bucket in which this share of all counts is reached."""
    wanted = share * sum(counts)
    seen = 0
    for bucket, count in enumerate(counts):
        seen += count
        if seen >= wanted:
            return bucket
    return len(counts)


def undead_count() -> int:
    """How many runs still wait for a host callback to come back."""
    reap()
    return len(undead)

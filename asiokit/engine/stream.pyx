"""engine: the double-buffer cycle. [stream thread, except where stated]

A cycle takes what the host wrote in the previous switch, lets the device turn it into the host's next input, and
switches. Everything with a choice in it was chosen at createBuffers: the functions here are called through pointers
and loop over spans that were laid out there.
"""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from asiokit.abi.asio cimport (ASIO_FLOAT32_LSB, ASIO_TIME_SAMPLE_POSITION_VALID, ASIO_TIME_SAMPLE_RATE_VALID,
                               ASIO_TIME_SAMPLE_RATE_CHANGED, ASIO_TIME_SPEED_VALID, ASIO_TIME_SYSTEM_TIME_VALID,
                               asio_samples_from_int64, asio_stamp_from_int64)
from asiokit.abi.atomic cimport (atomic_add_i32, atomic_cas_i64, atomic_exchange_i32, atomic_load_i32,
                                 atomic_load_i64, atomic_store_i32, atomic_store_i64)
from asiokit.abi.block cimport ASIOKIT_BLOCK_DISCONTINUITY, ASIOKIT_BLOCK_FIRST
from asiokit.device.base cimport REQUEST_OVERLOAD, REQUEST_RESET
from asiokit.engine.notifier cimport engine_notify
from asiokit.engine.state cimport engine_acquire, engine_rate, engine_release
from asiokit.rt.clock cimport (CLOCK_DEVICE, CLOCK_REALTIME, clock_anchor, clock_cycle_done, clock_init,
                               steps_cancel)
from asiokit.rt.convert cimport convert_best_level, convert_find, converters_t, sample_type_width
from asiokit.rt.gate cimport (gate_close, gate_enter, gate_free, gate_init, gate_is_busy, gate_is_closed, gate_leave,
                              gate_wait_left)
from asiokit.rt.journal cimport journal_put
from asiokit.rt.status cimport status_count, status_publish
from asiokit.rt.system cimport (event_set, event_wait, host_time_ns, now_ns, pages_free, pages_new, priority_drop,
                                priority_lower, priority_raise, thread_id, thread_start, wakeful_acquire,
                                wakeful_release)

cdef enum:
    FAILURES_UNTIL_RESET = 100
    TIME_FLAGS = (ASIO_TIME_SYSTEM_TIME_VALID | ASIO_TIME_SAMPLE_POSITION_VALID | ASIO_TIME_SAMPLE_RATE_VALID
                  | ASIO_TIME_SPEED_VALID)

# Used while a stream is laid out.
cdef enum:
    PAGE = 4096
    INACTIVE = -1
    WIRED = -2

ctypedef struct layout_t:
    bint direct
    size_t channel_bytes      # of one channel in the host's slabs
    void **to_host[2]
    void **from_host[2]
    int32_t *slots_in         # each channel's place in the slab, or INACTIVE, or WIRED
    int32_t *slots_out
    uint8_t *host_in[2]
    uint8_t *device_in
    uint8_t *device_out
    uint8_t *silence          # read by the device, where the host left a channel out
    uint8_t *scratch          # written by the device, likewise


# ---- the cycle ------------------------------------------------------------------------------------------------------

cdef void silence_input(block_t *block) noexcept nogil:
    cdef int32_t i
    for i in range(block.n_to_host):
        memset(block.to_host[i], 0, <size_t>block.n_frames * block.sample_width)


cdef void device_failed(stream_t *s, block_t *block) noexcept nogil:
    """process() refused the block: the host gets silence; after so many in a row it is asked to open anew."""
    silence_input(block)
    s.n_failed += 1
    if s.n_failed == FAILURES_UNTIL_RESET:
        journal_put(&s.engine.journal, b"the device's process() fails again and again; the host is asked for a reset")
        engine_notify(s.engine, REQUEST_RESET)
    if s.engine.status.n_device_failures == 0:
        journal_put(&s.engine.journal, b"the device's process() failed; the host hears silence until it succeeds")
    status_count(&s.engine.status.n_device_failures)


cdef inline void deliver(stream_t *s, int32_t half_in) noexcept nogil:
    cdef int32_t i
    cdef span_t *span
    for i in range(s.n_to_host_spans):
        span = &s.to_host_spans[half_in][i]
        s.to_host(span.host, span.device, span.n_samples)


cdef inline void run_device(stream_t *s, block_t *block, int32_t half_out, int32_t half_in,
                            int64_t edge_ns) noexcept nogil:
    cdef int32_t i
    cdef span_t *span
    # a device with a clock of its own may change it at any time
    block.rate_hz = engine_rate(s.engine)
    block.position = s.position
    block.t_ns = edge_ns
    block.flags = s.block_flags
    s.block_flags = 0
    for i in range(s.n_from_host_spans):
        span = &s.from_host_spans[half_out][i]
        s.from_host(span.device, span.host, span.n_samples)
    if s.process(s.context, block) < 0:
        device_failed(s, block)
    else:
        s.n_failed = 0
    deliver(s, half_in)


cdef void cycle_device_first(stream_t *s, int64_t edge_ns, int64_t period_ns) noexcept nogil:
    """What the host wrote in switch k-1 is heard in switch k."""
    cdef int32_t half = s.n_cycles & 1
    cdef int64_t host_ns = host_time_ns(edge_ns)
    run_device(s, &s.block[half], half ^ 1, half, edge_ns)
    status_publish(&s.engine.status, s.position, host_ns)
    s.buffer_switch(s, half, host_ns)
    s.n_cycles += 1
    s.position += s.n_frames


cdef void wait_output_ready(stream_t *s, int64_t edge_ns, int64_t period_ns) noexcept nogil:
    """A host that uses outputReady may finish its block after bufferSwitch has returned; never later than the next
    edge, and not when the stream is being stopped."""
    cdef engine_t *e = s.engine
    cdef int64_t until_ns, left_ns
    if atomic_exchange_i32(&e.output_done, 0) or not atomic_load_i32(&e.output_seen):
        return
    # the edges of a freewheeling or a manual clock are not on the wall clock: there a period from now is the bound
    until_ns = now_ns()
    if 0 <= until_ns - edge_ns < period_ns:
        until_ns = edge_ns
    until_ns += period_ns
    status_count(&e.status.n_output_waits)
    atomic_store_i32(&e.output_waiting, 1)
    while not atomic_exchange_i32(&e.output_done, 0) and not gate_is_closed(e.run_gate):
        left_ns = until_ns - now_ns()
        if left_ns <= 0:
            status_count(&e.status.n_output_timeouts)
            break
        event_wait(e.output_event, left_ns)
    atomic_store_i32(&e.output_waiting, 0)


cdef void cycle_host_first(stream_t *s, int64_t edge_ns, int64_t period_ns) noexcept nogil:
    """For devices that take the output as soon as it is there: what the host writes in switch k leaves at once."""
    cdef int32_t half = s.n_cycles & 1
    cdef int64_t host_ns = host_time_ns(edge_ns)
    status_publish(&s.engine.status, s.position, host_ns)
    # what came too late for the block before does not count for this one
    atomic_store_i32(&s.engine.output_done, 0)
    s.buffer_switch(s, half, host_ns)
    wait_output_ready(s, edge_ns, period_ns)
    if not gate_is_closed(s.engine.run_gate):
        run_device(s, &s.block[half], half, half ^ 1, edge_ns)
    else:
        # stopped meanwhile, perhaps from inside the switch: the device may be closed by now
        silence_input(&s.block[half])
        deliver(s, half ^ 1)
    s.n_cycles += 1
    s.position += s.n_frames


cdef inline void fill_time(stream_t *s, int64_t host_ns) noexcept nogil:
    cdef double rate_hz = engine_rate(s.engine)
    # hosts write into the block, so every field is set anew
    memset(&s.time, 0, sizeof(s.time))
    s.time.time_info.speed = 1.0
    s.time.time_info.system_time = asio_stamp_from_int64(host_ns)
    s.time.time_info.sample_position = asio_samples_from_int64(s.position)
    s.time.time_info.sample_rate = rate_hz
    s.time.time_info.flags = TIME_FLAGS
    if rate_hz != s.told_rate_hz:
        s.time.time_info.flags |= ASIO_TIME_SAMPLE_RATE_CHANGED
        s.told_rate_hz = rate_hz


cdef void switch_plain(stream_t *s, int32_t half, int64_t host_ns) noexcept nogil:
    s.callbacks.buffer_switch(half, 1)


cdef void switch_time_info(stream_t *s, int32_t half, int64_t host_ns) noexcept nogil:
    fill_time(s, host_ns)
    s.callbacks.buffer_switch_time_info(&s.time, half, 1)


cdef void switch_time_code(stream_t *s, int32_t half, int64_t host_ns) noexcept nogil:
    fill_time(s, host_ns)
    if atomic_load_i32(&s.engine.time_code_wanted):
        s.time_code(s.device, &s.block[half], &s.time.time_code)
    s.callbacks.buffer_switch_time_info(&s.time, half, 1)


# ---- the buffers [control thread] -----------------------------------------------------------------------------------

cdef size_t pad64(size_t n_bytes) noexcept nogil:
    return (n_bytes + 63) // 64 * 64


cdef bint make_tables(stream_t *s, layout_t *l) noexcept nogil:
    """One piece for all rows whose length is a number of channels."""
    cdef size_t n_in = s.engine.n_inputs + 1
    cdef size_t n_out = s.engine.n_outputs + 1
    cdef int32_t half
    cdef char *at = <char *>calloc(n_in + n_out, 2 * (sizeof(void *) + sizeof(span_t)) + sizeof(int32_t))
    s.tables = at
    if at is NULL:
        return False
    for half in range(2):
        l.to_host[half] = <void **>at
        at += n_in * sizeof(void *)
        l.from_host[half] = <void **>at
        at += n_out * sizeof(void *)
        s.to_host_spans[half] = <span_t *>at
        at += n_in * sizeof(span_t)
        s.from_host_spans[half] = <span_t *>at
        at += n_out * sizeof(span_t)
        s.block[half].to_host = l.to_host[half]
        s.block[half].from_host = <const void **>l.from_host[half]
    l.slots_in = <int32_t *>at
    l.slots_out = l.slots_in + n_in
    return True


cdef int32_t number_slots(int32_t *slots, int32_t n_channels, const asio_buffer_info_t *infos, asio_long_t n_infos,
                          bint is_input) noexcept nogil:
    """Active channels get their places in the slab in channel order, whatever the host's order was."""
    cdef int32_t n_active = 0
    cdef asio_long_t i
    for i in range(n_channels):
        slots[i] = INACTIVE
    for i in range(n_infos):
        if (infos[i].is_input != 0) == is_input:
            slots[infos[i].channel_num] = 0
    for i in range(n_channels):
        if slots[i] == 0:
            slots[i] = n_active
            n_active += 1
    return n_active


cdef int32_t wire_inputs(stream_t *s, layout_t *l) noexcept nogil:
    """Where the device works in the host's own buffers, an input that only hears an output shares its memory and
    needs no place in the slab. How many do."""
    cdef int32_t i, output, n_wired = 0
    for i in range(s.engine.n_inputs if l.direct else 0):
        output = s.engine.inputs[i].wire
        if l.slots_in[i] == INACTIVE:
            continue
        if output >= 0 and l.slots_out[output] != INACTIVE:
            l.slots_in[i] = WIRED
            n_wired += 1
        else:
            l.slots_in[i] -= n_wired
    return n_wired


cdef uint8_t *host_output(const stream_t *s, const layout_t *l, int32_t channel, int32_t half) noexcept nogil:
    return <uint8_t *>s.host_out[half] + l.slots_out[channel] * l.channel_bytes


cdef uint8_t *host_input(const stream_t *s, const layout_t *l, int32_t channel, int32_t half) noexcept nogil:
    """What a wired input hears was written in the switch before, to the other half of the output. That half is the
    host's to write again in the next switch only, and by then this one's input is history."""
    if l.slots_in[channel] == WIRED:
        return host_output(s, l, s.engine.inputs[channel].wire, half ^ 1)
    return l.host_in[half] + l.slots_in[channel] * l.channel_bytes


cdef uint8_t *apart(uint8_t *at, size_t place) noexcept nogil:
    """The next address that lies about so many bytes into a page. Slabs that one loop reads and writes begin at other
    places of theirs: processors take a load for that of a store before it when the low 12 bits are the same."""
    return at + (place // 64 * 64 - <size_t>at) % PAGE


cdef bint make_pages(stream_t *s, layout_t *l, int32_t n_active_in, int32_t n_active_out) noexcept nogil:
    """One piece for all samples: per half the slabs of active channels, then what only the device sees."""
    cdef size_t slab_in = pad64(n_active_in * l.channel_bytes)
    cdef size_t device_channel = s.stride_frames * sizeof(float)
    cdef size_t device_in = 0 if l.direct else pad64(s.engine.n_inputs * device_channel)
    cdef size_t device_out = 0 if l.direct else pad64(s.engine.n_outputs * device_channel)
    cdef size_t spare = pad64(l.channel_bytes)
    cdef int32_t half
    cdef uint8_t *at
    s.host_bytes = pad64(n_active_out * l.channel_bytes)
    s.n_bytes = 2 * (slab_in + s.host_bytes + spare) + device_in + device_out + 6 * PAGE
    s.pages = pages_new(s.n_bytes)
    if s.pages is NULL:
        return False
    at = <uint8_t *>s.pages
    for half in range(2):
        l.host_in[half] = at
        at += slab_in
    for half in range(2):
        s.host_out[half] = apart(at, PAGE // 3)
        at = <uint8_t *>s.host_out[half] + s.host_bytes
    l.device_in = apart(at, 2 * PAGE // 3)
    l.device_out = apart(l.device_in + device_in, 0)
    l.silence = l.device_out + device_out
    l.scratch = l.silence + spare
    return True


cdef void point_device(stream_t *s, layout_t *l) noexcept nogil:
    """Where the device finds its channels in the cycle of each half."""
    cdef engine_t *e = s.engine
    cdef size_t device_channel = s.stride_frames * sizeof(float)
    cdef int32_t half, half_in, half_out, i
    for half in range(2):
        # host first: takes this switch's output, prepares the next one's input; device first: the other way round
        half_in = half ^ 1 if e.output_ready else half
        half_out = half if e.output_ready else half ^ 1
        for i in range(e.n_inputs):
            if not l.direct:
                l.to_host[half][i] = l.device_in + i * device_channel
            elif l.slots_in[i] != INACTIVE:
                l.to_host[half][i] = host_input(s, l, i, half_in)
            else:
                l.to_host[half][i] = l.scratch
        for i in range(e.n_outputs):
            if not l.direct:
                l.from_host[half][i] = l.device_out + i * device_channel
            elif l.slots_out[i] != INACTIVE:
                l.from_host[half][i] = host_output(s, l, i, half_out)
            else:
                l.from_host[half][i] = l.silence


cdef int32_t add_spans(span_t *spans, const int32_t *slots, int32_t n_channels, uint8_t *host, uint8_t *device,
                       size_t n_samples, size_t host_width) noexcept nogil:
    """One span for each row of neighbouring active channels; how many there are."""
    cdef int32_t n_spans = 0
    cdef int32_t i
    for i in range(n_channels):
        if slots[i] < 0:
            continue
        if i > 0 and slots[i - 1] >= 0:
            spans[n_spans - 1].n_samples += n_samples
        else:
            spans[n_spans].host = host + slots[i] * n_samples * host_width
            spans[n_spans].device = device + i * n_samples * sizeof(float)
            spans[n_spans].n_samples = n_samples
            n_spans += 1
    return n_spans


cdef stream_t *stream_new(engine_t *e, asio_buffer_info_t *infos, asio_long_t n_infos, int32_t n_frames, bint direct,
                          const asio_callbacks_t *callbacks, bint use_time_info) noexcept nogil:
    """Lays out all memory of a stream and fills in infos, which have been checked. NULL: no memory.

    All channels of a half are one slab, so that a full set of channels is converted or copied in one run.
    direct: the device works in the host's own buffers; otherwise it gets float32 slabs of all its channels.
    """
    cdef stream_t *s = <stream_t *>calloc(1, sizeof(stream_t))
    cdef layout_t l
    cdef converters_t converters
    cdef size_t width = sample_type_width(e.sample_type)
    cdef int32_t half, n_active_in, n_active_out
    cdef asio_long_t i
    if s is NULL:
        return NULL
    s.refs = 1
    s.engine = e
    engine_acquire(e)
    s.n_frames = n_frames
    # a multiple of 16 frames keeps every channel aligned for vector code, whatever its width
    s.stride_frames = (n_frames + 15) // 16 * 16
    s.callbacks = callbacks[0]
    l.direct = direct
    l.channel_bytes = s.stride_frames * width
    if not make_tables(s, &l):
        stream_release(s)
        return NULL
    n_active_in = number_slots(l.slots_in, e.n_inputs, infos, n_infos, True)
    n_active_out = number_slots(l.slots_out, e.n_outputs, infos, n_infos, False)
    n_active_in -= wire_inputs(s, &l)
    if not make_pages(s, &l, n_active_in, n_active_out):
        stream_release(s)
        return NULL
    point_device(s, &l)
    for half in range(2):
        s.block[half].size = sizeof(block_t)
        s.block[half].n_frames = n_frames
        s.block[half].sample_type = e.sample_type if direct else ASIO_FLOAT32_LSB
        s.block[half].sample_width = <int32_t>(width if direct else sizeof(float))
        s.block[half].n_to_host = e.n_inputs
        s.block[half].n_from_host = e.n_outputs
        if not direct:
            s.n_to_host_spans = add_spans(s.to_host_spans[half], l.slots_in, e.n_inputs, l.host_in[half],
                                          l.device_in, s.stride_frames, width)
            s.n_from_host_spans = add_spans(s.from_host_spans[half], l.slots_out, e.n_outputs,
                                            <uint8_t *>s.host_out[half], l.device_out, s.stride_frames, width)
        for i in range(n_infos):
            if infos[i].is_input:
                infos[i].buffers[half] = host_input(s, &l, infos[i].channel_num, half)
            else:
                infos[i].buffers[half] = host_output(s, &l, infos[i].channel_num, half)
    # an engine has none but PCM types
    convert_find(e.sample_type, convert_best_level(), &converters)
    s.to_host = converters.from_float32
    s.from_host = converters.to_float32
    s.cycle = cycle_host_first if e.output_ready else cycle_device_first
    s.buffer_switch = switch_time_info if use_time_info else switch_plain
    return s


cdef void stream_resolve(stream_t *s, process_fn process, void *context, void *device, time_code_fn time_code,
                         thread_begin_fn thread_begin, thread_end_fn thread_end) noexcept nogil:
    """Takes the device's functions; with that the stream is complete."""
    s.process = process
    s.context = context
    s.device = device
    s.thread_begin = thread_begin
    s.thread_end = thread_end
    s.time_code = time_code
    if time_code is not NULL and s.buffer_switch == switch_time_info:
        s.buffer_switch = switch_time_code


cdef void stream_acquire(stream_t *s) noexcept nogil:
    atomic_add_i32(&s.refs, 1)


cdef void stream_release(stream_t *s) noexcept nogil:
    """[any thread] The last one frees the buffers: that may be a thread that came back late from a host callback."""
    if atomic_add_i32(&s.refs, -1) != 1:
        return
    pages_free(s.pages, s.n_bytes)
    free(s.tables)
    engine_release(s.engine)
    free(s)


cdef void stream_silence(stream_t *s) noexcept nogil:
    """What was played last is not the beginning of the next run."""
    memset(s.host_out[0], 0, s.host_bytes)
    memset(s.host_out[1], 0, s.host_bytes)


# ---- the runs -------------------------------------------------------------------------------------------------------

cdef run_t *run_new(stream_t *s, int32_t kind, run_t *previous, bint from_start) noexcept nogil:
    """[control thread] With one reference; takes over that of previous. NULL: no memory."""
    cdef run_t *run = <run_t *>calloc(1, sizeof(run_t))
    if run is NULL or not gate_init(&run.gate, True):
        free(run)
        return NULL
    run.refs = 1
    run.kind = kind
    run.stream = s
    run.previous = previous
    run.from_start = from_start
    stream_acquire(s)
    if kind == CLOCK_REALTIME:
        atomic_store_i32(&s.engine.status.wakeful, wakeful_acquire())
    clock_init(&run.clock, kind, s.n_frames, engine_rate(s.engine), s.engine.spin_ns, &run.gate, &s.engine.status,
               &s.engine.steps)
    atomic_store_i32(&s.engine.status.spin_us, <int32_t>(run.clock.spin_ns // 1000))
    return run


cdef void run_release(run_t *run) noexcept nogil:
    if atomic_add_i32(&run.refs, -1) != 1:
        return
    if run.previous is not NULL:
        run_release(run.previous)
    if run.kind == CLOCK_REALTIME:
        wakeful_release()
    stream_release(run.stream)
    gate_free(&run.gate)
    free(run)


cdef run_t *run_busy(run_t *run) noexcept nogil:
    """[any thread] The one, of this run and those before it, that is in a cycle; NULL: none is."""
    while run is not NULL and not gate_is_busy(&run.gate):
        run = run.previous
    return run


cdef bint run_wait_previous(run_t *run) noexcept nogil:
    """The runs before must have come back from their host callback, because two switches at once would break every
    host. False: the run was ended before that."""
    cdef run_t *late = run_busy(run.previous)
    while late is not NULL:
        if gate_is_closed(&run.gate):
            return False
        gate_wait_left(&late.gate, 20000000)
        late = run_busy(run.previous)
    return True


cdef inline void rewind_if_started(stream_t *s) noexcept nogil:
    """Inside the run's gate, so that no other run can be at it."""
    if atomic_load_i32(&s.rewinds):
        atomic_store_i32(&s.rewinds, 0)
        # a rate that was set before start is no change for the host
        s.told_rate_hz = s.start_rate_hz
        s.n_cycles = 0
        s.position = 0
        s.block_flags = ASIOKIT_BLOCK_FIRST


cdef void clear_up(run_t *run) noexcept nogil:
    """Stopped from inside the switch, or by a thread that could not wait for it: nobody else can do this."""
    if not atomic_load_i32(&run.silences):
        return
    stream_silence(run.stream)
    if atomic_load_i64(&run.stream.engine.edge_run) in (0, <int64_t><uintptr_t>run):
        # whoever steps the clock shall not wait for more
        steps_cancel(&run.stream.engine.steps)


cdef inline void serve_edge(run_t *run, int64_t edge_ns, uint64_t me) noexcept nogil:
    cdef bint was_late = run.clock.discontinuity
    # said anew each time, inside the gate: the thread of a run that was ended before its first edge says nothing
    run.stream.engine.run_gate = &run.gate
    atomic_store_i64(&run.stream.engine.stream_thread, <int64_t>me)
    rewind_if_started(run.stream)
    atomic_store_i64(&run.stream.edge_ns, edge_ns)
    if was_late:
        run.clock.discontinuity = 0
        run.stream.block_flags |= ASIOKIT_BLOCK_DISCONTINUITY
    run.stream.cycle(run.stream, edge_ns, run.clock.period_ns)
    status_count(&run.stream.engine.status.n_cycles)
    if was_late:
        engine_notify(run.stream.engine, REQUEST_OVERLOAD)
    clock_cycle_done(&run.clock)
    if gate_is_closed(&run.gate):
        clear_up(run)


cdef void run_thread(void *argument) noexcept nogil:
    cdef run_t *run = <run_t *>argument
    cdef stream_t *s = run.stream
    cdef engine_t *e = s.engine
    cdef uint64_t me = thread_id()
    cdef void *token
    cdef int64_t edge_ns
    if not run_wait_previous(run):
        run_release(run)
        return
    if run.kind == CLOCK_REALTIME:
        priority_raise(&run.grant, &e.status.grant, &run.clock.n_waits)
    token = s.thread_begin(s.device)
    clock_anchor(&run.clock)
    edge_ns = atomic_load_i64(&s.edge_ns)
    if not run.from_start and run.clock.next_ns <= edge_ns:
        # a freewheeling or stepped stream that goes on: its time is ahead of the wall clock and shall not step back
        run.clock.next_ns = edge_ns + run.clock.period_ns
    while True:
        edge_ns = run.clock.wait(&run.clock)
        if not gate_enter(&run.gate, me):
            break
        serve_edge(run, edge_ns, me)
        if not gate_leave(&run.gate):
            break
    atomic_cas_i64(&e.stream_thread, <int64_t>me, 0)
    s.thread_end(s.device, token)
    if run.kind == CLOCK_REALTIME:
        priority_drop(&run.grant)
    run_release(run)


cdef int run_begin(run_t *run) noexcept nogil:
    """[control thread] 0, or the system's error number. A device with its own clock calls run_edge instead."""
    cdef int error = 0
    if run.kind != CLOCK_DEVICE:
        atomic_add_i32(&run.refs, 1)
        error = thread_start(run_thread, run, b"asiokit-stream")
        if error:
            run_release(run)
    return error


cdef bint run_end(run_t *run, int64_t timeout_ns) noexcept nogil:
    """[control thread, or the stream thread from inside a callback] True: no host callback runs or will run."""
    cdef bint left
    # closing first, waking second: a manual clock looks at the gate when it wakes
    left = gate_close(&run.gate, 0)
    event_set(run.clock.steps.grant)
    event_set(run.stream.engine.output_event)
    return left or gate_close(&run.gate, timeout_ns)


cdef void run_lower(run_t *run) noexcept nogil:
    """[control thread] The stream was stopped and its callback did not come back: that is no audio any more, and may
    hold its CPU for ever."""
    while run is not NULL:
        priority_lower(&run.grant)
        run = run.previous


cdef int32_t engine_edge(void *engine, long long t_ns) noexcept nogil:
    """An edge of the device's own clock, at t_ns on the monotonic clock. [device's thread, one call at a time, none
    after Device.stop has returned] 0 = served, 1 = the stream is not running."""
    cdef run_t *run = <run_t *><uintptr_t>atomic_load_i64(&(<engine_t *>engine).edge_run)
    cdef uint64_t me = thread_id()
    if run is NULL or not gate_enter(&run.gate, me):
        return 1
    if run_busy(run.previous) is not NULL:
        # the host has not come back from a switch before the last stop: this edge is lost
        status_count(&run.stream.engine.status.n_late)
        return 0 if gate_leave(&run.gate) else 1
    serve_edge(run, t_ns, me)
    # threads of a device come and go, and their ids are used again
    atomic_store_i64(&run.stream.engine.stream_thread, 0)
    return 0 if gate_leave(&run.gate) else 1

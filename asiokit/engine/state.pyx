"""engine: the C side of one driver instance: its life, and the answers that need no state change. [any thread]"""
from libc.math cimport fabs, isfinite
from libc.stdio cimport snprintf
from libc.stdlib cimport calloc, free

from asiokit.abi.asio cimport asio_long_t
from asiokit.abi.atomic cimport atomic_add_i32, atomic_exchange_i32, atomic_load_i64, atomic_store_f64
from asiokit.rt.clock cimport steps_free, steps_init
from asiokit.rt.gate cimport gate_free, gate_init
from asiokit.rt.journal cimport JOURNAL_TEXT, journal_put, journal_take
from asiokit.rt.system cimport event_free, event_new, log_write, mutex_free, mutex_new, thread_id


cdef engine_t *engine_new() noexcept nogil:
    """With one reference; NULL when there is no memory."""
    cdef engine_t *e = <engine_t *>calloc(1, sizeof(engine_t))
    cdef bint ok
    if e is NULL:
        return NULL
    e.refs = 1
    e.lock = mutex_new()
    e.output_event = event_new()
    e.notify_event = event_new()
    ok = e.lock is not NULL and e.output_event is not NULL and e.notify_event is not NULL
    # every part is tried, so that engine_release finds each in a defined state
    ok = gate_init(&e.notify_gate, False) and ok
    ok = steps_init(&e.steps) and ok
    if not ok:
        engine_release(e)
        return NULL
    return e


cdef void engine_acquire(engine_t *e) noexcept nogil:
    atomic_add_i32(&e.refs, 1)


cdef void engine_release(engine_t *e) noexcept nogil:
    if atomic_add_i32(&e.refs, -1) != 1:
        return
    engine_drain_journal(e)
    steps_free(&e.steps)
    gate_free(&e.notify_gate)
    if e.notify_event is not NULL:
        event_free(e.notify_event)
    if e.output_event is not NULL:
        event_free(e.output_event)
    if e.lock is not NULL:
        mutex_free(e.lock)
    free(e.inputs)
    free(e.outputs)
    free(e)


cdef bint engine_set_channels(engine_t *e, int32_t n_inputs, int32_t n_outputs) noexcept nogil:
    """Loaded only. Again after an init that failed: the next one may be for another device."""
    e.n_inputs = e.n_outputs = 0
    free(e.inputs)
    free(e.outputs)
    e.inputs = <channel_t *>calloc(n_inputs + 1, sizeof(channel_t))
    e.outputs = <channel_t *>calloc(n_outputs + 1, sizeof(channel_t))
    if e.inputs is NULL or e.outputs is NULL:
        return False
    e.n_inputs = n_inputs
    e.n_outputs = n_outputs
    return True


cdef void engine_set_rate(engine_t *e, double rate_hz) noexcept nogil:
    atomic_store_f64(&e.rate_hz, rate_hz)


cdef bint engine_can_rate(const engine_t *e, double rate_hz) noexcept nogil:
    """False for NaN, infinities, zero and negative rates, whatever the table says."""
    cdef int32_t i
    if not isfinite(rate_hz) or rate_hz < e.min_rate_hz or rate_hz > e.max_rate_hz:
        return False
    for i in range(e.n_rates):
        if fabs(e.rates_hz[i] - rate_hz) < 0.0005:
            return True
    return e.n_rates == 0


cdef bint engine_can_frames(const engine_t *e, asio_long_t n_frames) noexcept nogil:
    cdef asio_long_t legal = e.min_frames
    if n_frames < e.min_frames or n_frames > e.max_frames:
        return False
    if e.granularity > 0:
        return (n_frames - e.min_frames) % e.granularity == 0
    if e.granularity == 0:
        return n_frames == e.preferred_frames
    while legal < n_frames:
        legal *= 2
    return legal == n_frames


cdef bint engine_on_stream_thread(const engine_t *e) noexcept nogil:
    return <uint64_t>atomic_load_i64(&e.stream_thread) == thread_id()


cdef void engine_log(engine_t *e, const char *text) noexcept nogil:
    """One line in the log. On the stream thread it is only noted down; the notifier writes it."""
    cdef char line[JOURNAL_TEXT + 40]
    if engine_on_stream_thread(e):
        journal_put(&e.journal, text)
        return
    engine_drain_journal(e)
    snprintf(line, sizeof(line), b"%s: %s", &e.name[0], text)
    log_write(b"driver", line)


cdef void engine_drain_journal(engine_t *e) noexcept nogil:
    cdef char text[JOURNAL_TEXT]
    cdef char line[JOURNAL_TEXT + 40]
    cdef int32_t n_dropped
    # one reader at a time; whoever comes second leaves the rest to the first
    if atomic_add_i32(&e.journal_readers, 1) == 0:
        while journal_take(&e.journal, text):
            snprintf(line, sizeof(line), b"%s: %s", &e.name[0], <const char *>text)
            log_write(b"stream", line)
        n_dropped = atomic_exchange_i32(&e.journal.n_dropped, 0)
        if n_dropped > 0:
            snprintf(line, sizeof(line), b"%s: %d more lines came too fast to be kept", &e.name[0], n_dropped)
            log_write(b"stream", line)
    atomic_add_i32(&e.journal_readers, -1)

"""engine: the notifier thread, the only one that calls asioMessage and sampleRateDidChange while a stream lives.

Requests are bits: asking twice before the host was told is asking once. No lock of ours is held while the host is
called, because hosts answer a reset by stopping the driver from another thread, or from within the call.
"""
from libc.stdint cimport int32_t, int64_t, uint64_t

from asiokit.abi.asio cimport (ASIO_MSG_LATENCIES_CHANGED, ASIO_MSG_OVERLOAD, ASIO_MSG_RESET_REQUEST,
                               ASIO_MSG_RESYNC_REQUEST, asio_long_t)
from asiokit.abi.atomic cimport (atomic_exchange_i32, atomic_load_f64, atomic_load_i32, atomic_or_i32,
                                 atomic_store_f64, atomic_store_i64)
from asiokit.device.base cimport (REQUEST_LATENCIES, REQUEST_OVERLOAD, REQUEST_RATE, REQUEST_RESET, REQUEST_RESYNC)
from asiokit.engine.state cimport (STATE_RUNNING, engine_acquire, engine_drain_journal, engine_release,
                                   engine_set_rate)
from asiokit.rt.gate cimport gate_enter, gate_is_closed, gate_leave
from asiokit.rt.system cimport (event_set, event_wait, host_time_follow, log_write, priority_watch, thread_id,
                                thread_start)

cdef enum:
    NOTIFY_QUIT = 1 << 16
    FOLLOW_NS = 1000000000   # how often the host's clock is followed and the threads watched while a stream runs

cdef const char *HUNG = (b"a host's buffer switch has run for over a second: its thread goes on as an ordinary one, so "
                         b"that others get the CPU too")


cdef inline void say(engine_t *e, asio_long_t selector) noexcept nogil:
    # the host may have disposed of its buffers in answer to the message before
    if e.callbacks.asio_message is not NULL and not gate_is_closed(&e.notify_gate):
        e.callbacks.asio_message(selector, 0, NULL, NULL)


cdef void tell_host(engine_t *e, int32_t what) noexcept nogil:
    if what & REQUEST_RATE and e.callbacks.sample_rate_did_change is not NULL:
        e.callbacks.sample_rate_did_change(atomic_load_f64(&e.notify_rate_hz))
    if what & REQUEST_LATENCIES:
        say(e, ASIO_MSG_LATENCIES_CHANGED)
    if what & REQUEST_RESYNC:
        say(e, ASIO_MSG_RESYNC_REQUEST)
    if what & REQUEST_OVERLOAD and atomic_load_i32(&e.overload_wanted):
        say(e, ASIO_MSG_OVERLOAD)
    # last, because the host may tear everything down on it. Sent whatever SelectorSupported said (semantics 12)
    if what & REQUEST_RESET:
        say(e, ASIO_MSG_RESET_REQUEST)


cdef void notifier_thread(void *argument) noexcept nogil:
    cdef engine_t *e = <engine_t *>argument
    cdef uint64_t me = thread_id()
    cdef int32_t what
    while True:
        event_wait(e.notify_event, FOLLOW_NS if atomic_load_i32(&e.state) == STATE_RUNNING else -1)
        what = atomic_exchange_i32(&e.notify_what, 0)
        engine_drain_journal(e)
        if what & NOTIFY_QUIT:
            break
        if atomic_load_i32(&e.state) == STATE_RUNNING:
            host_time_follow()
            if priority_watch() > 0:
                log_write(b"stream", HUNG)
        if what and gate_enter(&e.notify_gate, me):
            tell_host(e, what)
            gate_leave(&e.notify_gate)
    engine_release(e)


cdef int notifier_ensure(engine_t *e) noexcept nogil:
    """[control thread, under the lock] Starts the thread at the first createBuffers. 0, or a system error number."""
    cdef int error
    if e.notifier_runs:
        return 0
    engine_acquire(e)
    error = thread_start(notifier_thread, e, b"asiokit-notify")
    if error:
        engine_release(e)
    else:
        e.notifier_runs = 1
    return error


cdef void notifier_quit(engine_t *e) noexcept nogil:
    if e.notifier_runs:
        e.notifier_runs = 0
        engine_notify(e, NOTIFY_QUIT)


cdef void engine_notify(engine_t *e, int32_t what) noexcept nogil:
    """[any thread, the stream thread too] Never waits."""
    atomic_or_i32(&e.notify_what, what)
    event_set(e.notify_event)


cdef void engine_request(void *engine, int32_t what, double a, double b) noexcept nogil:
    """What Device.request points to while the device is open. [any thread]"""
    cdef engine_t *e = <engine_t *>engine
    if what & REQUEST_LATENCIES:
        atomic_store_i64(&e.latency_input, <int64_t>a)
        atomic_store_i64(&e.latency_output, <int64_t>b)
    if what & REQUEST_RATE:
        atomic_store_f64(&e.notify_rate_hz, a)
        if a > 0:
            engine_set_rate(e, a)
    engine_notify(e, what)

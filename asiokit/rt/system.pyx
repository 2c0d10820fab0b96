"""rt: the operating system's clock, threads, events and pages, compiled once for all modules. [any thread]

One body a function in sdk_shim/os_posix.c and os_windows.c; what each may cost on the stream thread stands in os.h.
"""
from libc.stdint cimport int32_t, int64_t, uint64_t

cdef extern from "os.h" nogil:
    void os_begin()
    int64_t os_now_ns()
    int64_t os_host_time_ns(int64_t t_ns)
    void os_host_time_follow()
    int64_t os_sleep_until(int64_t t_ns)
    int64_t os_sleep_spin_until(int64_t t_ns, int64_t spin_ns)
    const char *os_sleep_method()
    uint64_t os_thread_id()
    int os_thread_start(thread_fn body, void *argument, const char *name)
    int64_t os_thread_cpu_ns()
    void os_priority_ordinary(int32_t *told)
    void os_priority_raise(os_grant_t *grant, int32_t *told, const int64_t *progress)
    void os_priority_drop(os_grant_t *grant)
    bint os_priority_lower(os_grant_t *grant)
    int os_priority_watch()
    enum:
        OS_GRANT_NONE
        OS_GRANT_LOWERED
        OS_GRANT_ORDINARY
        OS_GRANT_TIME_CRITICAL
        OS_GRANT_RTKIT
        OS_GRANT_NICE
        OS_GRANT_FIFO
        OS_GRANT_MMCSS
        OS_GRANT_BELOW_WINE
    int32_t OS_GRANT_KIND(int32_t word)
    int32_t OS_GRANT_LEVEL(int32_t word)
    int os_wakeful_acquire()
    void os_wakeful_release()
    os_event_t *os_event_new()
    void os_event_free(os_event_t *event)
    void os_event_set(os_event_t *event)
    bint os_event_wait(os_event_t *event, int64_t timeout_ns)
    os_mutex_t *os_mutex_new()
    void os_mutex_free(os_mutex_t *mutex)
    void os_mutex_lock(os_mutex_t *mutex)
    bint os_mutex_try_lock(os_mutex_t *mutex)
    void os_mutex_unlock(os_mutex_t *mutex)
    void *os_pages_new(size_t n_bytes)
    void os_pages_free(void *pages, size_t n_bytes)

cdef extern from "shim.h" nogil:
    void shim_log_lines(const char *who, const char *text)


cdef int64_t now_ns() noexcept nogil:
    return os_now_ns()

cdef int64_t host_time_ns(int64_t t_ns) noexcept nogil:
    return os_host_time_ns(t_ns)

cdef void host_time_follow() noexcept nogil:
    os_host_time_follow()

cdef int64_t sleep_until(int64_t t_ns) noexcept nogil:
    return os_sleep_until(t_ns)

cdef int64_t sleep_spin_until(int64_t t_ns, int64_t spin_ns) noexcept nogil:
    return os_sleep_spin_until(t_ns, spin_ns)

cdef uint64_t thread_id() noexcept nogil:
    return os_thread_id()

cdef int thread_start(thread_fn body, void *argument, const char *name) noexcept nogil:
    return os_thread_start(body, argument, name)

cdef int64_t thread_cpu_ns() noexcept nogil:
    return os_thread_cpu_ns()

cdef void priority_ordinary(int32_t *told) noexcept nogil:
    os_priority_ordinary(told)

cdef void priority_raise(os_grant_t *grant, int32_t *told, const int64_t *progress) noexcept nogil:
    os_priority_raise(grant, told, progress)

cdef void priority_drop(os_grant_t *grant) noexcept nogil:
    os_priority_drop(grant)

cdef bint priority_lower(os_grant_t *grant) noexcept nogil:
    return os_priority_lower(grant)

cdef int priority_watch() noexcept nogil:
    return os_priority_watch()

cdef int wakeful_acquire() noexcept nogil:
    return os_wakeful_acquire()

cdef void wakeful_release() noexcept nogil:
    os_wakeful_release()

cdef os_event_t *event_new() noexcept nogil:
    return os_event_new()

cdef void event_free(os_event_t *event) noexcept nogil:
    os_event_free(event)

cdef void event_set(os_event_t *event) noexcept nogil:
    os_event_set(event)

cdef bint event_wait(os_event_t *event, int64_t timeout_ns) noexcept nogil:
    return os_event_wait(event, timeout_ns)

cdef os_mutex_t *mutex_new() noexcept nogil:
    return os_mutex_new()

cdef void mutex_free(os_mutex_t *mutex) noexcept nogil:
    os_mutex_free(mutex)

cdef void mutex_lock(os_mutex_t *mutex) noexcept nogil:
    os_mutex_lock(mutex)

cdef bint mutex_try_lock(os_mutex_t *mutex) noexcept nogil:
    return os_mutex_try_lock(mutex)

cdef void mutex_unlock(os_mutex_t *mutex) noexcept nogil:
    os_mutex_unlock(mutex)

cdef void *pages_new(size_t n_bytes) noexcept nogil:
    return os_pages_new(n_bytes)

cdef void pages_free(void *pages, size_t n_bytes) noexcept nogil:
    os_pages_free(pages, n_bytes)

cdef void log_write(const char *who, const char *text) noexcept nogil:
    shim_log_lines(who, text)


def monotonic_ns() -> int:
    """The monotonic clock that every time in asiokit is told on, in ns."""
    return os_now_ns()


def host_clock_ns(t_ns: int | None = None) -> int:
    """t_ns (default: now) on the clock that hosts compare time stamps with, in ns. See os_host_time_ns in os.h."""
    cdef int64_t t = os_now_ns() if t_ns is None else t_ns
    os_host_time_follow()
    return os_host_time_ns(t)


def sleep_method() -> str:
    """The name of the wait that the realtime clock uses on this system."""
    return os_sleep_method().decode()


cpdef str sleep_text(int64_t spin_ns):
    """The wait of a clock with this spin, in words."""
    spin = f", the last {spin_ns / 1000:g} us spun" if spin_ns > 0 else ""
    return sleep_method() + spin


cpdef str priority_word(int32_t word):
    """A grant in one of three words: "realtime", "raised" above others, or "normal"."""
    kind = OS_GRANT_KIND(word)
    if kind in (OS_GRANT_FIFO, OS_GRANT_MMCSS):
        return "realtime"
    return "raised" if kind in (OS_GRANT_NICE, OS_GRANT_RTKIT, OS_GRANT_TIME_CRITICAL) else "normal"


cpdef str scheduling_text(int32_t word):
    """A grant in the words of the system that gave it."""
    kind, level = OS_GRANT_KIND(word), OS_GRANT_LEVEL(word)
    below_wine = bool(word & OS_GRANT_BELOW_WINE)
    if kind == OS_GRANT_ORDINARY and below_wine and sleep_method() == "NtDelayExecution":
        return "as Wine schedules it"
    text = {
        OS_GRANT_LOWERED: "SCHED_OTHER, lowered: a callback did not come back",
        OS_GRANT_ORDINARY: "SCHED_OTHER, 1 ns slack",
        OS_GRANT_TIME_CRITICAL: "time-critical, without MMCSS",
        OS_GRANT_RTKIT: f"nice {level} by rtkit",
        OS_GRANT_NICE: f"nice {level}",
        OS_GRANT_FIFO: f"SCHED_FIFO {level}",
        OS_GRANT_MMCSS: "MMCSS Pro Audio",
    }.get(kind, "ordinary")
    return f"{text} (Linux below Wine)" if below_wine else text


os_begin()

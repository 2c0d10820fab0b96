"""rt: the operating system's clock, threads, events and pages, compiled once for all modules. [any thread]

One body a function in sdk_shim/os_posix.c and os_windows.c; what each may cost on the stream thread stands in os.h.
"""
from libc.stdint cimport int64_t, uint64_t

cdef extern from "os.h" nogil:
    int64_t os_now_ns()
    int64_t os_host_time_ns(int64_t t_ns)
    void os_host_time_follow()
    void os_sleep_until(int64_t t_ns)
    const char *os_sleep_method()
    uint64_t os_thread_id()
    int os_thread_start(thread_fn body, void *argument, const char *name)
    int os_priority_raise(void **token)
    void os_priority_drop(void *token)
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

cdef void sleep_until(int64_t t_ns) noexcept nogil:
    os_sleep_until(t_ns)

cdef uint64_t thread_id() noexcept nogil:
    return os_thread_id()

cdef int thread_start(thread_fn body, void *argument, const char *name) noexcept nogil:
    return os_thread_start(body, argument, name)

cdef int priority_raise(void **token) noexcept nogil:
    return os_priority_raise(token)

cdef void priority_drop(void *token) noexcept nogil:
    os_priority_drop(token)

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

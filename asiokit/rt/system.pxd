# rt: the operating system, for every layer above. Compiled once, in asiokit.rt.system; see sdk_shim/os.h.
from libc.stdint cimport int64_t, uint64_t

cdef extern from "os.h" nogil:
    ctypedef struct os_event_t:
        pass
    ctypedef struct os_mutex_t:
        pass
    enum:
        OS_PRIORITY_NORMAL
        OS_PRIORITY_RAISED
        OS_PRIORITY_REALTIME

ctypedef void (*thread_fn)(void *argument) noexcept nogil

cdef int64_t now_ns() noexcept nogil
cdef int64_t host_time_ns(int64_t t_ns) noexcept nogil
cdef void host_time_follow() noexcept nogil
cdef void sleep_until(int64_t t_ns) noexcept nogil
cdef uint64_t thread_id() noexcept nogil
cdef int thread_start(thread_fn body, void *argument, const char *name) noexcept nogil
cdef int priority_raise(void **token) noexcept nogil
cdef void priority_drop(void *token) noexcept nogil
cdef int wakeful_acquire() noexcept nogil
cdef void wakeful_release() noexcept nogil
cdef os_event_t *event_new() noexcept nogil
cdef void event_free(os_event_t *event) noexcept nogil
cdef void event_set(os_event_t *event) noexcept nogil
cdef bint event_wait(os_event_t *event, int64_t timeout_ns) noexcept nogil
cdef os_mutex_t *mutex_new() noexcept nogil
cdef void mutex_free(os_mutex_t *mutex) noexcept nogil
cdef void mutex_lock(os_mutex_t *mutex) noexcept nogil
cdef bint mutex_try_lock(os_mutex_t *mutex) noexcept nogil
cdef void mutex_unlock(os_mutex_t *mutex) noexcept nogil
cdef void *pages_new(size_t n_bytes) noexcept nogil
cdef void pages_free(void *pages, size_t n_bytes) noexcept nogil
# One line in asiokit's log file; opens, appends, closes. Never on the stream thread.
cdef void log_write(const char *who, const char *text) noexcept nogil

# rt: the operating system, for every layer above. Compiled once, in asiokit.rt.system; see sdk_shim/os.h.
from libc.stdint cimport int32_t, int64_t, uint64_t

cdef extern from "os.h" nogil:
    ctypedef struct os_event_t:
        pass
    ctypedef struct os_mutex_t:
        pass
    # a thread that has asked for audio priority, until it drops it; zeroed before
    ctypedef struct os_grant_t:
        pass

ctypedef void (*thread_fn)(void *argument) noexcept nogil

cdef int64_t now_ns() noexcept nogil
cdef int64_t host_time_ns(int64_t t_ns) noexcept nogil
cdef void host_time_follow() noexcept nogil
cdef int64_t sleep_until(int64_t t_ns) noexcept nogil
cdef int64_t sleep_spin_until(int64_t t_ns, int64_t spin_ns) noexcept nogil
cdef uint64_t thread_id() noexcept nogil
cdef int thread_start(thread_fn body, void *argument, const char *name) noexcept nogil
cdef int64_t thread_cpu_ns() noexcept nogil
cdef void priority_ordinary(int32_t *told) noexcept nogil
cdef void priority_raise(os_grant_t *grant, int32_t *told, const int64_t *progress) noexcept nogil
cdef void priority_drop(os_grant_t *grant) noexcept nogil
cdef bint priority_lower(os_grant_t *grant) noexcept nogil
cdef int priority_watch() noexcept nogil
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
# what a status word of a grant says
cpdef str priority_word(int32_t word)
cpdef str scheduling_text(int32_t word)
cpdef str sleep_text(int64_t spin_ns)

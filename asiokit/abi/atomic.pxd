# abi: sdk_shim/atomic.h. Loads acquire, stores release, unless the name says relaxed.
from libc.stdint cimport int32_t, int64_t

cdef extern from "atomic.h" nogil:
    int32_t atomic_load_i32(const int32_t *p)
    void atomic_store_i32(int32_t *p, int32_t v)
    int32_t atomic_add_i32(int32_t *p, int32_t v)
    int32_t atomic_or_i32(int32_t *p, int32_t v)
    int32_t atomic_load_ordered_i32(const int32_t *p)
    int32_t atomic_exchange_i32(int32_t *p, int32_t v)
    bint atomic_cas_i32(int32_t *p, int32_t expected, int32_t desired)
    int64_t atomic_load_i64(const int64_t *p)
    void atomic_store_i64(int64_t *p, int64_t v)
    int64_t atomic_add_i64(int64_t *p, int64_t v)
    bint atomic_cas_i64(int64_t *p, int64_t expected, int64_t desired)
    int64_t atomic_load_relaxed_i64(const int64_t *p)
    void atomic_store_relaxed_i64(int64_t *p, int64_t v)
    double atomic_load_f64(const double *p)
    void atomic_store_f64(double *p, double v)
    void atomic_fence_acquire()
    void atomic_fence_release()

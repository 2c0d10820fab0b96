/* atomic.h: the few atomics that asiokit needs, for compilers with GNU builtins and for MSVC.
 * Plain fields are used (not _Atomic), so that Cython can declare the structs that hold them.
 *
 * Two threads that each write a word of their own and then read the other's must not both miss the other: for that the
 * writes are atomic_exchange, the reads atomic_load_ordered. */
#ifndef ASIOKIT_ATOMIC_H
#define ASIOKIT_ATOMIC_H

#include <stdint.h>
#include <string.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
/* Interlocked operations are full barriers: stronger than asked for, never weaker. */
static inline int32_t atomic_load_i32(const volatile int32_t *p) { return _InterlockedOr((volatile long *)p, 0); }
static inline void atomic_store_i32(volatile int32_t *p, int32_t v) { _InterlockedExchange((volatile long *)p, v); }
static inline int32_t atomic_add_i32(volatile int32_t *p, int32_t v) {
    return _InterlockedExchangeAdd((volatile long *)p, v);
}
static inline int32_t atomic_or_i32(volatile int32_t *p, int32_t v) { return _InterlockedOr((volatile long *)p, v); }
static inline int32_t atomic_exchange_i32(volatile int32_t *p, int32_t v) {
    return _InterlockedExchange((volatile long *)p, v);
}
static inline int atomic_cas_i32(volatile int32_t *p, int32_t expected, int32_t desired) {
    return _InterlockedCompareExchange((volatile long *)p, desired, expected) == expected;
}
static inline int64_t atomic_load_i64(const volatile int64_t *p) { return _InterlockedOr64((volatile __int64 *)p, 0); }
static inline void atomic_store_i64(volatile int64_t *p, int64_t v) {
    _InterlockedExchange64((volatile __int64 *)p, v);
}
static inline int64_t atomic_add_i64(volatile int64_t *p, int64_t v) {
    return _InterlockedExchangeAdd64((volatile __int64 *)p, v);
}
static inline int atomic_cas_i64(volatile int64_t *p, int64_t expected, int64_t desired) {
    return _InterlockedCompareExchange64((volatile __int64 *)p, desired, expected) == expected;
}
static inline int64_t atomic_load_relaxed_i64(const volatile int64_t *p) { return *p; }
static inline void atomic_store_relaxed_i64(volatile int64_t *p, int64_t v) { *p = v; }
static inline int32_t atomic_load_ordered_i32(const volatile int32_t *p) {
    return _InterlockedOr((volatile long *)p, 0);
}
static inline void atomic_fence_acquire(void) {
    _ReadWriteBarrier();
    _mm_lfence();
}
static inline void atomic_fence_release(void) { _ReadWriteBarrier(); }
#else
static inline int32_t atomic_load_i32(const volatile int32_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void atomic_store_i32(volatile int32_t *p, int32_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
static inline int32_t atomic_add_i32(volatile int32_t *p, int32_t v) {
    return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL);
}
static inline int32_t atomic_or_i32(volatile int32_t *p, int32_t v) {
    return __atomic_fetch_or(p, v, __ATOMIC_ACQ_REL);
}
static inline int32_t atomic_exchange_i32(volatile int32_t *p, int32_t v) {
    return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
}
static inline int atomic_cas_i32(volatile int32_t *p, int32_t expected, int32_t desired) {
    return __atomic_compare_exchange_n(p, &expected, desired, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
static inline int64_t atomic_load_i64(const volatile int64_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void atomic_store_i64(volatile int64_t *p, int64_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
static inline int64_t atomic_add_i64(volatile int64_t *p, int64_t v) {
    return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL);
}
static inline int atomic_cas_i64(volatile int64_t *p, int64_t expected, int64_t desired) {
    return __atomic_compare_exchange_n(p, &expected, desired, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
static inline int64_t atomic_load_relaxed_i64(const volatile int64_t *p) {
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
static inline void atomic_store_relaxed_i64(volatile int64_t *p, int64_t v) {
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}
static inline int32_t atomic_load_ordered_i32(const volatile int32_t *p) {
    return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}
static inline void atomic_fence_acquire(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
static inline void atomic_fence_release(void) { __atomic_thread_fence(__ATOMIC_RELEASE); }
#endif

/* a double, as the 64 bits that it is */
static inline double atomic_load_f64(const volatile double *p) {
    const int64_t bits = atomic_load_i64((const volatile int64_t *)p);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}
static inline void atomic_store_f64(volatile double *p, double v) {
    int64_t bits;
    memcpy(&bits, &v, sizeof bits);
    atomic_store_i64((volatile int64_t *)p, bits);
}

#endif

/* plain_loops.c: see plain_loops.h. */
#include "plain_loops.h"

#include <math.h>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define PLAIN __attribute__((target("arch=x86-64-v3")))
#define HERE (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma"))
#else
#define PLAIN
#define HERE 0
#endif

#if defined(_MSC_VER)
#define RESTRICT __restrict
#else
#define RESTRICT restrict
#endif

int plain_loops_run_here(void) { return HERE != 0; }

#define STORE(to, x)                                                                                                   \
    do {                                                                                                               \
        float y = (x) * 8388608.0f;                                                                                    \
        int32_t v;                                                                                                     \
        y = y < -8388608.0f ? -8388608.0f : y;                                                                         \
        y = y > 8388607.0f ? 8388607.0f : y;                                                                           \
        y = y == y ? y : 0.0f; /* NaN */                                                                               \
        v = (int32_t)rintf(y);                                                                                         \
        (to)[0] = (uint8_t)v;                                                                                          \
        (to)[1] = (uint8_t)((uint32_t)v >> 8);                                                                         \
        (to)[2] = (uint8_t)((uint32_t)v >> 16);                                                                        \
    } while (0)

#define LOAD(from)                                                                                                     \
    ((float)((int32_t)((uint32_t)(from)[0] << 8 | (uint32_t)(from)[1] << 16 | (uint32_t)(from)[2] << 24) >> 8) *       \
     (1.0f / 8388608.0f))

/* each loop twice: with a stride that is only known at run time the planar one would be several times slower */

PLAIN void plain_int24_from_float32(void *to, const void *from, size_t n_frames, size_t stride) {
    uint8_t *RESTRICT t = to;
    const float *RESTRICT f = from;
    size_t i;
    if (stride == 1) {
        for (i = 0; i < n_frames; i++)
            STORE(t + 3 * i, f[i]);
    } else {
        for (i = 0; i < n_frames; i++)
            STORE(t + 3 * i * stride, f[i]);
    }
}

PLAIN void plain_int24_to_float32(void *to, const void *from, size_t n_frames, size_t stride) {
    float *RESTRICT t = to;
    const uint8_t *RESTRICT f = from;
    size_t i;
    if (stride == 1) {
        for (i = 0; i < n_frames; i++)
            t[i] = LOAD(f + 3 * i);
    } else {
        for (i = 0; i < n_frames; i++)
            t[i] = LOAD(f + 3 * i * stride);
    }
}

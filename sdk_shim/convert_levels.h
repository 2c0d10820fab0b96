/* convert_levels.h: what the converters' own files share. Not for users: that is convert.h. */
#ifndef ASIOKIT_CONVERT_LEVELS_H
#define ASIOKIT_CONVERT_LEVELS_H

#include <string.h>

#include "asio_abi.h"
#include "convert.h"

#if defined(__FAST_MATH__)
#error "convert: -ffast-math removes the rounding and the test for NaN; build without it"
#endif

/* CONVERT_ONLY_PORTABLE: for a compiler that can't do the rest, and to see on x86-64 what ARM64 gets. ARM64EC defines
 * _M_X64 too. */
#if (defined(__x86_64__) || defined(_M_X64)) && !defined(_M_ARM64EC) && !defined(CONVERT_ONLY_PORTABLE)
#define CONVERT_X86 1
#else
#define CONVERT_X86 0
#endif

#if defined(_MSC_VER)
#define RESTRICT __restrict
#define INLINE static __forceinline
#define NOINLINE __declspec(noinline)
#else
#define RESTRICT restrict
/* unused ones are normal: a level takes what it needs. Not by force where nothing is optimised: it would only be slow
 * to compile and hard to step through. */
#if defined(__OPTIMIZE__)
#define INLINE static inline __attribute__((always_inline, unused))
#else
#define INLINE static inline __attribute__((unused))
#endif
#if defined(__clang__)
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE __attribute__((noinline, noclone))
#endif
#endif

typedef unsigned char byte_t;

/* ASIO's name, ours, bytes a sample, significant bits, is it the MSB variant */
#define INTEGER_TYPES(X)                                                                                               \
    X(ASIO_INT16_LSB, int16_lsb, 2, 16, 0)                                                                             \
    X(ASIO_INT16_MSB, int16_msb, 2, 16, 1)                                                                             \
    X(ASIO_INT24_LSB, int24_lsb, 3, 24, 0)                                                                             \
    X(ASIO_INT24_MSB, int24_msb, 3, 24, 1)                                                                             \
    X(ASIO_INT32_LSB, int32_lsb, 4, 32, 0)                                                                             \
    X(ASIO_INT32_MSB, int32_msb, 4, 32, 1)                                                                             \
    PADDED_TYPES(X)
#define PADDED_TYPES(X)                                                                                                \
    X(ASIO_INT32_LSB16, int32_16_lsb, 4, 16, 0)                                                                        \
    X(ASIO_INT32_MSB16, int32_16_msb, 4, 16, 1)                                                                        \
    X(ASIO_INT32_LSB18, int32_18_lsb, 4, 18, 0)                                                                        \
    X(ASIO_INT32_MSB18, int32_18_msb, 4, 18, 1)                                                                        \
    X(ASIO_INT32_LSB20, int32_20_lsb, 4, 20, 0)                                                                        \
    X(ASIO_INT32_MSB20, int32_20_msb, 4, 20, 1)                                                                        \
    X(ASIO_INT32_LSB24, int32_24_lsb, 4, 24, 0)                                                                        \
    X(ASIO_INT32_MSB24, int32_24_msb, 4, 24, 1)
#define FLOAT_TYPES(X)                                                                                                 \
    X(ASIO_FLOAT32_LSB, float32_lsb, 4, 32, 0)                                                                         \
    X(ASIO_FLOAT32_MSB, float32_msb, 4, 32, 1)                                                                         \
    X(ASIO_FLOAT64_LSB, float64_lsb, 8, 64, 0)                                                                         \
    X(ASIO_FLOAT64_MSB, float64_msb, 8, 64, 1)

/* A file of functions named TYPE_from_float32 and so on ends in FIND(its name). */
#define FIND_CASE(number, name, width, bits, msb)                                                                      \
    case number:                                                                                                       \
        found->from_float32 = name##_from_float32;                                                                     \
        found->to_float32 = name##_to_float32;                                                                         \
        found->interleave = name##_interleave;                                                                         \
        found->deinterleave = name##_deinterleave;                                                                     \
        return 1;
#define FIND(function)                                                                                                 \
    int function(int32_t sample_type, converters_t *found) {                                                           \
        switch (sample_type) {                                                                                         \
            INTEGER_TYPES(FIND_CASE)                                                                                   \
            FLOAT_TYPES(FIND_CASE)                                                                                     \
        default:                                                                                                       \
            return 0;                                                                                                  \
        }                                                                                                              \
    }

/* Without a look at the processor: convert_find has done that. */
int convert_find_portable(int32_t sample_type, converters_t *found);
#if CONVERT_X86
int convert_find_sse2(int32_t sample_type, converters_t *found);
int convert_find_avx2(int32_t sample_type, converters_t *found);
int convert_find_avx512(int32_t sample_type, converters_t *found);
#endif

#endif

/* convert.c: the bodies of convert.h: one loop each way, stamped out for every type by its load and its store.
 *
 * Nothing here needs more than what every compiler's baseline has, and nothing depends on the rounding call of a C
 * library. The speed of it is measured elsewhere. */
#include "convert.h"

#include <float.h>
#include <string.h>

#include "asio_abi.h"

#if defined(__FAST_MATH__)
#error "convert.c: -ffast-math removes the rounding and the test for NaN; build without it"
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD == 2
#error "convert.c: x87 arithmetic rounds twice; build with -msse2 -mfpmath=sse"
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define IS_LSB 0
#else
#define IS_LSB 1
#endif

#if defined(_MSC_VER)
#define RESTRICT __restrict
#else
#define RESTRICT restrict
#endif

typedef unsigned char byte_t;

/* ---- bytes: memcpy, since a host's buffers may lie anywhere; compilers make plain loads and stores of it ---- */

static inline uint16_t swap16(uint16_t v) { return (uint16_t)(v >> 8 | v << 8); }

static inline uint32_t swap32(uint32_t v) { return v >> 24 | (v >> 8 & 0xFF00u) | (v << 8 & 0xFF0000u) | v << 24; }

static inline uint64_t swap64(uint64_t v) { return (uint64_t)swap32((uint32_t)v) << 32 | swap32((uint32_t)(v >> 32)); }

/* swap: the type's byte order is not the machine's */
#define LOAD_STORE(bits)                                                                                               \
    static inline uint##bits##_t load##bits(const byte_t *from, int swap) {                                            \
        uint##bits##_t v;                                                                                              \
        memcpy(&v, from, sizeof v);                                                                                    \
        return swap ? swap##bits(v) : v;                                                                               \
    }                                                                                                                  \
    static inline void store##bits(byte_t *to, uint##bits##_t v, int swap) {                                           \
        v = swap ? swap##bits(v) : v;                                                                                  \
        memcpy(to, &v, sizeof v);                                                                                      \
    }
LOAD_STORE(16)
LOAD_STORE(32)
LOAD_STORE(64)

/* ---- one sample ---- */

static inline float float_of(uint32_t v) {
    float x;
    memcpy(&x, &v, sizeof x);
    return x;
}

static inline uint32_t bits_of(float x) {
    uint32_t v;
    memcpy(&v, &x, sizeof v);
    return v;
}

/* Magnitude and sign apart, and every choice a mask of 0 or -1: no branch for a vectoriser to give up on. (>> of a
 * negative number keeps the sign: so say all compilers we know of.) A sum of at least 2^23 has a last bit of weight 1,
 * so adding 2^23 rounds to nearest even. */
static inline int32_t round_and_clip(uint32_t x, int bits) {
    const int32_t full = (int32_t)((UINT32_C(1) << (bits - 1)) - 1);
    const int32_t sign = (int32_t)x >> 31;
    const int32_t magnitude = (int32_t)(x & 0x7FFFFFFFu);
    const int32_t inside = (magnitude - 0x3F800000) >> 31;    /* below 1.0; infinity and NaN are above it */
    const int32_t number = ~((0x7F800000 - magnitude) >> 31); /* not NaN */
    const float y = float_of((uint32_t)(magnitude & inside)) * (float)(UINT32_C(1) << (bits - 1));
    const float sum = y + 8388608.0f;
    int32_t v;
    if (bits <= 24) {                              /* a constant */
        v = (int32_t)(bits_of(sum) - 0x4B000000u); /* the sum's own bits, less those of 2^23 */
        v += (full - sign - v) >> 31;              /* it can be one too large; the negative end is one further away */
    } else {
        const int32_t small = ((int32_t)bits_of(y) - 0x4B000000) >> 31; /* from 2^23 on it is whole already */
        const uint32_t rounded = bits_of(sum - 8388608.0f);
        v = (int32_t)float_of((rounded & (uint32_t)small) | (bits_of(y) & ~(uint32_t)small));
    }
    v = (v ^ sign) - sign;
    return ((v & inside) | ((full ^ sign) & ~inside)) & number;
}

/* the low bits of a word, as the signed number that they are */
static inline int32_t sign_extend(uint32_t v, int bits) { return (int32_t)(v << (32 - bits)) >> (32 - bits); }

/* ---- how each type lies in memory. msb: is it the MSB variant ---- */

#define STORE_2(to, v, msb) store16(to, (uint16_t)(v), (msb) == IS_LSB)
#define LOAD_2(from, bits, msb) ((int32_t)(int16_t)load16(from, (msb) == IS_LSB))

#define STORE_3(to, v, msb)                                                                                            \
    ((to)[(msb) ? 2 : 0] = (byte_t)(v), (to)[1] = (byte_t)((uint32_t)(v) >> 8),                                        \
     (to)[(msb) ? 0 : 2] = (byte_t)((uint32_t)(v) >> 16))
#define LOAD_3(from, bits, msb)                                                                                        \
    sign_extend((uint32_t)(from)[(msb) ? 2 : 0] | (uint32_t)(from)[1] << 8 | (uint32_t)(from)[(msb) ? 0 : 2] << 16, 24)

#define STORE_4(to, v, msb) store32(to, (uint32_t)(v), (msb) == IS_LSB)
#define LOAD_4(from, bits, msb) sign_extend(load32(from, (msb) == IS_LSB), bits)

/* ---- the two loops ---- */

#define INTEGER(name, width, bits, msb)                                                                                \
    static void name##_from_float32(void *RESTRICT to, const void *RESTRICT from, size_t n_samples) {                  \
        byte_t *RESTRICT t = to;                                                                                       \
        const byte_t *RESTRICT f = from;                                                                               \
        size_t i;                                                                                                      \
        for (i = 0; i < n_samples; i++) {                                                                              \
            const int32_t v = round_and_clip(load32(f + 4 * i, 0), bits);                                              \
            STORE_##width(t + (width) * i, v, msb);                                                                    \
        }                                                                                                              \
    }                                                                                                                  \
    static void name##_to_float32(void *RESTRICT to, const void *RESTRICT from, size_t n_samples) {                    \
        byte_t *RESTRICT t = to;                                                                                       \
        const byte_t *RESTRICT f = from;                                                                               \
        size_t i;                                                                                                      \
        for (i = 0; i < n_samples; i++)                                                                                \
            store32(t + 4 * i,                                                                                         \
                    bits_of((float)LOAD_##width(f + (width) * i, bits, msb) *                                          \
                            (1.0f / (float)(UINT32_C(1) << ((bits) - 1)))),                                            \
                    0);                                                                                                \
    }

INTEGER(int16_lsb, 2, 16, 0)
INTEGER(int16_msb, 2, 16, 1)
INTEGER(int24_lsb, 3, 24, 0)
INTEGER(int24_msb, 3, 24, 1)
INTEGER(int32_lsb, 4, 32, 0)
INTEGER(int32_msb, 4, 32, 1)
INTEGER(int32_16_lsb, 4, 16, 0)
INTEGER(int32_16_msb, 4, 16, 1)
INTEGER(int32_18_lsb, 4, 18, 0)
INTEGER(int32_18_msb, 4, 18, 1)
INTEGER(int32_20_lsb, 4, 20, 0)
INTEGER(int32_20_msb, 4, 20, 1)
INTEGER(int32_24_lsb, 4, 24, 0)
INTEGER(int32_24_msb, 4, 24, 1)

/* float32 as bits, never as a float: a signalling NaN would be changed by a load on some machines */
static void float32_same(void *RESTRICT to, const void *RESTRICT from, size_t n_samples) {
    memcpy(to, from, 4 * n_samples);
}

static void float32_swapped(void *RESTRICT to, const void *RESTRICT from, size_t n_samples) {
    byte_t *RESTRICT t = to;
    const byte_t *RESTRICT f = from;
    size_t i;
    for (i = 0; i < n_samples; i++)
        store32(t + 4 * i, load32(f + 4 * i, 1), 0);
}

#define FLOAT64(name, msb)                                                                                             \
    static void name##_from_float32(void *RESTRICT to, const void *RESTRICT from, size_t n_samples) {                  \
        byte_t *RESTRICT t = to;                                                                                       \
        const byte_t *RESTRICT f = from;                                                                               \
        size_t i;                                                                                                      \
        for (i = 0; i < n_samples; i++) {                                                                              \
            const double wide = (double)float_of(load32(f + 4 * i, 0));                                                \
            uint64_t v;                                                                                                \
            memcpy(&v, &wide, sizeof v);                                                                               \
            store64(t + 8 * i, v, (msb) == IS_LSB);                                                                    \
        }                                                                                                              \
    }                                                                                                                  \
    static void name##_to_float32(void *RESTRICT to, const void *RESTRICT from, size_t n_samples) {                    \
        byte_t *RESTRICT t = to;                                                                                       \
        const byte_t *RESTRICT f = from;                                                                               \
        size_t i;                                                                                                      \
        for (i = 0; i < n_samples; i++) {                                                                              \
            const uint64_t v = load64(f + 8 * i, (msb) == IS_LSB);                                                     \
            double wide;                                                                                               \
            memcpy(&wide, &v, sizeof wide);                                                                            \
            store32(t + 4 * i, bits_of((float)wide), 0);                                                               \
        }                                                                                                              \
    }

FLOAT64(float64_lsb, 0)
FLOAT64(float64_msb, 1)

#define float32_lsb_from_float32 (IS_LSB ? float32_same : float32_swapped)
#define float32_lsb_to_float32 (IS_LSB ? float32_same : float32_swapped)
#define float32_msb_from_float32 (IS_LSB ? float32_swapped : float32_same)
#define float32_msb_to_float32 (IS_LSB ? float32_swapped : float32_same)

/* ---- which is which: ASIO's name, ours, bytes ---- */

#define TYPES(X)                                                                                                       \
    X(ASIO_INT16_LSB, int16_lsb, 2)                                                                                    \
    X(ASIO_INT16_MSB, int16_msb, 2)                                                                                    \
    X(ASIO_INT24_LSB, int24_lsb, 3)                                                                                    \
    X(ASIO_INT24_MSB, int24_msb, 3)                                                                                    \
    X(ASIO_INT32_LSB, int32_lsb, 4)                                                                                    \
    X(ASIO_INT32_MSB, int32_msb, 4)                                                                                    \
    X(ASIO_INT32_LSB16, int32_16_lsb, 4)                                                                               \
    X(ASIO_INT32_MSB16, int32_16_msb, 4)                                                                               \
    X(ASIO_INT32_LSB18, int32_18_lsb, 4)                                                                               \
    X(ASIO_INT32_MSB18, int32_18_msb, 4)                                                                               \
    X(ASIO_INT32_LSB20, int32_20_lsb, 4)                                                                               \
    X(ASIO_INT32_MSB20, int32_20_msb, 4)                                                                               \
    X(ASIO_INT32_LSB24, int32_24_lsb, 4)                                                                               \
    X(ASIO_INT32_MSB24, int32_24_msb, 4)                                                                               \
    X(ASIO_FLOAT32_LSB, float32_lsb, 4)                                                                                \
    X(ASIO_FLOAT32_MSB, float32_msb, 4)                                                                                \
    X(ASIO_FLOAT64_LSB, float64_lsb, 8)                                                                                \
    X(ASIO_FLOAT64_MSB, float64_msb, 8)

convert_fn convert_from_float32(int32_t sample_type) {
    switch (sample_type) {
#define CASE_FROM(number, name, width)                                                                                 \
    case number:                                                                                                       \
        return name##_from_float32;
        TYPES(CASE_FROM)
    default:
        return NULL;
    }
}

convert_fn convert_to_float32(int32_t sample_type) {
    switch (sample_type) {
#define CASE_TO(number, name, width)                                                                                   \
    case number:                                                                                                       \
        return name##_to_float32;
        TYPES(CASE_TO)
    default:
        return NULL;
    }
}

size_t sample_type_width(int32_t sample_type) {
    switch (sample_type) {
#define CASE_WIDTH(number, name, width)                                                                                \
    case number:                                                                                                       \
        return width;
        TYPES(CASE_WIDTH)
    default:
        return 0;
    }
}

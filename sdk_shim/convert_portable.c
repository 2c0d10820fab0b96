/* convert_portable.c: the converters as loops over one sample: what every other level must equal bit for bit, and all
 * there is on processors other than x86-64, where compilers make vectors of the contiguous ones.
 *
 * Nothing here needs more than what every compiler's baseline has, and nothing depends on the rounding call of a C
 * library. */
#include <float.h>

#include "convert_levels.h"

#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD == 2
#error "convert: x87 arithmetic rounds twice; build with -msse2 -mfpmath=sse"
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define IS_LSB 0
#else
#define IS_LSB 1
#endif

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

/* ---- one loop each way; the step is a constant where samples lie side by side ---- */

#define INTEGER(number, name, width, bits, msb)                                                                        \
    INLINE void name##_write(byte_t *RESTRICT to, size_t step, const byte_t *RESTRICT from, size_t n) {                \
        size_t i;                                                                                                      \
        for (i = 0; i < n; i++) {                                                                                      \
            const int32_t v = round_and_clip(load32(from + 4 * i, 0), bits);                                           \
            STORE_##width(to + step * i, v, msb);                                                                      \
        }                                                                                                              \
    }                                                                                                                  \
    INLINE void name##_read(byte_t *RESTRICT to, const byte_t *RESTRICT from, size_t step, size_t n) {                 \
        size_t i;                                                                                                      \
        for (i = 0; i < n; i++)                                                                                        \
            store32(to + 4 * i,                                                                                        \
                    bits_of((float)LOAD_##width(from + step * i, bits, msb) *                                          \
                            (1.0f / (float)(UINT32_C(1) << ((bits) - 1)))),                                            \
                    0);                                                                                                \
    }
INTEGER_TYPES(INTEGER)

/* float32 as bits, never as a float: a signalling NaN would be changed by a load on some machines */
#define FLOAT32(name, swap)                                                                                            \
    INLINE void name##_write(byte_t *RESTRICT to, size_t step, const byte_t *RESTRICT from, size_t n) {                \
        size_t i;                                                                                                      \
        if (!(swap) && step == 4)                                                                                      \
            memcpy(to, from, 4 * n);                                                                                   \
        else                                                                                                           \
            for (i = 0; i < n; i++)                                                                                    \
                store32(to + step * i, load32(from + 4 * i, 0), swap);                                                 \
    }                                                                                                                  \
    INLINE void name##_read(byte_t *RESTRICT to, const byte_t *RESTRICT from, size_t step, size_t n) {                 \
        size_t i;                                                                                                      \
        if (!(swap) && step == 4)                                                                                      \
            memcpy(to, from, 4 * n);                                                                                   \
        else                                                                                                           \
            for (i = 0; i < n; i++)                                                                                    \
                store32(to + 4 * i, load32(from + step * i, swap), 0);                                                 \
    }
FLOAT32(float32_lsb, !IS_LSB)
FLOAT32(float32_msb, IS_LSB)

#define FLOAT64(name, swap)                                                                                            \
    INLINE void name##_write(byte_t *RESTRICT to, size_t step, const byte_t *RESTRICT from, size_t n) {                \
        size_t i;                                                                                                      \
        for (i = 0; i < n; i++) {                                                                                      \
            const double wide = (double)float_of(load32(from + 4 * i, 0));                                             \
            uint64_t v;                                                                                                \
            memcpy(&v, &wide, sizeof v);                                                                               \
            store64(to + step * i, v, swap);                                                                           \
        }                                                                                                              \
    }                                                                                                                  \
    INLINE void name##_read(byte_t *RESTRICT to, const byte_t *RESTRICT from, size_t step, size_t n) {                 \
        size_t i;                                                                                                      \
        for (i = 0; i < n; i++) {                                                                                      \
            const uint64_t v = load64(from + step * i, swap);                                                          \
            double wide;                                                                                               \
            memcpy(&wide, &v, sizeof wide);                                                                            \
            store32(to + 4 * i, bits_of((float)wide), 0);                                                              \
        }                                                                                                              \
    }
FLOAT64(float64_lsb, !IS_LSB)
FLOAT64(float64_msb, IS_LSB)

/* ---- the four functions of each type ---- */

#define FUNCTIONS(number, name, width, bits, msb)                                                                      \
    static void name##_from_float32(void *to, const void *from, size_t n_samples) {                                    \
        name##_write(to, width, from, n_samples);                                                                      \
    }                                                                                                                  \
    static void name##_to_float32(void *to, const void *from, size_t n_samples) {                                      \
        name##_read(to, from, width, n_samples);                                                                       \
    }                                                                                                                  \
    static void name##_interleave(void *to, const void *const *planes, size_t n_channels, size_t n_frames) {           \
        size_t c;                                                                                                      \
        for (c = 0; c < n_channels; c++)                                                                               \
            name##_write((byte_t *)to + (width) * c, (width) * n_channels, planes[c], n_frames);                       \
    }                                                                                                                  \
    static void name##_deinterleave(void *const *planes, const void *from, size_t n_channels, size_t n_frames) {       \
        size_t c;                                                                                                      \
        for (c = 0; c < n_channels; c++)                                                                               \
            name##_read(planes[c], (const byte_t *)from + (width) * c, (width) * n_channels, n_frames);                \
    }
INTEGER_TYPES(FUNCTIONS)
FLOAT_TYPES(FUNCTIONS)

FIND(convert_find_portable)

/* convert_avx512.c: the vectors of AVX-512 F, BW, DQ, VL and VBMI for convert_kernels.h. */
#include "convert_levels.h"

#if CONVERT_X86

#include <immintrin.h>

/* for this file's functions only: it runs after the processor was asked */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi"))),                 \
                             apply_to = function)
#elif defined(__GNUC__)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")
#endif

#define LANES 16
typedef __m512i vec_t;

INLINE __m512 as_floats(vec_t v) { return _mm512_castsi512_ps(v); }

/* ---- memory ---- */

INLINE vec_t load_vec(const byte_t *from) { return _mm512_loadu_si512(from); }
INLINE void store_vec(byte_t *to, vec_t v) { _mm512_storeu_si512(to, v); }

INLINE __m128i load_quad(const byte_t *from) { return _mm_loadu_si128((const __m128i *)from); }

INLINE vec_t load_quads(const byte_t *a, const byte_t *b, const byte_t *c, const byte_t *d) {
    vec_t v = _mm512_castsi128_si512(load_quad(a));
    v = _mm512_inserti32x4(v, load_quad(b), 1);
    v = _mm512_inserti32x4(v, load_quad(c), 2);
    return _mm512_inserti32x4(v, load_quad(d), 3);
}

INLINE void store_quad(byte_t *to, __m128i v) { _mm_storeu_si128((__m128i *)to, v); }

/* extracti64x2 and not 32x4: GCC makes one instruction of it and the store, which then costs no shuffle */
INLINE __m128i quad_of(vec_t v, int k) {
    switch (k) {
    case 0:
        return _mm512_castsi512_si128(v);
    case 1:
        return _mm512_extracti64x2_epi64(v, 1);
    case 2:
        return _mm512_extracti64x2_epi64(v, 2);
    default:
        return _mm512_extracti64x2_epi64(v, 3);
    }
}

/* ---- shuffles ---- */

INLINE vec_t unpack_lo16(vec_t a, vec_t b) { return _mm512_unpacklo_epi16(a, b); }
INLINE vec_t unpack_hi16(vec_t a, vec_t b) { return _mm512_unpackhi_epi16(a, b); }
INLINE vec_t unpack_lo32(vec_t a, vec_t b) { return _mm512_unpacklo_epi32(a, b); }
INLINE vec_t unpack_hi32(vec_t a, vec_t b) { return _mm512_unpackhi_epi32(a, b); }
INLINE vec_t unpack_lo64(vec_t a, vec_t b) { return _mm512_unpacklo_epi64(a, b); }
INLINE vec_t unpack_hi64(vec_t a, vec_t b) { return _mm512_unpackhi_epi64(a, b); }

INLINE void zip(vec_t a, vec_t b, vec_t *first, vec_t *second) {
    const vec_t low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const vec_t high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    *first = _mm512_permutex2var_epi32(a, low, b);
    *second = _mm512_permutex2var_epi32(a, high, b);
}

INLINE void unzip(vec_t first, vec_t second, vec_t *a, vec_t *b) {
    const vec_t even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const vec_t odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    *a = _mm512_permutex2var_epi32(first, even, second);
    *b = _mm512_permutex2var_epi32(first, odd, second);
}

#define IN_EACH_QUAD(a, b, c, d) _mm512_set4_epi32(d, c, b, a)

INLINE vec_t swap16(vec_t v) {
    return _mm512_shuffle_epi8(v, IN_EACH_QUAD(0x02030001, 0x06070405, 0x0A0B0809, 0x0E0F0C0D));
}
INLINE vec_t swap32(vec_t v) {
    return _mm512_shuffle_epi8(v, IN_EACH_QUAD(0x00010203, 0x04050607, 0x08090A0B, 0x0C0D0E0F));
}

INLINE vec_t shift_up(vec_t v, int n) { return _mm512_sllv_epi32(v, _mm512_set1_epi32(n)); }
INLINE vec_t low16_up(vec_t v) { return _mm512_slli_epi32(v, 16); }
INLINE vec_t high16(vec_t v) { return _mm512_and_si512(v, _mm512_set1_epi32(-0x10000)); }

/* ---- numbers. A NaN is masked away where it costs nothing: in an operation that is done anyway ---- */

INLINE __m512 scaled(vec_t v, float scale) {
    const __mmask16 number = _mm512_cmp_ps_mask(as_floats(v), as_floats(v), _CMP_ORD_Q);
    return _mm512_maskz_mul_ps(number, as_floats(v), _mm512_set1_ps(scale));
}

/* what lies below int32's range becomes its lowest number by itself */
INLINE vec_t round16(vec_t v) {
    return _mm512_cvtps_epi32(_mm512_min_ps(scaled(v, 32768.0f), _mm512_set1_ps(32767.0f)));
}

INLINE vec_t round_clip(vec_t v, int bits) {
    const float full = (float)(INT32_C(1) << (bits - 1));
    const __m512 y = _mm512_max_ps(scaled(v, full), _mm512_set1_ps(-full));
    return _mm512_cvtps_epi32(_mm512_min_ps(y, _mm512_set1_ps(full - 1.0f)));
}

INLINE vec_t round32(vec_t v) {
    const __m512 y = scaled(v, 2147483648.0f);
    const __mmask16 over = _mm512_cmp_ps_mask(y, _mm512_set1_ps(2147483648.0f), _CMP_GE_OQ);
    return _mm512_mask_mov_epi32(_mm512_cvtps_epi32(y), over, _mm512_set1_epi32(0x7FFFFFFF));
}

INLINE vec_t float_of_top(vec_t v) {
    return _mm512_castps_si512(_mm512_mul_ps(_mm512_cvtepi32_ps(v), _mm512_set1_ps(1.0f / 2147483648.0f)));
}

/* ---- 16 bits ---- */

INLINE vec_t pack16(vec_t a, vec_t b) { return _mm512_packs_epi32(a, b); }
INLINE vec_t pack16_in_order(vec_t a, vec_t b) {
    return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), pack16(a, b));
}

INLINE vec_t load16_floats(const byte_t *from, int msb) {
    __m256i v = _mm256_loadu_si256((const __m256i *)from);
    if (msb)
        v = _mm512_castsi512_si256(swap16(_mm512_castsi256_si512(v)));
    return _mm512_castps_si512(
        _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(v)), _mm512_set1_ps(1.0f / 32768.0f)));
}

/* ---- 24 bits, packed ---- */

/* one byte permutation does it, across quads */
#define THREE(i, a, b, c) (char)(4 * (i) + (a)), (char)(4 * (i) + (b)), (char)(4 * (i) + (c))
#define TWELVE(i, a, b, c) THREE(i, a, b, c), THREE((i) + 1, a, b, c), THREE((i) + 2, a, b, c), THREE((i) + 3, a, b, c)
#define TOP(i, a, b, c) 0, (char)(3 * (i) + (a)), (char)(3 * (i) + (b)), (char)(3 * (i) + (c))
#define TOP4(i, a, b, c) TOP(i, a, b, c), TOP((i) + 1, a, b, c), TOP((i) + 2, a, b, c), TOP((i) + 3, a, b, c)
#define NO4 0, 0, 0, 0
#define NO8 NO4, NO4

static const char PACKED[2][64] = {
    {TWELVE(0, 0, 1, 2), TWELVE(4, 0, 1, 2), TWELVE(8, 0, 1, 2), TWELVE(12, 0, 1, 2), NO8, NO8},
    {TWELVE(0, 2, 1, 0), TWELVE(4, 2, 1, 0), TWELVE(8, 2, 1, 0), TWELVE(12, 2, 1, 0), NO8, NO8},
};
static const char UNPACKED[2][64] = {
    {TOP4(0, 0, 1, 2), TOP4(4, 0, 1, 2), TOP4(8, 0, 1, 2), TOP4(12, 0, 1, 2)},
    {TOP4(0, 2, 1, 0), TOP4(4, 2, 1, 0), TOP4(8, 2, 1, 0), TOP4(12, 2, 1, 0)},
};

INLINE vec_t constant(const char bytes[64]) { return _mm512_loadu_si512(bytes); }

/* a store with a mask of bytes takes twice as long as two stores */
INLINE void store24(byte_t *to, vec_t v, int msb, size_t n_room) {
    const vec_t packed = _mm512_permutexvar_epi8(constant(PACKED[msb]), v);
    if (n_room >= 16) {
        store_vec(to, packed);
    } else {
        _mm256_storeu_si256((__m256i *)to, _mm512_castsi512_si256(packed));
        store_quad(to + 32, _mm512_extracti64x2_epi64(packed, 2));
    }
}

INLINE vec_t load24_top(const byte_t *from, int msb) {
    const vec_t v = _mm512_maskz_loadu_epi8(0xFFFFFFFFFFFF, from);
    return _mm512_maskz_permutexvar_epi8(0xEEEEEEEEEEEEEEEE, constant(UNPACKED[msb]), v);
}

INLINE vec_t pack24(vec_t v, int msb) {
    const vec_t lsb_first = IN_EACH_QUAD(0x04020100, 0x09080605, 0x0E0D0C0A, -1);
    return _mm512_shuffle_epi8(v, msb ? IN_EACH_QUAD(0x06000102, 0x090A0405, 0x0C0D0E08, -1) : lsb_first);
}

INLINE void store_quad12(byte_t *to, __m128i v) {
    const int32_t last = _mm_extract_epi32(v, 2);
    _mm_storel_epi64((__m128i *)to, v);
    memcpy(to + 8, &last, sizeof last);
}

/* the 12 bytes of a quad are its first, or its last ones */
INLINE vec_t control24(int msb, int is_late) {
    static const int32_t controls[2][2][4] = {
        {{0x020100FF, 0x050403FF, 0x080706FF, 0x0B0A09FF}, {0x060504FF, 0x090807FF, 0x0C0B0AFF, 0x0F0E0DFF}},
        {{0x000102FF, 0x030405FF, 0x060708FF, 0x090A0BFF}, {0x040506FF, 0x070809FF, 0x0A0B0CFF, 0x0D0E0FFF}},
    };
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)controls[msb][is_late]));
}

INLINE vec_t align24(vec_t v, int msb, vec_t control) {
    (void)msb;
    return _mm512_shuffle_epi8(v, control);
}

/* ---- float64 ---- */

INLINE __m512d swap64(__m512d v) {
    const vec_t control = IN_EACH_QUAD(0x04050607, 0x00010203, 0x0C0D0E0F, 0x08090A0B);
    return _mm512_castsi512_pd(_mm512_shuffle_epi8(_mm512_castpd_si512(v), control));
}

INLINE __m256 narrow64(const byte_t *from, int msb) {
    const __m512d v = _mm512_loadu_pd(from);
    return _mm512_cvtpd_ps(msb ? swap64(v) : v);
}

INLINE vec_t load64_floats(const byte_t *from, int msb) {
    const __m512 low = _mm512_castps256_ps512(narrow64(from, msb));
    return _mm512_castps_si512(_mm512_insertf32x8(low, narrow64(from + 64, msb), 1));
}

INLINE void store64(byte_t *to, vec_t v, int msb) {
    const __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(as_floats(v)));
    const __m512d high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(as_floats(v), 1));
    _mm512_storeu_pd(to, msb ? swap64(low) : low);
    _mm512_storeu_pd(to + 64, msb ? swap64(high) : high);
}

#include "convert_kernels.h"

FIND(convert_find_avx512)

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif

/* convert_avx2.c: the vectors of AVX2 for convert_kernels.h. */
#include "convert_levels.h"

#if CONVERT_X86

#include <immintrin.h>

/* for this file's functions only: it runs after the processor was asked */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC target("avx2")
#endif

#define LANES 8
typedef __m256i vec_t;

INLINE __m256 as_floats(vec_t v) { return _mm256_castsi256_ps(v); }
INLINE vec_t as_bits(__m256 x) { return _mm256_castps_si256(x); }

/* ---- memory ---- */

INLINE vec_t load_vec(const byte_t *from) { return _mm256_loadu_si256((const __m256i *)from); }
INLINE void store_vec(byte_t *to, vec_t v) { _mm256_storeu_si256((__m256i *)to, v); }

INLINE __m128i load_quad(const byte_t *from) { return _mm_loadu_si128((const __m128i *)from); }
INLINE void store_quad(byte_t *to, __m128i v) { _mm_storeu_si128((__m128i *)to, v); }

INLINE vec_t load_quads(const byte_t *a, const byte_t *b, const byte_t *c, const byte_t *d) {
    (void)c;
    (void)d;
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load_quad(a)), load_quad(b), 1);
}

INLINE __m128i quad_of(vec_t v, int k) { return k == 0 ? _mm256_castsi256_si128(v) : _mm256_extracti128_si256(v, 1); }

/* ---- shuffles ---- */

INLINE vec_t unpack_lo16(vec_t a, vec_t b) { return _mm256_unpacklo_epi16(a, b); }
INLINE vec_t unpack_hi16(vec_t a, vec_t b) { return _mm256_unpackhi_epi16(a, b); }
INLINE vec_t unpack_lo32(vec_t a, vec_t b) { return _mm256_unpacklo_epi32(a, b); }
INLINE vec_t unpack_hi32(vec_t a, vec_t b) { return _mm256_unpackhi_epi32(a, b); }
INLINE vec_t unpack_lo64(vec_t a, vec_t b) { return _mm256_unpacklo_epi64(a, b); }
INLINE vec_t unpack_hi64(vec_t a, vec_t b) { return _mm256_unpackhi_epi64(a, b); }

INLINE void zip(vec_t a, vec_t b, vec_t *first, vec_t *second) {
    const vec_t low = unpack_lo32(a, b), high = unpack_hi32(a, b);
    *first = _mm256_permute2x128_si256(low, high, 0x20);
    *second = _mm256_permute2x128_si256(low, high, 0x31);
}

INLINE void unzip(vec_t first, vec_t second, vec_t *a, vec_t *b) {
    const __m256 low = as_floats(_mm256_permute2x128_si256(first, second, 0x20));
    const __m256 high = as_floats(_mm256_permute2x128_si256(first, second, 0x31));
    *a = as_bits(_mm256_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0)));
    *b = as_bits(_mm256_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1)));
}

#define IN_EACH_QUAD(a, b, c, d) _mm256_setr_epi32(a, b, c, d, a, b, c, d)

INLINE vec_t swap16(vec_t v) {
    return _mm256_shuffle_epi8(v, IN_EACH_QUAD(0x02030001, 0x06070405, 0x0A0B0809, 0x0E0F0C0D));
}
INLINE vec_t swap32(vec_t v) {
    return _mm256_shuffle_epi8(v, IN_EACH_QUAD(0x00010203, 0x04050607, 0x08090A0B, 0x0C0D0E0F));
}

INLINE vec_t shift_up(vec_t v, int n) { return _mm256_sllv_epi32(v, _mm256_set1_epi32(n)); }
INLINE vec_t low16_up(vec_t v) { return _mm256_slli_epi32(v, 16); }
INLINE vec_t high16(vec_t v) { return _mm256_and_si256(v, _mm256_set1_epi32(-0x10000)); }

/* ---- numbers ---- */

INLINE __m256 scaled(vec_t v, float scale) {
    const __m256 x = as_floats(v), number = _mm256_cmp_ps(x, x, _CMP_ORD_Q);
    return _mm256_mul_ps(_mm256_and_ps(x, number), _mm256_set1_ps(scale));
}

/* what lies below int32's range becomes its lowest number by itself */
INLINE vec_t round16(vec_t v) {
    return _mm256_cvtps_epi32(_mm256_min_ps(scaled(v, 32768.0f), _mm256_set1_ps(32767.0f)));
}

INLINE vec_t round_clip(vec_t v, int bits) {
    const float full = (float)(INT32_C(1) << (bits - 1));
    const __m256 y = _mm256_max_ps(scaled(v, full), _mm256_set1_ps(-full));
    return _mm256_cvtps_epi32(_mm256_min_ps(y, _mm256_set1_ps(full - 1.0f)));
}

/* what lies above it does so too: all bits of that turned over are the highest number */
INLINE vec_t round32(vec_t v) {
    const __m256 y = scaled(v, 2147483648.0f);
    const __m256 over = _mm256_cmp_ps(y, _mm256_set1_ps(2147483648.0f), _CMP_GE_OQ);
    return _mm256_xor_si256(_mm256_cvtps_epi32(y), as_bits(over));
}

INLINE vec_t float_of_top(vec_t v) {
    return as_bits(_mm256_mul_ps(_mm256_cvtepi32_ps(v), _mm256_set1_ps(1.0f / 2147483648.0f)));
}

/* ---- 16 bits ---- */

INLINE vec_t pack16(vec_t a, vec_t b) { return _mm256_packs_epi32(a, b); }
INLINE vec_t pack16_in_order(vec_t a, vec_t b) {
    return _mm256_permute4x64_epi64(pack16(a, b), _MM_SHUFFLE(3, 1, 2, 0));
}

INLINE vec_t load16_floats(const byte_t *from, int msb) {
    __m128i v = load_quad(from);
    if (msb)
        v = _mm_or_si128(_mm_slli_epi16(v, 8), _mm_srli_epi16(v, 8));
    return as_bits(_mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(v)), _mm256_set1_ps(1.0f / 32768.0f)));
}

/* ---- 24 bits, packed ---- */

INLINE vec_t pack24(vec_t v, int msb) {
    const vec_t lsb_first = IN_EACH_QUAD(0x04020100, 0x09080605, 0x0E0D0C0A, -1);
    return _mm256_shuffle_epi8(v, msb ? IN_EACH_QUAD(0x06000102, 0x090A0405, 0x0C0D0E08, -1) : lsb_first);
}

INLINE void store_quad12(byte_t *to, __m128i v) {
    const int32_t last = _mm_extract_epi32(v, 2);
    _mm_storel_epi64((__m128i *)to, v);
    memcpy(to + 8, &last, sizeof last);
}

INLINE void store24(byte_t *to, vec_t v, int msb, size_t n_room) {
    const vec_t packed = pack24(v, msb);
    store_quad(to, quad_of(packed, 0));
    if (n_room >= 4)
        store_quad(to + 12, quad_of(packed, 1));
    else
        store_quad12(to + 12, quad_of(packed, 1));
}

#define EARLY_LSB 0x020100FF, 0x050403FF, 0x080706FF, 0x0B0A09FF
#define EARLY_MSB 0x000102FF, 0x030405FF, 0x060708FF, 0x090A0BFF
#define LATE_LSB 0x060504FF, 0x090807FF, 0x0C0B0AFF, 0x0F0E0DFF
#define LATE_MSB 0x040506FF, 0x070809FF, 0x0A0B0CFF, 0x0D0E0FFF

/* the 12 bytes of a quad are its first, or its last ones */
INLINE vec_t control24(int msb, int is_late) {
    static const int32_t controls[2][2][4] = {{{EARLY_LSB}, {LATE_LSB}}, {{EARLY_MSB}, {LATE_MSB}}};
    return _mm256_broadcastsi128_si256(load_quad((const byte_t *)controls[msb][is_late]));
}

INLINE vec_t align24(vec_t v, int msb, vec_t control) {
    (void)msb;
    return _mm256_shuffle_epi8(v, control);
}

/* 24 bytes: the first 16 and the last 16 */
INLINE vec_t load24_top(const byte_t *from, int msb) {
    const vec_t control = msb ? _mm256_setr_epi32(EARLY_MSB, LATE_MSB) : _mm256_setr_epi32(EARLY_LSB, LATE_LSB);
    return _mm256_shuffle_epi8(load_quads(from, from + 8, NULL, NULL), control);
}

/* ---- float64 ---- */

INLINE __m256d swap64(__m256d v) {
    const vec_t control = IN_EACH_QUAD(0x04050607, 0x00010203, 0x0C0D0E0F, 0x08090A0B);
    return _mm256_castsi256_pd(_mm256_shuffle_epi8(_mm256_castpd_si256(v), control));
}

INLINE __m128 narrow64(const byte_t *from, int msb) {
    const __m256d v = _mm256_castsi256_pd(load_vec(from));
    return _mm256_cvtpd_ps(msb ? swap64(v) : v);
}

INLINE vec_t load64_floats(const byte_t *from, int msb) {
    const __m256 low = _mm256_castps128_ps256(narrow64(from, msb));
    return as_bits(_mm256_insertf128_ps(low, narrow64(from + 32, msb), 1));
}

INLINE void store64(byte_t *to, vec_t v, int msb) {
    const __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(as_floats(v)));
    const __m256d high = _mm256_cvtps_pd(_mm256_extractf128_ps(as_floats(v), 1));
    store_vec(to, _mm256_castpd_si256(msb ? swap64(low) : low));
    store_vec(to + 32, _mm256_castpd_si256(msb ? swap64(high) : high));
}

#include "convert_kernels.h"

FIND(convert_find_avx2)

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif

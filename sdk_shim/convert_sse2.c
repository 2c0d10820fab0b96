/* convert_sse2.c: the vectors of SSE2, which every x86-64 has, for convert_kernels.h. No byte shuffle yet: shifts. */
#include "convert_levels.h"

#if CONVERT_X86

#include <emmintrin.h>

#define LANES 4
typedef __m128i vec_t;

INLINE __m128 as_floats(vec_t v) { return _mm_castsi128_ps(v); }
INLINE vec_t as_bits(__m128 x) { return _mm_castps_si128(x); }

/* ---- memory ---- */

INLINE vec_t load_vec(const byte_t *from) { return _mm_loadu_si128((const __m128i *)from); }
INLINE void store_vec(byte_t *to, vec_t v) { _mm_storeu_si128((__m128i *)to, v); }

INLINE vec_t load_quads(const byte_t *a, const byte_t *b, const byte_t *c, const byte_t *d) {
    (void)b;
    (void)c;
    (void)d;
    return load_vec(a);
}

INLINE void store_quad(byte_t *to, vec_t v) { store_vec(to, v); }
INLINE vec_t quad_of(vec_t v, int k) {
    (void)k;
    return v;
}

/* ---- shuffles ---- */

INLINE vec_t unpack_lo16(vec_t a, vec_t b) { return _mm_unpacklo_epi16(a, b); }
INLINE vec_t unpack_hi16(vec_t a, vec_t b) { return _mm_unpackhi_epi16(a, b); }
INLINE vec_t unpack_lo32(vec_t a, vec_t b) { return _mm_unpacklo_epi32(a, b); }
INLINE vec_t unpack_hi32(vec_t a, vec_t b) { return _mm_unpackhi_epi32(a, b); }
INLINE vec_t unpack_lo64(vec_t a, vec_t b) { return _mm_unpacklo_epi64(a, b); }
INLINE vec_t unpack_hi64(vec_t a, vec_t b) { return _mm_unpackhi_epi64(a, b); }

INLINE void zip(vec_t a, vec_t b, vec_t *first, vec_t *second) {
    *first = unpack_lo32(a, b);
    *second = unpack_hi32(a, b);
}

INLINE void unzip(vec_t first, vec_t second, vec_t *a, vec_t *b) {
    *a = as_bits(_mm_shuffle_ps(as_floats(first), as_floats(second), _MM_SHUFFLE(2, 0, 2, 0)));
    *b = as_bits(_mm_shuffle_ps(as_floats(first), as_floats(second), _MM_SHUFFLE(3, 1, 3, 1)));
}

INLINE vec_t swap16(vec_t v) { return _mm_or_si128(_mm_slli_epi16(v, 8), _mm_srli_epi16(v, 8)); }

INLINE vec_t swap32(vec_t v) {
    v = _mm_shufflelo_epi16(swap16(v), _MM_SHUFFLE(2, 3, 0, 1));
    return _mm_shufflehi_epi16(v, _MM_SHUFFLE(2, 3, 0, 1));
}

INLINE vec_t shift_up(vec_t v, int n) { return _mm_sll_epi32(v, _mm_cvtsi32_si128(n)); }
INLINE vec_t low16_up(vec_t v) { return _mm_slli_epi32(v, 16); }
INLINE vec_t high16(vec_t v) { return _mm_and_si128(v, _mm_set1_epi32(-0x10000)); }

/* ---- numbers ---- */

INLINE __m128 scaled(vec_t v, float scale) {
    const __m128 x = as_floats(v), number = _mm_cmpord_ps(x, x);
    return _mm_mul_ps(_mm_and_ps(x, number), _mm_set1_ps(scale));
}

/* what lies below int32's range becomes its lowest number by itself */
INLINE vec_t round16(vec_t v) { return _mm_cvtps_epi32(_mm_min_ps(scaled(v, 32768.0f), _mm_set1_ps(32767.0f))); }

INLINE vec_t round_clip(vec_t v, int bits) {
    const float full = (float)(INT32_C(1) << (bits - 1));
    const __m128 y = _mm_max_ps(scaled(v, full), _mm_set1_ps(-full));
    return _mm_cvtps_epi32(_mm_min_ps(y, _mm_set1_ps(full - 1.0f)));
}

/* what lies above it does so too: all bits of that turned over are the highest number */
INLINE vec_t round32(vec_t v) {
    const __m128 y = scaled(v, 2147483648.0f);
    return _mm_xor_si128(_mm_cvtps_epi32(y), as_bits(_mm_cmpge_ps(y, _mm_set1_ps(2147483648.0f))));
}

INLINE vec_t float_of_top(vec_t v) {
    return as_bits(_mm_mul_ps(_mm_cvtepi32_ps(v), _mm_set1_ps(1.0f / 2147483648.0f)));
}

/* ---- 16 bits ---- */

INLINE vec_t pack16(vec_t a, vec_t b) { return _mm_packs_epi32(a, b); }
INLINE vec_t pack16_in_order(vec_t a, vec_t b) { return pack16(a, b); }

INLINE vec_t load16_floats(const byte_t *from, int msb) {
    vec_t v = _mm_loadl_epi64((const __m128i *)from);
    if (msb)
        v = swap16(v);
    return float_of_top(_mm_unpacklo_epi16(_mm_setzero_si128(), v));
}

/* ---- 24 bits, packed ---- */

INLINE int32_t load32(const byte_t *from) {
    int32_t v;
    memcpy(&v, from, sizeof v);
    return v;
}

INLINE vec_t pack24(vec_t v, int msb) {
    const vec_t first = _mm_set1_epi64x(0xFFFFFF), second = _mm_set1_epi64x(0xFFFFFF000000);
    if (msb)
        v = _mm_srli_epi32(swap32(v), 8);
    /* two samples in 6 bytes of each half, then the halves together */
    v = _mm_or_si128(_mm_and_si128(v, first), _mm_and_si128(_mm_srli_epi64(v, 8), second));
    return _mm_or_si128(_mm_move_epi64(v), _mm_slli_si128(_mm_srli_si128(v, 8), 6));
}

INLINE void store_quad12(byte_t *to, vec_t v) {
    const int32_t last = _mm_cvtsi128_si32(_mm_srli_si128(v, 8));
    _mm_storel_epi64((__m128i *)to, v);
    memcpy(to + 8, &last, sizeof last);
}

INLINE void store24(byte_t *to, vec_t v, int msb, size_t n_room) {
    if (n_room >= 4)
        store_quad(to, pack24(v, msb));
    else
        store_quad12(to, pack24(v, msb));
}

/* are the 12 bytes of a quad its last ones */
INLINE vec_t control24(int msb, int is_late) {
    (void)msb;
    return _mm_cvtsi32_si128(is_late);
}

/* 12 bytes to 4 * 32 bits, the sample in the upper 24 */
INLINE vec_t align24(vec_t v, int msb, vec_t control) {
    const vec_t first = _mm_set1_epi64x(0xFFFFFF00), second = _mm_set1_epi64x(-0x10000000000);
    if (_mm_cvtsi128_si32(control))
        v = _mm_srli_si128(v, 4);
    v = _mm_unpacklo_epi64(v, _mm_srli_si128(v, 6));
    v = _mm_or_si128(_mm_and_si128(_mm_slli_epi64(v, 8), first), _mm_and_si128(_mm_slli_epi64(v, 16), second));
    return msb ? _mm_slli_epi32(swap32(v), 8) : v;
}

INLINE vec_t load24_top(const byte_t *from, int msb) {
    const vec_t v = _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)from), _mm_cvtsi32_si128(load32(from + 8)));
    return align24(v, msb, control24(msb, 0));
}

/* ---- float64 ---- */

INLINE __m128d swap64(__m128d v) {
    return _mm_castsi128_pd(_mm_shuffle_epi32(swap32(_mm_castpd_si128(v)), _MM_SHUFFLE(2, 3, 0, 1)));
}

INLINE __m128 narrow64(const byte_t *from, int msb) {
    const __m128d v = _mm_castsi128_pd(load_vec(from));
    return _mm_cvtpd_ps(msb ? swap64(v) : v);
}

INLINE vec_t load64_floats(const byte_t *from, int msb) {
    return as_bits(_mm_movelh_ps(narrow64(from, msb), narrow64(from + 16, msb)));
}

INLINE void store64(byte_t *to, vec_t v, int msb) {
    const __m128d low = _mm_cvtps_pd(as_floats(v));
    const __m128d high = _mm_cvtps_pd(_mm_movehl_ps(as_floats(v), as_floats(v)));
    store_vec(to, _mm_castpd_si128(msb ? swap64(low) : low));
    store_vec(to + 16, _mm_castpd_si128(msb ? swap64(high) : high));
}

#include "convert_kernels.h"

FIND(convert_find_sse2)

#endif

/* convert.c: which level a machine has, and the converters of each. */
#include "atomic.h"
#include "convert_levels.h"

#if CONVERT_X86

#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif

typedef struct registers {
    uint32_t a, b, c, d;
} registers_t;

static registers_t cpuid(uint32_t leaf) {
    registers_t r;
#if defined(_MSC_VER)
    int32_t v[4];
    __cpuidex(v, (int32_t)leaf, 0);
    r.a = (uint32_t)v[0];
    r.b = (uint32_t)v[1];
    r.c = (uint32_t)v[2];
    r.d = (uint32_t)v[3];
#else
    __cpuid_count(leaf, 0, r.a, r.b, r.c, r.d);
#endif
    return r;
}

/* Which registers the operating system saves when it switches threads. */
static uint32_t saved_state(void) {
#if defined(_MSC_VER) && !defined(__clang__)
    return (uint32_t)_xgetbv(0);
#else
    uint32_t low, high;
    /* the intrinsic would want a compiler's option */
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
#endif
}

static int has_all(uint32_t value, uint32_t bits) { return (value & bits) == bits; }

static int ask_processor(void) {
    const uint32_t OSXSAVE = 1u << 27, AVX = 1u << 28;                                     /* leaf 1, ecx */
    const uint32_t AVX2 = 1u << 5, F_DQ_BW_VL = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; /* leaf 7, ebx */
    const uint32_t VBMI = 1u << 1;                                                         /* leaf 7, ecx */
    const uint32_t YMM = 1u << 1 | 1u << 2, ZMM = YMM | 1u << 5 | 1u << 6 | 1u << 7;       /* saved state */
    registers_t features;
    uint32_t saved;
    if (cpuid(0).a < 7 || !has_all(cpuid(1).c, OSXSAVE | AVX))
        return CONVERT_SSE2;
    saved = saved_state();
    features = cpuid(7);
    if (!has_all(saved, YMM) || !has_all(features.b, AVX2))
        return CONVERT_SSE2;
    if (!has_all(saved, ZMM) || !has_all(features.b, F_DQ_BW_VL) || !has_all(features.c, VBMI))
        return CONVERT_AVX2;
    return CONVERT_AVX512;
}

#else

static int ask_processor(void) { return CONVERT_PORTABLE; }

#endif

int convert_best_level(void) {
    /* two threads that come at once get the same answer twice */
    static int32_t known = -1;
    int32_t level = atomic_load_i32(&known);
    if (level < 0) {
        level = ask_processor();
        atomic_store_i32(&known, level);
    }
    return level;
}

const char *convert_level_name(int level) {
    static const char *const names[CONVERT_LEVELS] = {"portable", "sse2", "avx2", "avx512"};
    return level < 0 || level >= CONVERT_LEVELS ? NULL : names[level];
}

int convert_find(int32_t sample_type, int level, converters_t *found) {
    if (level < 0 || level > convert_best_level())
        return 0;
    switch (level) {
#if CONVERT_X86
    case CONVERT_AVX512:
        return convert_find_avx512(sample_type, found);
    case CONVERT_AVX2:
        return convert_find_avx2(sample_type, found);
    case CONVERT_SSE2:
        return convert_find_sse2(sample_type, found);
#endif
    default:
        return convert_find_portable(sample_type, found);
    }
}

size_t sample_type_width(int32_t sample_type) {
    switch (sample_type) {
#define CASE_WIDTH(number, name, width, bits, msb)                                                                     \
    case number:                                                                                                       \
        return width;
        INTEGER_TYPES(CASE_WIDTH)
        FLOAT_TYPES(CASE_WIDTH)
    default:
        return 0;
    }
}

/* plain_loops.h: packed 24 bit as somebody would write it who has better things to do: an anchor for the benchmark, and
 * called by nothing else. The bits are those of convert.h. */
#ifndef ASIOKIT_PLAIN_LOOPS_H
#define ASIOKIT_PLAIN_LOOPS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who has compiled this, and with it the rest of asiokit. */
#if defined(__clang__)
#define PLAIN_LOOPS_COMPILER __VERSION__
#elif defined(__GNUC__)
#define PLAIN_LOOPS_COMPILER "gcc " __VERSION__
#elif defined(_MSC_VER)
#define PLAIN_LOOPS_COMPILER "MSVC"
#else
#define PLAIN_LOOPS_COMPILER "unknown"
#endif

/* 1: the compiler was given AVX2, BMI and FMA (x86-64-v3) for these loops, and this processor has them. */
int plain_loops_run_here(void);

/* One channel; stride in samples of the integer side: 1 for planar, the number of channels for interleaved. [rt] */
void plain_int24_from_float32(void *to, const void *from, size_t n_frames, size_t stride);
void plain_int24_to_float32(void *to, const void *from, size_t n_frames, size_t stride);

#ifdef __cplusplus
}
#endif
#endif

/* convert.h: float32 to and from every PCM sample type of ASIO, planar and interleaved.
 *
 * Integers of N significant bits: full scale is 2^(N-1), rounded to nearest, ties to even, clipped to -2^(N-1) and
 * 2^(N-1) - 1; NaN becomes 0, infinities the full scale of their sign. The way back divides by 2^(N-1). int16 and
 * int24 codes come back bit for bit, int32 codes when their low 8 bits are 0 (float32 has 24).
 * int32_16 ... int32_24 are right-aligned: written sign-extended; of what is read the bits above N are ignored, since
 * not every host extends the sign.
 * float32 passes bit for bit, NaN and infinities too (MSB: the bytes swapped). float64 is widened exactly; narrowed to
 * nearest even, what is beyond float32 becomes infinite, NaN stays a NaN.
 *
 * Every level gives the same bits. All of it counts on the processor's rounding mode being to nearest, as it is in
 * every thread unless somebody changed it.
 *
 * Functions marked [rt] take no lock, allocate nothing, call nothing but each other and memcpy. Buffers need no
 * alignment (whole cache lines are fastest) and must not overlap, except that planes which are read may be the same.
 * No byte is read or written outside of them.
 */
#ifndef ASIOKIT_CONVERT_H
#define ASIOKIT_CONVERT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One run of neighbouring samples: a channel, or all channels of a slab. [rt] */
typedef void (*convert_fn)(void *to, const void *from, size_t n_samples);

/* float32, one plane a channel, to one buffer of frames: n_channels samples each of the type. [rt] */
typedef void (*interleave_fn)(void *to, const void *const *planes, size_t n_channels, size_t n_frames);

/* The way back: a buffer of frames to float32, one plane a channel. [rt] */
typedef void (*deinterleave_fn)(void *const *planes, const void *from, size_t n_channels, size_t n_frames);

typedef struct converters {
    convert_fn from_float32;
    convert_fn to_float32;
    interleave_fn interleave;
    deinterleave_fn deinterleave;
} converters_t;

/* What the code asks of the processor, in rising order: each has what those before it have. AVX512: F, BW, DQ, VL and
 * VBMI together, as everything since Ice Lake and Zen 4 has them. */
enum convert_level { CONVERT_PORTABLE, CONVERT_SSE2, CONVERT_AVX2, CONVERT_AVX512, CONVERT_LEVELS };

/* The highest level that this build, processor and operating system have. The first call asks the processor, which
 * can take microseconds in a virtual machine. [any thread, not rt] */
int convert_best_level(void);

/* "portable", "sse2", "avx2", "avx512"; NULL if there is no such level. [any] */
const char *convert_level_name(int level);

/* The converters for an asio_sample_type. 1; or 0 and *found is as before: the type is none of PCM, or the level is
 * one that this machine or build lacks. [any thread, not rt: ask once and keep the pointers] */
int convert_find(int32_t sample_type, int level, converters_t *found);

/* Bytes a sample; 0 if it is none of PCM. [any] */
size_t sample_type_width(int32_t sample_type);

#ifdef __cplusplus
}
#endif
#endif

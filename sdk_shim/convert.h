/* convert.h: float32 to and from every PCM sample type of ASIO, planar.
 *
 * Integers of N significant bits: full scale is 2^(N-1), rounded to nearest, ties to even, clipped to -2^(N-1) and
 * 2^(N-1) - 1; NaN becomes 0, infinities the full scale of their sign. The way back divides by 2^(N-1). int16 and
 * int24 codes come back bit for bit, int32 codes when their low 8 bits are 0 (float32 has 24).
 * int32_16 ... int32_24 are right-aligned: written sign-extended; of what is read the bits above N are ignored, since
 * not every host extends the sign.
 * float32 passes bit for bit, NaN and infinities too (MSB: the bytes swapped). float64 is widened exactly; narrowed to
 * nearest even, what is beyond float32 becomes infinite, NaN stays a NaN.
 *
 * Functions marked [rt] take no lock, allocate nothing, call nothing. Buffers need no alignment and must not overlap.
 */
#ifndef ASIOKIT_CONVERT_H
#define ASIOKIT_CONVERT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*convert_fn)(void *to, const void *from, size_t n_samples); /* [rt] */

/* The converter for an asio_sample_type, or NULL if it is none of PCM. [any] */
convert_fn convert_from_float32(int32_t sample_type);
convert_fn convert_to_float32(int32_t sample_type);

/* Bytes a sample; 0 if it is none of PCM. [any] */
size_t sample_type_width(int32_t sample_type);

#ifdef __cplusplus
}
#endif
#endif

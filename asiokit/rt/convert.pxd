from libc.stdint cimport int32_t

cdef extern from "convert.h" nogil:
    ctypedef void (*convert_fn)(void *to, const void *from_, size_t n_samples) noexcept nogil
    ctypedef void (*interleave_fn)(void *to, const void *const *planes, size_t n_channels,
                                   size_t n_frames) noexcept nogil
    ctypedef void (*deinterleave_fn)(void *const *planes, const void *from_, size_t n_channels,
                                     size_t n_frames) noexcept nogil

    ctypedef struct converters_t:
        convert_fn from_float32
        convert_fn to_float32
        interleave_fn interleave
        deinterleave_fn deinterleave

    enum:
        CONVERT_PORTABLE
        CONVERT_SSE2
        CONVERT_AVX2
        CONVERT_AVX512

# What each does stands in convert.h.
cdef int convert_best_level() noexcept nogil
cdef const char *convert_level_name(int level) noexcept nogil
cdef bint convert_find(int32_t sample_type, int level, converters_t *found) noexcept nogil
cdef size_t sample_type_width(int32_t sample_type) noexcept nogil

from libc.stdint cimport int32_t

ctypedef void (*convert_fn)(void *to, const void *from_, size_t n_samples) noexcept nogil

cdef convert_fn convert_from_float32(int32_t sample_type) noexcept nogil
cdef convert_fn convert_to_float32(int32_t sample_type) noexcept nogil
cdef size_t sample_type_width(int32_t sample_type) noexcept nogil

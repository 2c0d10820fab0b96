from libc.stdint cimport int32_t
cdef convert_fn convert_from_float32(int32_t t) noexcept nogil: return NULL
cdef convert_fn convert_to_float32(int32_t t) noexcept nogil: return NULL
cdef size_t sample_type_width(int32_t t) noexcept nogil: return 4

"""rt: float32 to and from every PCM sample type, chosen once as a function pointer. [the converters: audio]

What each type means, NaN and infinities included, stands in sdk_shim/convert.h. The engine asks for a pointer at
createBuffers; the Python functions below are for tests and for whoever has a file to convert. [control]
"""
from libc.stdint cimport int32_t

from asiokit.sample_types import SAMPLE_TYPES

cdef extern from "convert.h" nogil:
    ctypedef void (*c_convert_fn "convert_fn")(void *to, const void *from_, size_t n_samples) noexcept nogil
    c_convert_fn c_from_float32 "convert_from_float32"(int32_t sample_type)
    c_convert_fn c_to_float32 "convert_to_float32"(int32_t sample_type)
    size_t c_width "sample_type_width"(int32_t sample_type)

__all__ = ["from_float32", "to_float32", "width_of"]


# [any] NULL if sample_type is none of PCM (DSD, or unknown).
cdef convert_fn convert_from_float32(int32_t sample_type) noexcept nogil:
    return <convert_fn>c_from_float32(sample_type)


# [any] likewise
cdef convert_fn convert_to_float32(int32_t sample_type) noexcept nogil:
    return <convert_fn>c_to_float32(sample_type)


# [any] bytes; 0 if sample_type is none of PCM.
cdef size_t sample_type_width(int32_t sample_type) noexcept nogil:
    return c_width(sample_type)


cdef int32_t number_of(sample_type) except -2:
    """sample_type: a name of SAMPLE_TYPES, or ASIO's number."""
    if isinstance(sample_type, str):
        if sample_type not in SAMPLE_TYPES:
            raise ValueError(f"sample type {sample_type!r} is unknown: it is one of {', '.join(SAMPLE_TYPES)}")
        return SAMPLE_TYPES[sample_type].number
    if c_width(sample_type) == 0:
        raise ValueError(f"ASIO sample type {sample_type} is no PCM type")
    return sample_type


def width_of(sample_type) -> int:
    """Bytes a sample, as the converters count them. ValueError if the type is unknown."""
    return c_width(number_of(sample_type))


def from_float32(samples, sample_type) -> bytearray:
    """float32 samples (a contiguous buffer of floats, or of their bytes) as the bytes of sample_type.

    sample_type: a name ("int24", "float64_msb") or ASIO's number. ValueError if it is unknown or the buffer is not
    whole float32 samples.
    """
    cdef int32_t number = number_of(sample_type)
    cdef const unsigned char[::1] given = memoryview(samples).cast("B")
    if given.shape[0] % 4:
        raise ValueError(f"{given.shape[0]} bytes are not whole float32 samples")
    cdef size_t n_samples = given.shape[0] // 4
    result = bytearray(n_samples * c_width(number))
    cdef unsigned char[::1] made = result
    if n_samples:
        with nogil:
            c_from_float32(number)(&made[0], &given[0], n_samples)
    return result


def to_float32(samples, sample_type) -> bytearray:
    """The bytes of sample_type (a contiguous buffer) as the bytes of float32 samples in the machine's order.

    numpy.frombuffer(to_float32(...), "f4") makes an array of it. ValueError as for from_float32.
    """
    cdef int32_t number = number_of(sample_type)
    cdef const unsigned char[::1] given = memoryview(samples).cast("B")
    cdef size_t width = c_width(number)
    if given.shape[0] % width:
        raise ValueError(f"{given.shape[0]} bytes are not whole samples of {sample_type}, {width} bytes each")
    cdef size_t n_samples = given.shape[0] // width
    result = bytearray(n_samples * 4)
    cdef unsigned char[::1] made = result
    if n_samples:
        with nogil:
            c_to_float32(number)(&made[0], &given[0], n_samples)
    return result

"""rt: float32 to and from every PCM sample type, chosen once as function pointers. [the converters: audio]

What each type means, NaN and infinities included, stands in sdk_shim/convert.h. The engine asks for the pointers at
createBuffers, and so does a device whose hardware takes interleaved frames; the Python functions below are for tests
and for whoever has a file to convert. [control]
"""
from libc.stdint cimport int32_t
from libc.stdlib cimport free, malloc

from asiokit.sample_types import SAMPLE_TYPES

cdef extern from "convert.h" nogil:
    int c_best_level "convert_best_level"()
    const char *c_level_name "convert_level_name"(int level)
    int c_find "convert_find"(int32_t sample_type, int level, converters_t *found)
    size_t c_width "sample_type_width"(int32_t sample_type)

__all__ = ["deinterleave", "from_float32", "interleave", "levels", "to_float32", "width_of"]


# [any] The highest that this machine and build have. The first call takes microseconds.
cdef int convert_best_level() noexcept nogil:
    return c_best_level()


# [any] NULL if there is none of that number.
cdef const char *convert_level_name(int level) noexcept nogil:
    return c_level_name(level)


# [any] True; or False and *found as it was: sample_type is none of PCM (DSD, or unknown), or the level is not there.
cdef bint convert_find(int32_t sample_type, int level, converters_t *found) noexcept nogil:
    return c_find(sample_type, level, found)


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


cdef int choose(sample_type, level, converters_t *found) except -1:
    """The type's width in bytes, and its converters."""
    cdef int32_t number = number_of(sample_type)
    here = levels()
    if level is not None and level not in here:
        raise ValueError(f"converter level {level!r} is not there: this machine has {', '.join(here)}")
    c_find(number, c_best_level() if level is None else here.index(level), found)
    return <int>c_width(number)


def levels() -> tuple:
    """The names of the levels that this machine and build have, the fastest last: at least ("portable",)."""
    return tuple(c_level_name(level).decode() for level in range(c_best_level() + 1))


def width_of(sample_type) -> int:
    """Bytes a sample, as the converters count them. ValueError if the type is unknown."""
    return c_width(number_of(sample_type))


def from_float32(samples, sample_type, level=None) -> bytearray:
    """float32 samples (a contiguous buffer of floats, or of their bytes) as the bytes of sample_type.

    sample_type: a name ("int24", "float64_msb") or ASIO's number. level: one of levels(); None: the fastest. All give
    the same bytes. ValueError if one of them is unknown or the buffer is not whole float32 samples.
    """
    cdef converters_t found
    cdef int width = choose(sample_type, level, &found)
    cdef const unsigned char[::1] given = memoryview(samples).cast("B")
    if given.shape[0] % 4:
        raise ValueError(f"{given.shape[0]} bytes are not whole float32 samples")
    cdef size_t n_samples = given.shape[0] // 4
    result = bytearray(n_samples * width)
    cdef unsigned char[::1] made = result
    if n_samples:
        with nogil:
            found.from_float32(&made[0], &given[0], n_samples)
    return result


def to_float32(samples, sample_type, level=None) -> bytearray:
    """The bytes of sample_type (a contiguous buffer) as the bytes of float32 samples in the machine's order.

    numpy.frombuffer(to_float32(...), "f4") makes an array of it. level and ValueError as for from_float32.
    """
    cdef converters_t found
    cdef int width = choose(sample_type, level, &found)
    cdef const unsigned char[::1] given = memoryview(samples).cast("B")
    if given.shape[0] % width:
        raise ValueError(f"{given.shape[0]} bytes are not whole samples of {sample_type}, {width} bytes each")
    cdef size_t n_samples = given.shape[0] // width
    result = bytearray(n_samples * 4)
    cdef unsigned char[::1] made = result
    if n_samples:
        with nogil:
            found.to_float32(&made[0], &given[0], n_samples)
    return result


def interleave(planes, sample_type, level=None) -> bytearray:
    """float32 planes as frames of sample_type: one sample of each channel, then the next frame.

    planes: C-contiguous float32 of shape (channels, frames). level and ValueError as for from_float32, and ValueError
    if planes have another shape or type.
    """
    cdef converters_t found
    cdef int width = choose(sample_type, level, &found)
    cdef const float[:, ::1] given = planes
    cdef size_t n_channels = given.shape[0], n_frames = given.shape[1], i
    result = bytearray(n_channels * n_frames * width)
    if not result:
        return result
    cdef unsigned char[::1] made = result
    cdef const void **pointers = <const void **>malloc(n_channels * sizeof(void *))
    if pointers is NULL:
        raise MemoryError
    with nogil:
        for i in range(n_channels):
            pointers[i] = &given[i, 0]
        found.interleave(&made[0], pointers, n_channels, n_frames)
        free(pointers)
    return result


def deinterleave(data, n_channels, sample_type, level=None) -> bytearray:
    """Frames of sample_type (a contiguous buffer) as float32 planes, one channel after the other.

    numpy.frombuffer(deinterleave(...), "f4").reshape(n_channels, -1) makes an array of shape (channels, frames) of it.
    level and ValueError as for from_float32, and ValueError if n_channels is less than 1 or data is not whole frames.
    """
    cdef converters_t found
    cdef int width = choose(sample_type, level, &found)
    cdef const unsigned char[::1] given = memoryview(data).cast("B")
    if n_channels < 1:
        raise ValueError(f"{n_channels} channels can't be taken apart: at least 1 is needed")
    cdef size_t n_planes = n_channels, frame = n_planes * width
    if given.shape[0] % frame:
        raise ValueError(f"{given.shape[0]} bytes are not whole frames of {n_channels} x {sample_type}, "
                         f"{frame} bytes each")
    cdef size_t n_frames = given.shape[0] // frame, i
    result = bytearray(4 * n_planes * n_frames)
    if not result:
        return result
    cdef unsigned char[::1] made = result
    cdef void **pointers = <void **>malloc(n_planes * sizeof(void *))
    if pointers is NULL:
        raise MemoryError
    with nogil:
        for i in range(n_planes):
            pointers[i] = &made[0] + 4 * n_frames * i
        found.deinterleave(pointers, &given[0], n_planes, n_frames)
        free(pointers)
    return result

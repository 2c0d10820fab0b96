# abi: sdk_shim/asiokit_device.h, the one hot-path signature.
from libc.stdint cimport int32_t, int64_t, uint32_t

cdef extern from "asiokit_device.h" nogil:
    enum:
        ASIOKIT_DEVICE_ABI
        ASIOKIT_BLOCK_FIRST
        ASIOKIT_BLOCK_DISCONTINUITY

    ctypedef struct block_t "asiokit_block_t":
        uint32_t size
        uint32_t flags
        int32_t n_frames
        int32_t sample_type
        int32_t sample_width
        int32_t n_to_host
        int32_t n_from_host
        void **to_host
        const void **from_host
        int64_t position
        int64_t t_ns
        double rate_hz

    ctypedef int (*process_fn "asiokit_process_fn")(void *context, block_t *block) noexcept nogil

    ctypedef struct device_t "asiokit_device_t":
        uint32_t size
        uint32_t abi
        int32_t inputs
        int32_t outputs
        process_fn process
        void *state

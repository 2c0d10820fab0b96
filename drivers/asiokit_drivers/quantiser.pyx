"""drivers: quantiser: how many bits does a host really use? It measures what is played, and sends every step of a
number of bits the other way, so that a recording can be measured likewise."""
from libc.stdint cimport int32_t, int64_t, uint32_t
from libc.stdlib cimport calloc, free

from asiokit.abi.atomic cimport atomic_load_i64, atomic_store_i64
from asiokit.device cimport Device, StreamInfo, block_t

from asiokit.device.options import Option

cdef double TOP = 2147483648.0


cdef class Quantiser(Device):
    """Outputs are measured; each input climbs from the lowest to the highest code of `bits`, a step a frame.

    bits_used: of each output since createBuffers: the number of bits, from the highest of 32 down, that its samples
    have needed; 0 for silence. Samples come as float32: of loud ones it has 24 bits, of soft ones all 32. So a host
    that has 32 is known by its soft samples; one that computes in float and does not round shows 32, too.
    """

    OPTIONS = (
        Option("channels", int, 2, "channels each way", minimum=1, maximum=512),
        Option("bits", int, 16, "of the staircase", minimum=8, maximum=24, unit="bits"),
    )
    cdef readonly int inputs
    cdef readonly int outputs
    cdef readonly int bits
    cdef int64_t *seen            # atomic: of each output all bits that were ever set

    def __init__(self, int channels=2, int bits=16):
        self.inputs = self.outputs = channels
        self.bits = bits
        self.seen = <int64_t *>calloc(channels, sizeof(int64_t))
        if self.seen is NULL:
            raise MemoryError("no memory for the channels")

    def __dealloc__(self):
        free(self.seen)

    def prepare(self, StreamInfo stream):
        for i in range(self.outputs):
            atomic_store_i64(&self.seen[i], 0)

    def channel_name(self, is_input, index):
        return f"{'Staircase' if is_input else 'Measured'} {index + 1}"

    @property
    def bits_used(self) -> tuple[int, ...]:
        seen = [atomic_load_i64(&self.seen[i]) for i in range(self.outputs)]
        return tuple([33 - (bits & -bits).bit_length() if bits else 0 for bits in seen])

    def statistics(self):
        return {"bits_used": self.bits_used}

    cdef int process(self, block_t *block) noexcept nogil:
        cdef int32_t i, frame
        cdef uint32_t bits
        cdef float *to_host
        for i in range(block.n_from_host):
            bits = 0
            for frame in range(block.n_frames):
                bits |= <uint32_t><int64_t>(<double>(<const float *>block.from_host[i])[frame] * TOP)
            atomic_store_i64(&self.seen[i], self.seen[i] | bits)
        for i in range(block.n_to_host):
            to_host = <float *>block.to_host[i]
            for frame in range(block.n_frames):
                bits = (<uint32_t>(block.position + frame) << (32 - self.bits)) ^ (<uint32_t>1 << 31)
                to_host[frame] = <float>(<int32_t>bits / TOP)
        return 0

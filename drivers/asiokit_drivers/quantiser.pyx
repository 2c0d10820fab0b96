"""drivers: quantiser: how many bits does a host really use? Measured of what it plays, and shown to what it records."""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.string cimport memmove

from asiokit.abi.atomic cimport atomic_load_i64, atomic_store_i64
from asiokit.device cimport Device, StreamInfo, block_t

from asiokit.device.options import Option
from asiokit.errors import DeviceError

KINDS = {16: 2, 17: 3, 18: 4, 19: 0}   # int16, int24, int32, float32: bytes of a whole number
cdef double TOP = 2147483648.0


cdef class Quantiser(Device):
    """Outputs are measured; each input climbs from the lowest to the highest code of `bits`, a step a frame, as far as
    the host's sample type holds them. Samples are the host's own, never converted.

    bits_used: of each output since createBuffers, and in the log at stop: from the highest of 32 bits to the lowest
    ever set; 0 for silence. float32 has 25 of loud samples, 32 of soft ones, which a host that never rounds shows.
    """

    OPTIONS = (
        Option("channels", int, 2, "channels each way", minimum=1, maximum=512),
        Option("bits", int, 16, "of the staircase", minimum=8, maximum=32, unit="bits"),
    )
    native = True
    cdef readonly int inputs, outputs, bits
    cdef int width
    cdef int64_t[512] seen        # atomic: of each output all bits that were ever set

    def __init__(self, int channels=2, int bits=16):
        self.inputs = self.outputs = channels
        self.bits = bits

    def prepare(self, StreamInfo stream):
        if stream.sample_type not in KINDS:
            raise DeviceError("quantiser: it knows int16, int24, int32 and float32: set [stream] sample_type to one")
        self.width = KINDS[stream.sample_type]
        for i in range(self.outputs):
            atomic_store_i64(&self.seen[i], 0)

    def stop(self):
        self.log(f"bits used by each output: {' '.join(map(str, self.bits_used))}")

    def channel_name(self, is_input, index):
        return f"{'Staircase' if is_input else 'Measured'} {index + 1}"

    @property
    def bits_used(self) -> tuple[int, ...]:
        seen = [atomic_load_i64(&self.seen[i]) for i in range(self.outputs)]
        return tuple([33 - (bits & -bits).bit_length() if bits else 0 for bits in seen])

    def statistics(self):
        return {"bits_used": self.bits_used}

    cdef int process(self, block_t *block) noexcept nogil:
        cdef int32_t i, k, frame, width = self.width, n_floats = 0 if width else block.n_frames
        cdef uint32_t bits, lane
        cdef int64_t mask = (<int64_t>1 << self.bits) - 1
        for i in range(block.n_from_host):
            bits = 0
            for frame in range(n_floats):
                bits |= <uint32_t><int64_t>(<double>(<const float *>block.from_host[i])[frame] * TOP)
            for k in range(width):
                lane = 0
                for frame in range(block.n_frames):
                    lane |= (<const uint8_t *>block.from_host[i])[frame * width + k]
                bits |= lane << 8 * (4 - width + k)
            atomic_store_i64(&self.seen[i], self.seen[i] | bits)
        for frame in range(n_floats):
            (<float *>block.to_host[0])[frame] = <float>(((block.position + frame) & mask) * 2.0 / (mask + 1) - 1)
        for k in range(width):
            for frame in range(block.n_frames):
                bits = (<uint32_t>(block.position + frame) << (32 - self.bits)) ^ (<uint32_t>1 << 31)
                (<uint8_t *>block.to_host[0])[frame * width + k] = <uint8_t>(bits >> 8 * (4 - width + k))
        for i in range(1, block.n_to_host):
            memmove(block.to_host[i], block.to_host[0], <size_t>block.n_frames * block.sample_width)
        return 0

"""drivers: generator: test signals. A sample is a function of its position, its channel and the options only, so that
every run gives the same bits on the same system, whatever the buffer size."""
from libc.math cimport M_PI, expm1, floor, fmod, log, sin
from libc.stdint cimport int32_t, int64_t, uint64_t

from asiokit.device cimport Device, StreamInfo, block_t

from asiokit.device import Option
from asiokit.errors import DeviceError

SIGNALS = ("sine", "sweep", "noise", "impulse")
cdef uint64_t STEP = 0x9E3779B97F4A7C15, MIX_1 = 0xBF58476D1CE4E5B9, MIX_2 = 0x94D049BB133111EB
ctypedef double (*signal_fn)(Generator self, int64_t position, int32_t channel) noexcept nogil


cdef double sine(Generator self, int64_t position, int32_t channel) noexcept nogil:
    # whole seconds apart, so that the phase is as exact after a month as in the first second
    cdef double whole_s = floor(position / self.rate_hz)
    cdef double part_s = (position - whole_s * self.rate_hz) / self.rate_hz
    return sin(2 * M_PI * (fmod(self.frequency_hz * whole_s, 1.0) + self.frequency_hz * part_s))


cdef double sweep(Generator self, int64_t position, int32_t channel) noexcept nogil:
    cdef double part = <double>(position % self.period_frames) / self.rate_hz / self.period_s
    return sin(2 * M_PI * self.frequency_hz * self.period_s / self.growth * expm1(part * self.growth))


cdef double noise(Generator self, int64_t position, int32_t channel) noexcept nogil:
    # splitmix64 (Steele, Lea, Flood, 2014), even from -1 to 1 in 2^24 steps; channels are 2^53 positions apart
    cdef uint64_t x = <uint64_t>self.seed + (<uint64_t>position + (<uint64_t>channel << 53)) * STEP
    x = (x ^ (x >> 30)) * MIX_1
    x = (x ^ (x >> 27)) * MIX_2
    return <double>((x ^ (x >> 31)) >> 40) / 0x800000 - 1.0


cdef double impulse(Generator self, int64_t position, int32_t channel) noexcept nogil:
    return 1.0 if position % self.period_frames == 0 else 0.0


cdef signal_fn[4] FUNCTIONS = [sine, sweep, noise, impulse]


cdef class Generator(Device):
    """A test signal on each input: the same on all of them, but for noise, of which each has its own."""

    OPTIONS = (
        Option("inputs", int, 2, "channels that the host records from", minimum=1, maximum=512),
        Option("signal", str, "sine", "what they carry", choices=SIGNALS),
        Option("frequency_hz", float, 1000.0, "of the sine; where the sweep begins", minimum=0.001, unit="Hz"),
        Option("end_hz", float, 20000.0, "where the sweep ends", minimum=0.001, unit="Hz"),
        Option("period_s", float, 1.0, "length of a sweep; from impulse to impulse", minimum=0.001, unit="s"),
        Option("level_db", float, -12.0, "of the peaks", minimum=-200.0, maximum=0.0, unit="dB"),
        Option("seed", int, 1, "another number is another noise", minimum=0),
    )
    outputs = 0
    cdef readonly int inputs
    cdef str signal
    cdef double frequency_hz, end_hz, period_s, growth, level, rate_hz
    cdef int64_t period_frames, seed
    cdef signal_fn sample

    def __init__(self, int inputs=2, str signal="sine", double frequency_hz=1000.0, double end_hz=20000.0,
                 double period_s=1.0, double level_db=-12.0, seed=1):
        self.inputs, self.signal, self.frequency_hz, self.end_hz = inputs, signal, frequency_hz, end_hz
        self.period_s, self.level, self.seed = period_s, 10 ** (level_db / 20), seed * 0x5851F42D4C957F2D % 2 ** 63
        self.growth, self.sample = log(end_hz / frequency_hz) or 1e-9, FUNCTIONS[SIGNALS.index(signal)]

    def prepare(self, StreamInfo stream):
        highest_hz = {"sine": self.frequency_hz, "sweep": max(self.frequency_hz, self.end_hz)}.get(self.signal, 0)
        if highest_hz > stream.rate_hz / 2:
            raise DeviceError(f"generator: {highest_hz:g} Hz is above half the rate: lower frequency_hz or end_hz")
        self.rate_hz, self.period_frames = stream.rate_hz, max(1, round(self.period_s * stream.rate_hz))

    cdef int process(self, block_t *block) noexcept nogil:
        cdef int32_t i, frame
        for i in range(block.n_to_host):
            for frame in range(block.n_frames):
                (<float *>block.to_host[i])[frame] = <float>(self.level * self.sample(self, block.position + frame, i))
        return 0

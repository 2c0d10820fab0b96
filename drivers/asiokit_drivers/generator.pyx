"""drivers: generator: test signals. A sample depends on its position, channel and the options, never on the buffers."""
from libc.math cimport M_PI, expm1, floor, fmod, log, sin
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.string cimport memmove

from asiokit.device cimport Device, StreamInfo, block_t

from asiokit.device import Option
from asiokit.errors import DeviceError

LIMITED = {"sine": ("frequency_hz",), "sweep": ("frequency_hz", "end_hz"), "noise": (), "impulse": ()}  # by the rate
cdef uint64_t STEP = 0x9E3779B97F4A7C15, MIX_1 = 0xBF58476D1CE4E5B9, MIX_2 = 0x94D049BB133111EB
ctypedef double (*signal_fn)(Generator self, int64_t position, int32_t channel) noexcept nogil


cdef double sine(Generator self, int64_t position, int32_t channel) noexcept nogil:
    # whole seconds apart, whole Hz left out of them: the phase is as exact after a month as in the first second
    cdef double whole_s = floor(position / self.rate_hz), part_s = (position - whole_s * self.rate_hz) / self.rate_hz
    return sin(2 * M_PI * (fmod(fmod(self.frequency_hz, 1.0) * whole_s, 1.0) + self.frequency_hz * part_s))


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


cdef class Generator(Device):
    """A test signal on each input: the same on all of them, but for noise, of which each has its own."""

    OPTIONS = (
        Option("inputs", int, 2, "channels that the host records from", minimum=1, maximum=512),
        Option("signal", str, "sine", "what they carry", choices=tuple(LIMITED)),
        Option("frequency_hz", float, 1000.0, "of the sine; where the sweep begins", minimum=0.001, unit="Hz"),
        Option("end_hz", float, 20000.0, "where the sweep ends", minimum=0.001, unit="Hz"),
        Option("period_s", float, 1.0, "length of a sweep; from impulse to impulse", minimum=0.001, unit="s"),
        Option("level_db", float, -12.0, "of the peaks", minimum=-200.0, maximum=0.0, unit="dB"),
        Option("seed", int, 1, "another number is another noise", minimum=0),
    )
    outputs = 0
    cdef readonly str signal
    cdef readonly double frequency_hz, end_hz, period_s, growth, level, rate_hz
    cdef readonly int64_t inputs, period_frames, seed
    cdef signal_fn law

    def __init__(self, int inputs=2, str signal="sine", double frequency_hz=1000.0, double end_hz=20000.0,
                 double period_s=1.0, double level_db=-12.0, seed=1):
        self.inputs, self.signal, self.frequency_hz, self.end_hz = inputs, signal, frequency_hz, end_hz
        self.period_s, self.level, self.seed = period_s, 10 ** (level_db / 20), seed * 0x5851F42D4C957F2D % 2 ** 63
        self.growth = log(end_hz / frequency_hz) or 1e-9
        self.law = sine if signal == "sine" else sweep if signal == "sweep" else noise if signal == "noise" else impulse

    def channel_name(self, is_input, index):
        return f"{self.signal.capitalize()} {index + 1}"

    def prepare(self, StreamInfo stream):
        for name in [name for name in LIMITED[self.signal] if getattr(self, name) > stream.rate_hz / 2]:
            raise DeviceError(f"generator: {name}: {getattr(self, name):g} Hz is above half the rate: lower {name}")
        self.rate_hz, self.period_frames = stream.rate_hz, max(1, round(self.period_s * stream.rate_hz))

    cdef int process(self, block_t *block) noexcept nogil:
        cdef int32_t i, frame, n_made = block.n_to_host if self.law == noise else 1
        for i in range(n_made):
            for frame in range(block.n_frames):
                (<float *>block.to_host[i])[frame] = <float>(self.level * self.law(self, block.position + frame, i))
        for i in range(n_made, block.n_to_host):
            memmove(block.to_host[i], block.to_host[0], block.n_frames * sizeof(float))
        return 0

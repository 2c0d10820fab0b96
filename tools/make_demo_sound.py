"""tools: makes asiokit/cli/demo.wav, the sound that `asiokit demo` plays: a chord on plucked strings.

python tools/make_demo_sound.py

Four seconds, stereo, 48 kHz, 16 bit, the same bytes on every machine: each string is a burst of noise that runs round
a delay line and loses its treble on the way (Karplus and Strong's string), in float64 from a fixed seed.
"""

import wave
from pathlib import Path

import numpy as np

RATE_HZ = 48000
SECONDS = 4.0
TARGET = Path(__file__).resolve().parents[1] / "asiokit" / "cli" / "demo.wav"

# D major ninth, strummed from below: (Hz, begins at s, place from left 0 to right 1)
STRINGS = [
    (73.416, 0.00, 0.50),
    (110.000, 0.07, 0.25),
    (146.832, 0.14, 0.70),
    (184.997, 0.21, 0.35),
    (220.000, 0.28, 0.60),
    (329.628, 0.35, 0.20),
    (440.000, 1.90, 0.75),
    (369.994, 2.12, 0.30),
    (554.365, 2.34, 0.65),
    (659.255, 2.56, 0.45),
]


def string(hz: float, n_frames: int, rng: np.random.Generator) -> np.ndarray:
    """One plucked string. The loop filter delays half a sample; an allpass makes up the fraction, so it is in tune."""
    period = RATE_HZ / hz - 0.5
    n = int(period - 0.1)
    fraction = period - n
    allpass = (1 - fraction) / (1 + fraction)
    burst = rng.uniform(-1, 1, n)
    burst = np.convolve(burst, np.hanning(7) / np.hanning(7).sum(), mode="same")  # a finger, not a pick
    line, out = list(burst - burst.mean()), np.empty(n_frames)
    loss = 0.5 ** (1 / (hz * 1.1))  # half as loud after about 1.1 s
    before = last_in = last_out = 0.0
    for i in range(n_frames):
        value = line[i % n]
        out[i] = value
        mean = loss * 0.5 * (value + before)
        before = value
        last_out = allpass * (mean - last_out) + last_in
        last_in = mean
        line[i % n] = last_out
    return out


def chord() -> np.ndarray:
    rng = np.random.default_rng(1984)
    n_frames = int(RATE_HZ * SECONDS)
    mix = np.zeros((n_frames, 2))
    for hz, begin_s, place in STRINGS:
        first = round(begin_s * RATE_HZ)
        sound = string(hz, n_frames - first, rng)
        sound /= np.abs(sound).max()
        mix[first:] += sound[:, None] * [np.cos(place * np.pi / 2), np.sin(place * np.pi / 2)]
    echo = np.zeros_like(mix)
    for delay_s, gain in ((0.031, 0.16), (0.047, 0.13), (0.083, 0.10), (0.131, 0.07)):  # a small room, sides crossed
        shift = round(delay_s * RATE_HZ)
        echo[shift:] += gain * mix[:-shift, ::-1]
    mix += echo
    mix[-RATE_HZ // 2 :] *= np.linspace(1, 0, RATE_HZ // 2)[:, None] ** 2
    mix *= 0.89 / np.abs(mix).max()
    return mix


def main() -> None:
    samples = np.rint(chord() * 32767).astype("<i2")
    with wave.open(str(TARGET), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()

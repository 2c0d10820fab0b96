"""tests: the file player in Wine, opened by PortAudio: the host hears the file; what it plays is in the recording."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from wine.machine import HERE, Machine, json_line

RATE_HZ = 48000
N_FRAMES = 256


def noise(n_frames: int, n_channels: int, seed: int) -> np.ndarray:
    """24 bits, which float32 holds exactly; integers at the top of 32."""
    return np.random.default_rng(seed).integers(-(2**23), 2**23, (n_frames, n_channels), dtype=np.int32) << 8


def windows_path(path: Path) -> str:
    return f"Z:{path.as_posix()}"


def heard_by_portaudio(machine: Machine, name: str, seconds: float, folder: Path, played: str = "-") -> np.ndarray:
    heard = folder / "heard.raw"
    words = (name, str(N_FRAMES), str(RATE_HZ), str(seconds), played, windows_path(heard))
    facts = json_line(machine.python(HERE / "sd_duplex.py", *words, timeout_s=seconds + 60))
    return np.fromfile(heard, np.float32).reshape(-1, facts["inputs"])


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_file_and_a_recording(machine: Machine, tmp_path: Path, suffix: str) -> None:
    """At once, the file over its loop's seam; both sample for sample."""
    file, take, played = tmp_path / f"a.{suffix}", tmp_path / f"take.{suffix}", tmp_path / "played.raw"
    samples, own = noise(50_001, 3, 1), noise(2 * RATE_HZ, 2, 2)
    soundfile.write(file, samples, RATE_HZ, subtype="PCM_24")
    (own / 2**31).astype(np.float32).tofile(played)
    options = (f"files={windows_path(file)}", f"record={windows_path(take)}")
    with machine.registered("asiokit Player", *options, device="fileplayer") as name:
        got = heard_by_portaudio(machine, name, 2.0, tmp_path, windows_path(played))
    expected = (np.tile(samples, (3, 1)) / 2**31).astype(np.float32)
    # PortAudio may throw its first blocks away
    (begin,) = np.flatnonzero((expected[: 8 * N_FRAMES] == got[0]).all(axis=1))
    assert begin % N_FRAMES == 0
    np.testing.assert_array_equal(got, expected[begin : begin + len(got)])
    assert len(got) == 2 * RATE_HZ
    recorded, _ = soundfile.read(take, dtype="int32", always_2d=True)
    begin = int(np.flatnonzero((recorded == own[0]).all(axis=1))[0])
    assert not recorded[:begin].any() and begin <= 8 * N_FRAMES
    recorded = recorded[begin : begin + len(own)]
    # what the host handed over last, before it stopped, nobody has heard
    assert len(recorded) >= len(own) - 2 * N_FRAMES
    np.testing.assert_array_equal(recorded, own[: len(recorded)])


def test_a_file_of_another_rate(machine: Machine, tmp_path: Path) -> None:
    """soxr's Windows build gives what its Linux build gives."""
    file = tmp_path / "a.wav"
    n = 44100
    samples = 0.5 * np.sin(2 * np.pi * 441.0 * np.arange(n) / n)
    soundfile.write(file, samples, n, subtype="FLOAT")
    with machine.registered("asiokit Player", f"files={windows_path(file)}", device="fileplayer") as name:
        got = heard_by_portaudio(machine, name, 2.0, tmp_path)[:, 0]
    begins = range(0, 8 * N_FRAMES, N_FRAMES)
    ideals = [0.5 * np.sin(2 * np.pi * 441.0 * (begin + np.arange(len(got))) / RATE_HZ) for begin in begins]
    assert min(np.abs(got[4800:] - ideal[4800:]).max() for ideal in ideals) < 1e-4

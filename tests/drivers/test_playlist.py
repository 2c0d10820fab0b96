"""tests of what a file player plays: every frame of every file, in its place, whatever is asked for at a time."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from asiokit_drivers.playlist import Playlist, look
from hypothesis import given, settings
from hypothesis import strategies as st

from asiokit.errors import DeviceError


def noise(n_frames: int, n_channels: int, seed: int = 0) -> np.ndarray:
    """24-bit samples, as integers at the top of 32 bits."""
    return np.random.default_rng(seed).integers(-(2**23), 2**23, (n_frames, n_channels), dtype=np.int32) << 8


def written(path: Path, samples: np.ndarray, rate_hz: int = 48000, subtype: str = "PCM_24") -> str:
    soundfile.write(path, samples, rate_hz, subtype=subtype)
    return str(path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_files_in_any_pieces(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("files")
    lengths = data.draw(st.lists(st.integers(1, 500), min_size=1, max_size=4), "lengths")
    widths = [data.draw(st.integers(1, 3), "channels") for _ in lengths]
    parts = [noise(n, width, seed) for seed, (n, width) in enumerate(zip(lengths, widths, strict=True))]
    files = [look(written(folder / f"{k}.wav", part)) for k, part in enumerate(parts)]
    whole = np.zeros((sum(lengths), max(widths)), np.float32)
    at = 0
    for part in parts:
        whole[at : at + len(part), : part.shape[1]] = part / np.float32(2**31)
        at += len(part)
    loops = data.draw(st.booleans(), "loops")
    playlist = Playlist(files, 48000, loops=loops)
    assert playlist.n_frames == len(whole)
    expected = np.tile(whole, (-(-(len(whole) + 700) // len(whole)), 1)) if loops else whole
    position = 0
    for _ in range(data.draw(st.integers(1, 12), "steps")):
        if data.draw(st.integers(0, 3), "locate?") == 0:
            position = data.draw(st.integers(0, 2 * len(whole)), "frame")
            playlist.locate(position)
        n = data.draw(st.integers(1, 700), "frames")
        if loops:
            position %= len(whole)
        assert playlist.position == min(position, len(whole))
        got = playlist.read(n)
        np.testing.assert_array_equal(got, expected[position : position + n])
        position += n
        assert not (loops and playlist.has_ended)
        assert loops or playlist.has_ended or position <= len(whole)
    playlist.close()


def test_the_end(tmp_path: Path) -> None:
    playlist = Playlist([look(written(tmp_path / "a.wav", noise(100, 1)))], 48000)
    assert len(playlist.read(60)) == 60 and not playlist.has_ended
    assert len(playlist.read(60)) == 40 and playlist.has_ended
    assert len(playlist.read(60)) == 0
    playlist.locate(99)
    assert len(playlist.read(60)) == 1
    playlist.locate(100)
    assert playlist.has_ended


def sine(n_frames: int, rate_hz: float, frequency_hz: float, begin: float = 0.0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency_hz * (begin + np.arange(n_frames)) / rate_hz)


@pytest.mark.parametrize(("file_hz", "rate_hz"), [(44100, 48000), (96000, 48000), (8000, 192000), (48000, 44100)])
def test_another_rate(tmp_path: Path, file_hz: int, rate_hz: int) -> None:
    """Against the sine itself, away from the edges; as long as it should be; and the same in other pieces."""
    samples = 0.5 * sine(file_hz, file_hz, 1000.0)
    file = look(written(tmp_path / "a.wav", samples[:, None], file_hz, "FLOAT"))
    playlist = Playlist([file], rate_hz, quality="VHQ")
    assert playlist.n_frames == rate_hz
    pieces = []
    while not playlist.has_ended:
        pieces.append(playlist.read(777))
    got = np.concatenate(pieces)[:, 0]
    assert abs(len(got) - rate_hz) <= 1
    middle = slice(rate_hz // 10, -rate_hz // 10)
    expected = 0.5 * sine(len(got), rate_hz, 1000.0)
    assert np.abs(got[middle] - expected[middle]).max() < 1e-5
    playlist.locate(0)
    np.testing.assert_array_equal(playlist.read(len(got))[:, 0], got)


def test_no_click_at_the_seam_of_a_resampled_loop(tmp_path: Path) -> None:
    """441 periods in a second: the loop is one endless sine, and so it has to come out."""
    file = look(written(tmp_path / "a.wav", 0.5 * sine(44100, 44100, 441.0)[:, None], 44100, "FLOAT"))
    playlist = Playlist([file], 48000, loops=True, quality="VHQ")
    got = playlist.read(5 * 48000)[:, 0]
    expected = 0.5 * sine(len(got), 48000, 441.0)
    assert np.abs(got[4800:] - expected[4800:]).max() < 1e-5


def test_files_of_one_other_rate_are_one_recording(tmp_path: Path) -> None:
    whole = 0.5 * sine(44100, 44100, 441.0)[:, None]
    names = [written(tmp_path / f"{k}.wav", part, 44100, "FLOAT") for k, part in enumerate(np.split(whole, 4))]
    names.append(written(tmp_path / "b.wav", np.full((1000, 2), 0.25), 48000, "FLOAT"))
    playlist = Playlist([look(name) for name in names], 48000)
    got = playlist.read(100_000)
    assert abs(len(got) - 49000) <= 1
    expected = 0.5 * sine(48000, 48000, 441.0)
    assert np.abs(got[4800:40000, 0] - expected[4800:40000]).max() < 1e-4
    assert (got[-900:] == 0.25).all()  # at the driver's rate: as they are


@pytest.mark.parametrize("suffix", ["wav", "w64", "rf64", "flac", "aiff", "ogg", "opus", "mp3", "caf", "au"])
def test_every_kind_of_file(tmp_path: Path, suffix: str) -> None:
    """Those with losses too: near enough, as long, and set to a place in the middle."""
    path = tmp_path / f"a.{suffix}"
    samples = 0.5 * sine(48000, 48000, 440.0)[:, None]
    file_format, subtype = {"opus": ("OGG", "OPUS"), "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", "MPEG_LAYER_III")}.get(
        suffix, (suffix.upper(), "PCM_16")
    )
    soundfile.write(path, samples, 48000, format=file_format, subtype=subtype)
    playlist = Playlist([look(str(path))], 48000)
    assert abs(playlist.n_frames - 48000) <= 2500  # MP3 has a head and a tail
    playlist.locate(24000)
    # an MP3 decoder needs what came before: the first frames behind a seek are wrong
    got = playlist.read(9600)[4800:, 0]
    spectrum = np.abs(np.fft.rfft(got * np.hanning(len(got))))
    assert np.argmax(spectrum) == 44
    assert abs(np.sqrt(np.mean(got**2)) - 0.5 / np.sqrt(2)) < 0.02


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"nowhere\.wav: there is no such file"):
        look(str(tmp_path / "nowhere.wav"))
    (tmp_path / "text.wav").write_text("this is no sound")
    with pytest.raises(DeviceError, match=r"text\.wav: can't be read"):
        look(str(tmp_path / "text.wav"))
    with pytest.raises(DeviceError, match=r"empty\.wav: has no samples"):
        look(written(tmp_path / "empty.wav", np.zeros((0, 1), np.int32)))
    with pytest.raises(DeviceError, match="there is no such file"):
        look(str(tmp_path))


def test_a_file_that_goes_while_it_is_played(tmp_path: Path) -> None:
    files = [look(written(tmp_path / name, noise(1000, 1))) for name in ("b.wav", "a.wav")]
    playlist = Playlist(files, 48000, loops=True)
    assert len(playlist.read(400)) == 400
    Path(files[1].path).unlink()
    with pytest.raises(DeviceError, match=r"a\.wav: can't be read any more"):
        playlist.read(1000)


def test_a_file_that_has_become_shorter(tmp_path: Path) -> None:
    file = look(written(tmp_path / "a.wav", noise(1000, 1)))
    written(tmp_path / "a.wav", np.zeros((0, 1), np.int32))
    with pytest.raises(DeviceError, match="has no samples any more"):
        Playlist([file], 48000, loops=True).read(10)

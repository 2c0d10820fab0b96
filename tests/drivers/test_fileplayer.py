"""tests of the file player: what the host hears is the file, what it plays is in the recording, and a slow disk is
silence."""

import ctypes
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from asiokit_drivers import playlist, take
from com.test_selectors import TransportParameters
from inprocess import Opened, opened, wait_for

from asiokit.config import BufferSizes, load_entry
from asiokit.discovery import device_of
from asiokit.errors import DeviceError, DriverError
from asiokit.host.raw import ASIO_MESSAGE, BUFFER_SWITCH_TIME_INFO, BufferInfo, Callbacks, RawDriver, Samples, Time
from asiokit.host.samples import SampleType, decode, encode
from asiokit.host.session import Session
from asiokit.sample_types import SAMPLE_TYPES
from asiokit.testing import play_through

N = 64
ANY_SIZE = BufferSizes(min=16, max=8192, preferred=256, granularity=1)
START, STOP, LOCATE = 1, 2, 3
SUCCESS = 0x3F4847A0


def noise(n_frames: int, n_channels: int, seed: int = 0, n_bits: int = 24) -> np.ndarray:
    """Integers at the top of 32 bits."""
    half = 1 << (n_bits - 1)
    made = np.random.default_rng(seed).integers(-half, half, (n_frames, n_channels), dtype=np.int64)
    return (made << (32 - n_bits)).astype(np.int32)


def written(path: Path, samples: np.ndarray, rate_hz: int = 48000, subtype: str = "PCM_24") -> str:
    soundfile.write(path, samples, rate_hz, subtype=subtype)
    return str(path)


@contextmanager
def streaming(
    options: dict[str, Any], n_cycles: int, played: np.ndarray | None = None, **stream: Any
) -> Iterator[tuple[Opened, Session]]:
    """A driver that is prepared; `played`: bytes, (channels, bytes)."""
    n_frames = stream.pop("n_frames", N)
    inputs = stream.pop("use_inputs", None)
    with opened("fileplayer", **{"clock": "manual", "buffer_frames": ANY_SIZE, "options": options, **stream}) as driver:
        n_in, n_out = driver.native.get_channels()
        inputs = list(range(n_in)) if inputs is None else inputs
        with Session(driver.native, inputs=inputs, outputs=list(range(n_out)), n_frames=n_frames) as session:
            session.load(play=played, record_frames=n_cycles * n_frames)
            yield driver, session


def heard(session: Session, sample_type: str) -> np.ndarray:
    """(frames, channels), float64."""
    return decode(session.recorded, SampleType.from_code(SAMPLE_TYPES[sample_type].number), np.float64)


def heard_of(options: dict[str, Any], n_cycles: int, sample_type: str = "float32", **stream: Any) -> np.ndarray:
    with streaming(options, n_cycles, sample_type=sample_type, **stream) as (driver, session):
        session.start()
        driver.step(n_cycles)
        session.stop()
        assert driver.statistics["device"]["missed_blocks"] == 0
        assert driver.statistics["device"]["problem"] == ""
        return heard(session, sample_type)


# ---- playing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subtype", "n_bits", "sample_type"),
    [
        ("PCM_24", 24, "float32"),
        ("PCM_24", 24, "int24"),
        ("PCM_24", 24, "int32_msb"),
        ("PCM_16", 16, "int16"),
        ("PCM_32", 32, "int32"),
        ("PCM_32", 32, "int32_msb"),
        ("FLOAT", 24, "float64"),
    ],
)
@pytest.mark.parametrize("n_frames", [64, 100])
def test_the_host_hears_the_file(tmp_path: Path, subtype: str, n_bits: int, sample_type: str, n_frames: int) -> None:
    """Sample for sample, over two seams of the loop; the file's length is no multiple of the buffer's."""
    samples = noise(4801, 3, n_bits=n_bits)
    data = samples / 2**31 if subtype == "FLOAT" else samples
    file = written(tmp_path / "a.wav", data, subtype=subtype)
    n_cycles = 12000 // n_frames
    got = heard_of({"files": [file]}, n_cycles, sample_type, n_frames=n_frames)
    np.testing.assert_array_equal(got, np.tile(samples, (3, 1))[: len(got)] / 2**31)


def test_once_and_then_silence(tmp_path: Path) -> None:
    samples = noise(1000, 1)
    got = heard_of({"files": [written(tmp_path / "a.wav", samples)], "loop": False}, 30)
    np.testing.assert_array_equal(got[:1000], samples / 2**31)
    assert len(got) == 30 * N and not got[1000:].any()


def test_channels_are_mapped_and_mixed(tmp_path: Path) -> None:
    samples = noise(2000, 3)
    file = written(tmp_path / "a.wav", samples)
    x = samples[: 20 * N] / 2**31
    got = heard_of({"files": [file], "inputs": 4, "mapping": ["3>1", "1>4", "1>2"]}, 20)
    np.testing.assert_array_equal(got, np.stack([x[:, 2], x[:, 0], 0 * x[:, 0], x[:, 0]], axis=1))
    got = heard_of({"files": [file], "inputs": 2, "mapping": ["3>1*0.5", "1>1", "2>2*-1"], "gain_db": -6.0}, 20)
    gain = 10 ** (-6 / 20)
    np.testing.assert_allclose(got[:, 0], gain * (0.5 * x[:, 2] + x[:, 0]), atol=1e-6)
    np.testing.assert_allclose(got[:, 1], -gain * x[:, 1], atol=1e-6)


def test_channels_that_the_host_leaves_out(tmp_path: Path) -> None:
    samples = noise(2000, 5)
    file = written(tmp_path / "a.wav", samples)
    got = heard_of({"files": [file], "inputs": 6}, 20, use_inputs=[5, 3, 0])
    x = samples[: 20 * N] / 2**31
    np.testing.assert_array_equal(got, np.stack([0 * x[:, 0], x[:, 3], x[:, 0]], axis=1))


def test_begins_at_start_s_each_time(tmp_path: Path) -> None:
    samples = noise(4800, 1)
    options = {"files": [written(tmp_path / "a.wav", samples)], "start_s": 0.02}
    with streaming(options, 100) as (driver, session):
        for n_cycles in (7, 90):
            session.load(record_frames=n_cycles * N)
            session.start()
            driver.step(n_cycles)
            session.stop()
            got = heard(session, "float32")[:, 0]
            np.testing.assert_array_equal(got, np.tile(samples[:, 0], 3)[960 : 960 + len(got)] / 2**31)


def test_a_rate_change_while_running_begins_anew(tmp_path: Path) -> None:
    samples = noise(4800, 1)
    with streaming({"files": [written(tmp_path / "a.wav", samples)]}, 40) as (driver, session):
        session.start()
        driver.step(10)
        driver.native.set_sample_rate(96000)
        driver.step(10)
        driver.native.set_sample_rate(48000)
        driver.step(20)
        session.stop()
        got = heard(session, "float32")[:, 0]
    np.testing.assert_array_equal(got[: 10 * N], samples[: 10 * N, 0] / 2**31)
    np.testing.assert_array_equal(got[20 * N :], samples[: 20 * N, 0] / 2**31)


def command(driver: Opened, number: int, position: int = 0) -> int:
    samples = Samples()
    samples.value = position
    parameters = TransportParameters(command=number, position=samples)
    return driver.native.future(4, ctypes.addressof(parameters))


def test_transport(tmp_path: Path) -> None:
    samples = noise(48000, 1)
    x = samples[:, 0] / 2**31
    with streaming({"files": [written(tmp_path / "a.wav", samples)], "play": False}, 60) as (driver, session):
        assert driver.native.future(12) == SUCCESS
        session.start()
        driver.step(5)
        assert command(driver, START) == SUCCESS
        driver.step(5)
        assert command(driver, STOP) == SUCCESS
        driver.step(5)
        assert command(driver, START) == SUCCESS
        driver.step(5)
        assert command(driver, LOCATE, 12345) == SUCCESS
        driver.step(5)
        # a second wish before the first one is done; only the last counts
        assert command(driver, LOCATE, 7) == SUCCESS
        assert command(driver, LOCATE, 47990) == SUCCESS
        driver.step(5)
        assert command(driver, 4) == command(driver, 99) == command(driver, LOCATE, -1) == -998
        session.stop()
        got = heard(session, "float32")[:, 0].reshape(-1, 5 * N)
        assert driver.statistics["device"]["position"] == (47990 + 4 * N) % 48000
    assert not got[0].any() and not got[2].any()
    np.testing.assert_array_equal(got[1], x[: 5 * N])
    np.testing.assert_array_equal(got[3], x[5 * N : 10 * N])
    np.testing.assert_array_equal(got[4], x[12345 : 12345 + 5 * N])
    np.testing.assert_array_equal(got[5], np.concatenate([x, x])[47990 : 47990 + 5 * N])


def test_time_code_is_the_place_in_the_files(tmp_path: Path) -> None:
    seen = []

    @BUFFER_SWITCH_TIME_INFO
    def switch(address: int, index: int, direct: int) -> int:
        code = Time.from_address(address).time_code
        seen.append((code.flags, code.samples, code.speed))
        return 0

    table = Callbacks(buffer_switch_time_info=switch, message=ASIO_MESSAGE(lambda s, v, m, o: int(s == 7)))
    options = {"files": [written(tmp_path / "a.wav", noise(1000, 1))], "start_s": 0.01}
    with opened("fileplayer", clock="manual", options=options) as driver:
        raw = RawDriver(driver.native.address)
        infos = (BufferInfo * 1)(BufferInfo(is_input=1, channel=0))
        assert raw.create_buffers(infos, 1, N, ctypes.addressof(table)) == 0
        assert driver.native.future(1) == SUCCESS
        driver.native.start()
        driver.step(9)
        assert command(driver, STOP) == SUCCESS
        driver.step(1)
        assert raw.dispose_buffers() == 0
    running, still = 1 | 2 | 8 | 256, 1 | 16 | 256
    assert seen[:9] == [(running, (480 + k * N) % 1000, 1.0) for k in range(9)]
    assert seen[9] == (still, (480 + 8 * N) % 1000, 0.0)


def sparse_wav(path: Path, n_bytes: int, begin: np.ndarray) -> str:
    """An RF64 file of that length with a beginning, and nothing on the disk behind it."""
    with soundfile.SoundFile(path, "w", 48000, begin.shape[1], "PCM_24", format="RF64") as file:
        file.write(begin)
    with open(path, "r+b") as raw:
        head = raw.read(200)
        assert head[12:16] == b"ds64"
        at = head.index(b"data") + 8
        frame = 3 * begin.shape[1]
        n_data = (n_bytes - at) // frame * frame
        raw.seek(20)
        raw.write((at + n_data - 8).to_bytes(8, "little") + n_data.to_bytes(8, "little"))
        raw.write((n_data // frame).to_bytes(8, "little"))
        raw.truncate(at + n_data)
    return str(path)


def test_a_file_of_4_gb_starts_at_once(tmp_path: Path) -> None:
    samples = noise(48000, 2)
    file = sparse_wav(tmp_path / "big.wav", 5 << 30, samples)
    assert playlist.look(file).n_frames * 6 > 4 << 30
    took = []
    for _ in range(3):
        with opened("fileplayer", options={"files": [file]}) as driver:
            begin = time.perf_counter()
            with Session(driver.native, inputs=[0, 1], n_frames=N) as session:
                session.load(record_frames=N * 8)
                session.start()
                assert wait_for(lambda: session.n_switches >= 1)
                took.append(time.perf_counter() - begin)
                assert wait_for(lambda: session.n_switches >= 8)
                session.stop()
                got = heard(session, "float32")
        np.testing.assert_array_equal(got, samples[: 8 * N] / 2**31)
    assert min(took) < 0.05, took


class Stall:
    """Stands between the disk thread and the disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        self.may_go = threading.Event()
        self.may_go.set()
        self.n_calls = 0
        real = getattr(owner, name)

        def call(this: Any, *arguments: Any) -> Any:
            self.n_calls += 1
            self.may_go.wait(20)
            return real(this, *arguments)

        monkeypatch.setattr(owner, name, call)


def test_a_slow_disk_is_silence_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_text: Any) -> None:
    """In real time, with 0.1 s of read-ahead and a disk that stands still for longer."""
    stall = Stall(monkeypatch, playlist.Playlist, "read")
    samples = noise(48000, 1)
    options = {"files": [written(tmp_path / "a.wav", samples)], "read_ahead_s": 0.1}
    with streaming(options, 2000, clock="realtime") as (driver, session):
        session.start()
        assert wait_for(lambda: session.n_switches > 20)
        stall.may_go.clear()
        assert wait_for(lambda: driver.statistics["device"]["missed_blocks"] >= 30)
        stall.may_go.set()
        n_seen = session.n_switches
        assert wait_for(lambda: session.n_switches > n_seen + 200)
        session.stop()
        statistics = driver.statistics
        got = heard(session, "float32")[: session.n_switches * N, 0]
    n_missed = statistics["device"]["missed_blocks"]
    blocks = got.reshape(-1, N)
    silent = ~blocks.any(axis=1)
    assert silent.sum() == n_missed >= 30
    # the file goes on where it was: nothing of it is lost
    there = blocks[~silent].ravel()
    np.testing.assert_array_equal(there, np.tile(samples[:, 0], 3)[: len(there)] / 2**31)
    assert statistics["device_failures"] == 0
    assert "blocks of silence: the disk, or this process, was too slow" in log_text()


@pytest.fixture
def log_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for where in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(where, str(tmp_path / "state"))
    file = tmp_path / "state" / "asiokit" / "asiokit.log"
    return lambda: file.read_text(encoding="utf-8") if file.exists() else ""


def test_64_channels_with_a_disk_that_stands_still_for_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is late and nothing is missed: that is what the read-ahead is for."""
    samples = noise(96000, 64)
    options = {"files": [written(tmp_path / "a.wav", samples)]}
    stall = Stall(monkeypatch, playlist.Playlist, "read")
    late_cycles = []
    for stands_still in (False, True):
        with streaming(options, 3000, clock="realtime") as (driver, session):
            session.start()
            assert wait_for(lambda: session.n_switches > 200)
            if stands_still:
                stall.may_go.clear()
            time.sleep(1.0)  # what is tested is that nobody notices
            stall.may_go.set()
            assert wait_for(lambda: session.n_switches > 1500)
            session.stop()
            late_cycles.append(driver.statistics["late_cycles"])
            assert driver.statistics["device"]["missed_blocks"] == 0
            got = heard(session, "float32")[: 1500 * N]
        np.testing.assert_array_equal(got, np.tile(samples, (2, 1))[: 1500 * N] / 2**31)
    # the machine may be late by itself; the disk's second would be 750 cycles
    assert late_cycles[1] < 3 * late_cycles[0] + 50, late_cycles


def test_a_file_that_breaks_is_silence_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [written(tmp_path / name, noise(20000, 1)) for name in ("a.wav", "b.wav")]
    with streaming({"files": files, "read_ahead_s": 0.1}, 700) as (driver, session):
        Path(files[1]).unlink()
        session.start()
        driver.step(700)
        session.stop()
        got = heard(session, "float32")[:, 0]
        statistics = driver.statistics["device"]
    assert got[:20000].any() and not got[20000 + N :].any()
    assert "b.wav: can't be read any more" in statistics["problem"]


# ---- recording ------------------------------------------------------------------------------------------------------


def recorded_of(path: Path, sample_type: str, record_type: str, n_bits: int) -> tuple[np.ndarray, np.ndarray]:
    """What was played, and what the file holds: integers at the top of 32 bits."""
    samples = noise(40 * N, 3, n_bits=n_bits)
    kind = SampleType.from_code(SAMPLE_TYPES[sample_type].number)
    played = encode(samples / 2**31, kind)
    options = {"record": str(path), "record_type": record_type, "outputs": 3}
    with streaming(options, 40, played, sample_type=sample_type) as (driver, session):
        session.start()
        driver.step(41)
        session.stop()
        assert driver.statistics["device"] == {
            **{"missed_blocks": 0, "lost_blocks": 0, "position": 0, "takes": [str(path)], "problem": ""}
        }
    got, rate_hz = soundfile.read(path, dtype="float64" if record_type == "float32" else "int32", always_2d=True)
    assert rate_hz == 48000
    if record_type == "float32":
        got = np.round(got * 2**31).astype(np.int64)
    return samples, got


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "w64"])
@pytest.mark.parametrize("sample_type", ["float32", "int24", "int32", "float64_msb"])
def test_what_the_host_plays_is_in_the_file(tmp_path: Path, suffix: str, sample_type: str) -> None:
    samples, got = recorded_of(tmp_path / f"a.{suffix}", sample_type, "int24", 24)
    # the host's first block is heard in the second cycle
    np.testing.assert_array_equal(got[N : N + len(samples)], samples)
    assert not got[:N].any() and len(got) == 41 * N


@pytest.mark.parametrize(
    ("sample_type", "record_type", "n_bits"),
    [("int32", "int32", 32), ("int32_msb", "int32", 32), ("float32", "float32", 24), ("int16", "int16", 16)],
)
def test_each_type_of_recording_keeps_its_bits(tmp_path: Path, sample_type: str, record_type: str, n_bits: int) -> None:
    samples, got = recorded_of(tmp_path / "a.wav", sample_type, record_type, n_bits)
    np.testing.assert_array_equal(got[N : N + len(samples)], samples)


def test_rounded_to_nearest(tmp_path: Path) -> None:
    samples, got = recorded_of(tmp_path / "a.wav", "float32", "int16", 24)
    assert np.abs(got[N : N + len(samples)] - samples.astype(np.int64)).max() <= 1 << 15


@pytest.mark.parametrize("suffix", ["ogg", "opus", "mp3"])
def test_formats_with_losses(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(48000) / 48000)
    played = np.tile(tone.astype(np.float32), (2, 1)).view(np.uint8)
    with streaming({"record": str(path)}, 750, played) as (driver, session):
        session.start()
        driver.step(750)
        session.stop()
        assert driver.statistics["device"]["problem"] == ""
    got, _ = soundfile.read(path)
    assert abs(len(got) - 48000) < 3000
    spectrum = np.abs(np.fft.rfft(got[10000:34000, 0] * np.hanning(24000)))
    assert np.argmax(spectrum) == 220


def test_each_start_is_a_take_and_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(b"precious")
    with streaming({"record": str(path)}, 10) as (driver, session):
        for n in (3, 4):
            session.start()
            driver.step(n)
            session.stop()
        takes = driver.statistics["device"]["takes"]
    assert takes == [str(tmp_path / "take-2.wav"), str(tmp_path / "take-3.wav")]
    assert [soundfile.info(name).frames for name in takes] == [3 * N, 4 * N]
    assert path.read_bytes() == b"precious"


def test_a_take_without_a_block(tmp_path: Path) -> None:
    with streaming({"record": str(tmp_path / "a.wav")}, 10) as (driver, session):
        session.start()
        session.stop()
        assert soundfile.info(tmp_path / "a.wav").frames == 0
        session.start()
        driver.step(2)
        session.stop()
        assert soundfile.info(tmp_path / "a-2.wav").frames == 2 * N


def test_a_disk_that_takes_too_long_leaves_a_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In real time: what there was no room for is lost, and what follows is in its place."""
    stall = Stall(monkeypatch, take.Take, "write")
    path = tmp_path / "a.wav"
    played = np.repeat(np.arange(1, 3001, dtype=np.float32) / 4096, N)[None, :].view(np.uint8)  # block k is k/4096
    options = {"record": str(path), "record_type": "float32", "outputs": 1, "read_ahead_s": 0.1}
    with streaming(options, 3000, played, clock="realtime") as (driver, session):
        session.start()
        assert wait_for(lambda: session.n_switches > 50)
        stall.may_go.clear()
        assert wait_for(lambda: driver.statistics["device"]["lost_blocks"] >= 50)
        stall.may_go.set()
        n_seen = session.n_switches
        assert wait_for(lambda: session.n_switches > n_seen + 100)
        session.stop()
        statistics = driver.statistics["device"]
    got, _ = soundfile.read(path, dtype="float32")
    numbers = got.reshape(-1, N)
    assert (numbers == numbers[:, :1]).all()
    blocks = numbers[:, 0] * 4096
    n_lost = int((blocks[1:] == 0).sum())
    assert n_lost == statistics["lost_blocks"] >= 50
    there = blocks != 0
    np.testing.assert_array_equal(blocks[there], np.arange(len(blocks))[there])


KILLED = """
import os, sys, time
sys.path.insert(0, {tests!r})
from inprocess import opened, wait_for
from asiokit.host.session import Session
with opened("fileplayer", options={{"record": {path!r}, "outputs": 2}}) as driver:
    with Session(driver.native, outputs=[0, 1], n_frames=64) as session:
        session.start()
        assert wait_for(lambda: session.n_switches > 2000)
        print(session.n_switches, flush=True)
        os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
@pytest.mark.parametrize("suffix", ["wav", "w64", "aiff"])
def test_a_recording_survives_kill_9(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    script = KILLED.format(tests=str(Path(__file__).parents[1]), path=str(path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -9, done.stderr
    samples, _ = soundfile.read(path)
    n_expected = int(done.stdout) * N
    assert n_expected - 48000 <= len(samples) <= n_expected + 10 * N


FULL = """
import json, resource, sys, time
sys.path.insert(0, {tests!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from inprocess import opened, wait_for
from asiokit.host.session import Session
with opened("fileplayer", options={{"record": {path!r}, "outputs": 2, "read_ahead_s": 0.1}}) as driver:
    with Session(driver.native, outputs=[0, 1], n_frames=64) as session:
        session.start()
        assert wait_for(lambda: driver.statistics["device"]["problem"])
        n_seen = session.n_switches
        assert wait_for(lambda: session.n_switches > n_seen + 300)
        session.stop()
    print(json.dumps(driver.statistics))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is one of POSIX")
def test_a_full_disk_ends_the_recording_and_not_the_audio(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    script = FULL.format(tests=str(Path(__file__).parents[1]), path=str(path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    statistics = json.loads(done.stdout)
    assert f"recording {path} has ended after 0." in statistics["device"]["problem"]
    assert "MB are free" in statistics["device"]["problem"]
    assert statistics["device"]["lost_blocks"] == 0  # nobody wants them any more
    assert statistics["device_failures"] == 0
    samples, _ = soundfile.read(path)
    assert 180_000 // 6 < len(samples) < 200_000 // 6


def test_played_and_recorded_at_once(tmp_path: Path) -> None:
    """The two sides know nothing of each other."""
    samples = noise(4800, 2)
    played = encode(noise(30 * N, 2, seed=9) / 2**31, SampleType.from_code(19))
    options = {"files": [written(tmp_path / "a.wav", samples)], "record": str(tmp_path / "b.wav")}
    with streaming(options, 30, played) as (driver, session):
        session.start()
        driver.step(31)
        session.stop()
        np.testing.assert_array_equal(heard(session, "float32"), samples[: 30 * N] / 2**31)
    got, _ = soundfile.read(tmp_path / "b.wav", dtype="int32")
    np.testing.assert_array_equal(got[N : 31 * N], noise(30 * N, 2, seed=9))


def test_freewheel_waits_for_the_disk(tmp_path: Path) -> None:
    """Faster than real time, with little read-ahead: every sample, on both sides."""
    samples = noise(480_000, 2)
    path = tmp_path / "b.wav"
    n_cycles = 480_000 // N
    played = encode(samples / 2**31, SampleType.from_code(19))
    options = {
        **{"files": [written(tmp_path / "a.wav", samples)], "read_ahead_s": 0.1, "start_s": 0.5},
        **{"record": str(path), "record_type": "int24"},
    }
    with streaming(options, n_cycles, played, clock="freewheel") as (driver, session):
        session.start()
        assert wait_for(lambda: session.n_switches > n_cycles, 60)
        session.stop()
        got = heard(session, "float32")
        assert driver.statistics["device"]["missed_blocks"] == driver.statistics["device"]["lost_blocks"] == 0
    np.testing.assert_array_equal(got, np.tile(samples, (2, 1))[24000 : 24000 + len(got)] / 2**31)
    recorded, _ = soundfile.read(path, dtype="int32")
    np.testing.assert_array_equal(recorded[N : n_cycles * N], samples[: (n_cycles - 1) * N])


# ---- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "nothing to do: set its option files"),
        ({"files": ["nowhere.wav"]}, "nowhere.wav: there is no such file"),
        ({"record": "x.xyz"}, "x.xyz: unknown kind of audio file"),
        ({"record": "nowhere/x.wav"}, "there is no folder"),
        ({"record": "x.flac", "record_type": "float32"}, "x.flac: this kind of file can't hold float32"),
        ({"record": "x.wav", "outputs": 0}, "a recording needs outputs"),
        ({"files": ["here.wav"], "mapping": ["2>1"]}, "there is no channel 2, only 1 to 1"),
    ],
)
def test_bad_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_text: Any, options: dict[str, Any], text: str
) -> None:
    """In the log in full; a host's 124 bytes may not hold it."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "here.wav", noise(100, 1))
    with pytest.raises(DeviceError, match="init failed"), opened("fileplayer", options=options):
        pass
    assert text in log_text()


def test_a_folder_that_went_makes_start_fail(tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    with streaming({"record": str(folder / "a.wav")}, 10) as (driver, session):
        os.rmdir(folder)
        with pytest.raises(DriverError):
            session.start()
        folder.mkdir()
        session.start()
        driver.step(2)
        session.stop()
    assert soundfile.info(folder / "a.wav").frames == 2 * N


def test_the_example_in_the_documents(tmp_path: Path) -> None:
    """Files beside the entry are found there, wherever the host stands."""
    root = Path(__file__).resolve().parents[2]
    shutil.copy(root / "docs" / "examples" / "entries" / "fileplayer.toml", tmp_path)
    shutil.copy(root / "asiokit" / "cli" / "demo.wav", tmp_path)
    device_class, options = device_of(load_entry(tmp_path / "fileplayer.toml"))
    heard = play_through(device_class(**options), n_blocks=50)
    expected, _ = soundfile.read(tmp_path / "demo.wav", always_2d=True, dtype="float32")
    np.testing.assert_array_equal(heard.T, expected[: 50 * N])
    assert soundfile.info(tmp_path / "take.wav").frames == 50 * N


def test_no_thread_stays_behind(tmp_path: Path) -> None:
    options = {"files": [written(tmp_path / "a.wav", noise(48000, 1))], "record": str(tmp_path / "b.wav")}
    before = {thread.ident for thread in threading.enumerate()}
    for _ in range(3):
        with streaming(options, 10) as (driver, session):
            session.start()
            driver.step(10)
    assert {thread.ident for thread in threading.enumerate()} == before

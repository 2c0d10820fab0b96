"""tests of the kit's small devices, each through a whole driver, against numpy."""

import ctypes
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asiokit_drivers.generator import Generator
from asiokit_drivers.identify import read_channels
from asiokit_drivers.mixer import TOP, Mixer
from com.test_selectors import ChannelControls
from compiled import compiled
from hypothesis import given, settings
from hypothesis import strategies as st

from asiokit.config import load_entry
from asiokit.discovery import device_of
from asiokit.errors import ConfigError, DeviceError
from asiokit.host.samples import SampleType, decode
from asiokit.host.session import Session
from asiokit.sample_types import SAMPLE_TYPES
from asiokit.testing import opened, play_through

ROOT = Path(__file__).resolve().parents[2]
KIT = ("silent", "generator", "level-meter", "mixer", "delay", "quantiser", "identify")
RATE_HZ = 48000


def noise(n_channels: int, n_frames: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (n_channels, n_frames)).astype(np.float32)


@pytest.mark.parametrize("name", KIT)
def test_under_80_lines(name: str) -> None:
    (file,) = (ROOT / "drivers" / "asiokit_drivers").glob(f"{name.replace('-', '_')}.py*")
    assert len(file.read_text(encoding="utf-8").splitlines()) < 80


@pytest.mark.parametrize("name", KIT)
def test_an_example_of_each(name: str) -> None:
    """The documents' entries open and play."""
    config = load_entry(ROOT / "docs" / "examples" / "entries" / f"{name}.toml")
    assert config.device == name
    device_class, options = device_of(config)
    assert play_through(device_class(**options), n_blocks=3).shape[1] == 3 * 64


def test_silence() -> None:
    assert play_through("silent", noise(3, 640), options={"inputs": 5, "outputs": 3}).shape == (5, 640)
    assert not play_through("silent", noise(2, 640)).any()


# ---- generator ------------------------------------------------------------------------------------------------------


def generated(n_frames: int = 64, n_blocks: int = 10, **options: object) -> np.ndarray:
    return play_through("generator", n_frames=n_frames, n_blocks=n_blocks, options=options)


def test_sine() -> None:
    made = generated(n_blocks=1000, frequency_hz=997.5, level_db=-6.0, inputs=3)
    t_s = np.arange(64000) / RATE_HZ
    expected = 10 ** (-6 / 20) * np.sin(2 * np.pi * 997.5 * t_s)
    assert np.abs(made - expected).max() < 1e-6
    assert (made == made[0]).all()


@pytest.mark.parametrize("frequency_hz", [1000.0, 1000.1, 15999.9])
@pytest.mark.parametrize("hours", [0, 1, 24, 30 * 24])
def test_the_phase_is_as_exact_after_a_month(frequency_hz: float, hours: int) -> None:
    """Against whole numbers: the error is that of float32, wherever in the stream."""
    first = hours * 3600 * RATE_HZ + 12345
    device = Generator(inputs=1, frequency_hz=frequency_hz, level_db=0.0)
    made = compiled(ROOT / "tests" / "drivers" / "far_probe.pyx").block_at(device, first, 256, RATE_HZ)
    turns = [float(Fraction(frequency_hz) * position / RATE_HZ % 1) for position in range(first, first + 256)]
    assert np.abs(made - np.sin(2 * np.pi * np.array(turns))).max() < 2.0**-24


def test_sweep() -> None:
    made = generated(n_blocks=1000, signal="sweep", frequency_hz=20.0, end_hz=20000.0, period_s=0.5, level_db=0.0)[0]
    t_s = np.arange(64000) % 24000 / RATE_HZ
    growth = np.log(1000)
    expected = np.sin(2 * np.pi * 20 * 0.5 / growth * (np.exp(t_s / 0.5 * growth) - 1))
    assert np.abs(made - expected).max() < 1e-5
    steady = generated(signal="sweep", frequency_hz=440.0, end_hz=440.0, level_db=0.0)[0]
    assert np.abs(steady - np.sin(2 * np.pi * 440 * np.arange(640) / RATE_HZ)).max() < 1e-4


def test_impulse() -> None:
    made = generated(signal="impulse", period_s=0.002, level_db=0.0, inputs=1)[0]
    assert np.flatnonzero(made).tolist() == list(range(0, 640, 96))
    assert set(made) == {0.0, 1.0}


def test_noise_is_white_and_each_channel_has_its_own() -> None:
    made = generated(n_blocks=1000, signal="noise", level_db=0.0, inputs=4).astype(np.float64)
    assert np.abs(made).max() <= 1 and np.abs(made.mean(axis=1)).max() < 0.01
    assert np.abs(made.std(axis=1) - 1 / np.sqrt(3)).max() < 0.01
    spectrum = np.abs(np.fft.rfft(made, axis=1)) ** 2
    bands = spectrum[:, 1:32001].reshape(4, 10, -1).mean(axis=2)
    assert (bands.max(axis=1) / bands.min(axis=1)).max() < 1.15
    correlation = np.corrcoef(made) - np.eye(4)
    assert np.abs(correlation).max() < 0.02
    assert np.abs(np.corrcoef(made[0, 1:], made[0, :-1])[0, 1]) < 0.02


@settings(max_examples=25, deadline=None)
@given(
    signal=st.sampled_from(["sine", "sweep", "noise", "impulse"]),
    n_frames=st.sampled_from([16, 17, 64, 100, 256]),
    seed=st.integers(0, 2**70),
)
def test_the_same_bits_whatever_the_buffer(signal: str, n_frames: int, seed: int) -> None:
    options = {"signal": signal, "seed": seed, "period_s": 0.003}
    one = generated(n_frames=512, n_blocks=2, **options)
    many = generated(n_frames=n_frames, n_blocks=-(-1024 // n_frames), **options)
    np.testing.assert_array_equal(one, many[:, :1024])


def test_another_seed_is_another_noise() -> None:
    assert not np.array_equal(generated(signal="noise", seed=1), generated(signal="noise", seed=2))


@pytest.mark.parametrize("signal", ["sine", "sweep", "noise", "impulse"])
def test_channels_that_the_host_leaves_out(signal: str) -> None:
    """What is common to all inputs is made once, on the first, which may not be among those that are recorded."""
    every = generated(signal=signal, period_s=0.003, inputs=5)
    assert every.any(axis=1).all()
    with (
        opened("generator", clock="manual", options={"signal": signal, "period_s": 0.003, "inputs": 5}) as driver,
        Session(driver.native, inputs=[4, 2], n_frames=64) as session,
    ):
        session.load(record_frames=640)
        session.start()
        driver.step(10)
        session.stop()
        np.testing.assert_array_equal(session.recorded.view(np.float32), every[[4, 2]])


@pytest.mark.parametrize(
    ("options", "at_fault"),
    [
        ({"frequency_hz": 24001.0}, "frequency_hz"),
        ({"signal": "sweep", "end_hz": 30000.0}, "end_hz"),
        ({"signal": "sweep", "frequency_hz": 30000.0, "end_hz": 20.0}, "frequency_hz"),
    ],
)
def test_what_the_rate_can_not_carry_is_refused(options: dict[str, object], at_fault: str) -> None:
    with opened("generator", options=options) as driver:
        with pytest.raises(Exception, match="ASE_HWMalfunction"):
            Session(driver.native, inputs=[0], n_frames=64)
        assert f"{at_fault}: " in driver.native.error_message()
        assert f"above half the rate: lower {at_fault}" in driver.native.error_message()


def test_a_frequency_that_is_not_used_may_be_any() -> None:
    assert generated(signal="noise", frequency_hz=30000.0).any()
    assert generated(end_hz=30000.0).any()


def test_names_of_the_generator() -> None:
    with opened("generator", options={"signal": "sweep"}) as driver:
        assert driver.native.get_channel_info(1, True)[3] == "Sweep 2"


# ---- meter ----------------------------------------------------------------------------------------------------------


def test_meter() -> None:
    played = np.zeros((3, 100 * 64), np.float32)
    played[0] = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(6400) / RATE_HZ)
    played[1, 70] = -0.25
    with (
        opened("level-meter", clock="manual", options={"channels": 3}) as driver,
        Session(driver.native, inputs=[0, 1, 2], outputs=[0, 1, 2], n_frames=64) as session,
    ):
        session.load(play=played.view(np.uint8), record_frames=6400)
        session.start()
        driver.step(100)
        session.stop()
        np.testing.assert_array_equal(session.recorded.view(np.float32)[:, 64:], played[:, :-64])
        device = driver.statistics["device"]
        controls = ChannelControls(channel=0)
        assert driver.native.future(16) == 0x3F4847A0
        assert driver.native.future(8, ctypes.addressof(controls)) == 0x3F4847A0
        assert abs(controls.meter / 0x7FFFFFFF - device["peaks"][0]) < 1e-6
    assert abs(device["peaks"][0] - 0.5) < 0.001
    # 97 blocks after the second one, with the first heard in the second cycle
    assert abs(device["peaks"][1] - 0.25 * 10 ** (-20 * 97 * 64 / RATE_HZ / 20)) < 1e-6
    squares = 0.0
    keep = np.exp(-64 / RATE_HZ / 0.3)
    for block in played[0].reshape(-1, 64)[:99]:
        squares = keep * squares + (1 - keep) * np.mean(block.astype(np.float64) ** 2)
    assert abs(device["rms"][0] - np.sqrt(squares)) < 1e-6
    assert device["peaks"][2] == device["rms"][2] == 0


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_meter_is_not_stopped_by_what_is_no_number(wrong: float) -> None:
    """Full scale for its block, and then as if it had been that: a second later it is gone."""
    played = np.full((1, 64 * 760), 0.1, np.float32)
    played[0, 10] = wrong
    seen = []
    with (
        opened("level-meter", clock="manual", options={"channels": 1}) as driver,
        Session(driver.native, inputs=[0], outputs=[0], n_frames=64) as session,
    ):
        session.load(play=played.view(np.uint8))
        session.start()
        for n_blocks in (2, 758):
            driver.step(n_blocks)
            device = driver.statistics["device"]
            seen.append((device["peaks"][0], device["rms"][0]))
        session.stop()
        assert driver.native.get_channel_info(0, False)[3] == "Measured 1"
    assert seen[0][0] == 1
    keep = np.exp(-64 / RATE_HZ / 0.3)
    assert abs(seen[0][1] - np.sqrt(1 - keep)) < 1e-6
    # 758 blocks are 1.01 s: 20 dB lower
    assert abs(seen[1][0] - 0.1) < 1e-6
    expected = np.sqrt(0.01 + (keep**758) * (1 - keep - 0.01))
    assert abs(seen[1][1] - expected) < 1e-6


# ---- mixer ----------------------------------------------------------------------------------------------------------


def test_mixer() -> None:
    played = noise(3, 640)
    matrix = [[1.0, 0.0, -0.5], [0.25, 0.25, 0.25]]
    heard = play_through("mixer", played, options={"inputs": 2, "outputs": 3, "matrix": matrix})
    np.testing.assert_allclose(heard[:, 64:], (np.array(matrix, np.float32) @ played)[:, :-64], atol=1e-6)
    np.testing.assert_array_equal(play_through("mixer", played[:2])[:, 64:], played[:2, :-64])


def test_gains_of_the_mixer_do_not_click() -> None:
    device = Mixer(inputs=2, outputs=2)
    ones = np.ones((2, 64 * 8), np.float32)
    with (
        opened(device, clock="manual") as driver,
        Session(driver.native, inputs=[0, 1], outputs=[0, 1], n_frames=64) as session,
    ):
        session.load(play=ones.view(np.uint8), record_frames=64 * 8)
        session.start()
        driver.step(4)
        controls = ChannelControls(channel=1, is_input=1, gain=0)
        assert driver.native.future(5, ctypes.addressof(controls)) == 0x3F4847A0
        driver.step(2)
        device.set_input_gain(0, 1.0)
        driver.step(2)
        session.stop()
        heard = session.recorded.view(np.float32).copy()
    assert (heard[:, 64:256] == 1).all()
    np.testing.assert_allclose(heard[1, 256:320], 1 - np.arange(1, 65) / 64, atol=1e-6)
    assert not heard[1, 320:].any()
    np.testing.assert_allclose(heard[0, 384:448], 1 + (TOP - 1) * np.arange(1, 65) / 64, atol=1e-6)
    np.testing.assert_allclose(heard[0, 448:], TOP, atol=1e-6)


def test_the_gains_of_two_threads_are_both_kept() -> None:
    """The second thread comes while the first is between reading and replacing: it has to wait, or one is lost."""
    device = Mixer(inputs=2, outputs=2)
    second = threading.Thread(target=device.set_input_gain, args=(1, 0.0))

    class Interrupted(np.ndarray):
        def copy(self, order: Any = "C") -> Any:
            copied = np.array(self)
            if not second.ident:
                second.start()
                # it ends at once if nothing holds it, and not at all if something does
                second.join(0.1)
            return copied

    device._wanted = device._wanted.view(Interrupted)
    device.set_input_gain(0, 0.5)
    second.join()
    np.testing.assert_allclose(device._wanted[:, 0], [0.5 * TOP, 0.0], rtol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (1, 4), (5, 2)])
def test_the_matrix_tells_the_number_of_channels(shape: tuple[int, int]) -> None:
    weights = noise(*shape, seed=3)
    played = noise(shape[1], 640)
    heard = play_through("mixer", played, options={"matrix": weights.astype(float).tolist()})
    assert heard.shape[0] == shape[0]
    np.testing.assert_allclose(heard[:, 64:], (weights.astype(np.float64) @ played)[:, :-64], atol=1e-5)
    assert Mixer(inputs=3).inputs == 3
    assert (Mixer(inputs=3).outputs, Mixer().inputs, Mixer().outputs) == (2, 2, 2)


@pytest.mark.parametrize(
    "options",
    [
        {"matrix": [[1.0]], "inputs": 2},
        {"matrix": [[1.0], [1.0]], "outputs": 2},
        {"matrix": []},
        {"matrix": [1.0, 2.0]},
        {"matrix": [[[1.0]]]},
        {"matrix": [[]]},
        {"matrix": [[1.0, 2.0], [3.0]]},
        {"matrix": [["a", 1.0], [1.0, 1.0]]},
        {"matrix": [[float("nan"), 1.0], [1.0, 1.0]]},
        {"matrix": [[0.0] * 513]},
    ],
)
def test_a_matrix_of_another_shape(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"options\.matrix"):
        Mixer(**options)


# ---- delay ----------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(n_delay=st.integers(1, 700), n_frames=st.sampled_from([16, 64, 100]), n_channels=st.integers(1, 4))
def test_delay(n_delay: int, n_frames: int, n_channels: int) -> None:
    n_blocks = 2000 // n_frames
    played = noise(n_channels, n_blocks * n_frames)
    options = {"channels": n_channels, "delay_frames": n_delay}
    heard = play_through("delay", played, n_frames=n_frames, n_blocks=n_blocks, options=options)
    late = n_delay + n_frames
    np.testing.assert_array_equal(heard[:, late:], played[:, : played.shape[1] - late])
    assert not heard[:, :late].any()


@settings(max_examples=25, deadline=None)
@given(n_delay=st.integers(1, 200), seed=st.integers(0, 1000))
def test_a_delay_alone_keeps_every_bit(n_delay: int, seed: int) -> None:
    """Any bits: negative zero, subnormal numbers, infinities, NaN and what they carry."""
    bits = np.random.default_rng(seed).integers(0, 2**32, (2, 1024), dtype=np.uint32)
    bits[0, ::7] = 0x80000000
    options = {"channels": 2, "delay_frames": n_delay}
    heard = play_through("delay", bits.view(np.float32), n_blocks=16, options=options).view(np.uint32)
    late = n_delay + 64
    np.testing.assert_array_equal(heard[:, late:], bits[:, :-late])


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, np.nan])
def test_what_is_no_number_is_not_echoed_for_ever(wrong: float) -> None:
    played = np.zeros((1, 640), np.float32)
    played[0, 10] = wrong
    heard = play_through("delay", played, options={"channels": 1, "delay_frames": 32, "feedback": 0.9, "mix": 0.5})
    assert np.flatnonzero(~np.isfinite(heard[0])).tolist() == [64 + 10, 64 + 10 + 32]


def test_a_start_brings_no_echo_of_the_one_before() -> None:
    played = np.ones((1, 640), np.float32)
    with (
        opened("delay", clock="manual", options={"channels": 1, "delay_frames": 100}) as driver,
        Session(driver.native, inputs=[0], outputs=[0], n_frames=64) as session,
    ):
        for _ in range(2):
            session.load(play=played.view(np.uint8), record_frames=640)
            session.start()
            driver.step(10)
            session.stop()
            heard = session.recorded.view(np.float32)[0]
            assert not heard[:164].any()
            assert (heard[164:] == 1).all()


def test_the_memory_of_a_delay_is_there_before_the_stream_is() -> None:
    resource = pytest.importorskip("resource", reason="counts as getrusage does")
    options = {"channels": 8, "delay_ms": 5000.0}
    with (
        opened("delay", clock="manual", options=options) as driver,
        Session(driver.native, inputs=list(range(8)), outputs=list(range(8)), n_frames=256) as session,
    ):
        session.start()
        driver.step(20)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        driver.step(400)
        # a page each 1024 samples: 800 of them, if they were not
        assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 80
        session.stop()


def test_a_delay_that_would_take_all_memory_is_refused() -> None:
    with opened("delay", options={"channels": 512, "delay_frames": 7680000}) as driver:
        with pytest.raises(Exception, match="ASE_"):
            Session(driver.native, inputs=[0], outputs=[0], n_frames=64)
        assert "no memory" in driver.native.error_message()


def test_echoes() -> None:
    played = np.zeros((1, 640), np.float32)
    played[0, 0] = 1
    options = {"channels": 1, "delay_ms": 2.0, "feedback": 0.5, "mix": 0.25}
    heard = play_through("delay", played, options=options)[0, 64:]
    expected = np.zeros_like(heard)
    expected[0] = 0.75
    expected[96::96] = 0.25 * 0.5 ** np.arange(len(expected[96::96]))
    np.testing.assert_allclose(heard, expected, atol=1e-7)


def test_an_echo_ends() -> None:
    """No number becomes so small that processors are slow with it."""
    played = np.zeros((1, 640 * 16), np.float32)
    played[0, 0] = 1
    heard = play_through("delay", played, n_blocks=160, options={"channels": 1, "delay_frames": 1, "feedback": 0.9})
    tail = heard[0, 5000:]
    assert not tail.any()
    assert np.abs(heard[heard != 0]).min() > 1e-21


# ---- quantiser ------------------------------------------------------------------------------------------------------

WHOLE_BITS = {"int16": 16, "int24": 24, "int32": 32}


@settings(max_examples=60, deadline=None)
@given(data=st.data(), sample_type=st.sampled_from(sorted(WHOLE_BITS)), seed=st.integers(0, 1000))
def test_bits_of_whole_numbers(data: st.DataObject, sample_type: str, seed: int) -> None:
    """Loud ones, too: every one of 32 bits is seen in the host's own samples."""
    n_bits = data.draw(st.integers(1, WHOLE_BITS[sample_type]))
    codes = np.random.default_rng(seed).integers(0, 2**n_bits, (640, 1), dtype=np.uint32) | 1
    samples = (codes << np.uint32(32 - n_bits)).astype("<u4").view(np.uint8)
    width = WHOLE_BITS[sample_type] // 8
    assert bits_of(samples[:, 4 - width :].reshape(1, -1), sample_type) == n_bits


@settings(max_examples=40, deadline=None)
@given(n_bits=st.integers(2, 25), seed=st.integers(0, 1000))
def test_bits_of_floats(n_bits: int, seed: int) -> None:
    codes = np.random.default_rng(seed).integers(-(2 ** (n_bits - 1)), 2 ** (n_bits - 1), (1, 640)) | 1
    assert bits_of((codes / 2 ** (n_bits - 1)).astype(np.float32).view(np.uint8), "float32") == n_bits


def bits_of(samples: np.ndarray, sample_type: str) -> int:
    """samples: bytes, (1, frames times width)."""
    with (
        opened("quantiser", clock="manual", sample_type=sample_type, options={"channels": 1}) as driver,
        Session(driver.native, outputs=[0], n_frames=64) as session,
    ):
        session.load(play=samples)
        session.start()
        driver.step(11)
        session.stop()
        (bits,) = driver.statistics["device"]["bits_used"]
        return int(bits)


def test_one_loud_sample_has_32_bits_and_silence_none() -> None:
    played = np.zeros((1, 640), np.int32)
    assert bits_of(played.view(np.uint8), "int32") == 0
    played[0, 100] = 0x7FFFFFFF
    assert bits_of(played.view(np.uint8), "int32") == 32


@pytest.mark.parametrize("sample_type", sorted(set(SAMPLE_TYPES) - {"int16", "int24", "int32", "float32"}))
def test_the_quantiser_names_the_sample_types_that_it_knows(sample_type: str) -> None:
    with opened("quantiser", sample_type=sample_type) as driver:
        with pytest.raises(Exception, match="ASE_"):
            Session(driver.native, inputs=[0], n_frames=64)
        assert "sample_type" in driver.native.error_message()


def test_the_log_says_how_many_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for where in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(where, str(tmp_path))
    played = np.zeros((1, 64), np.int32)
    played[0, 3] = 1 << 12
    assert bits_of(played.view(np.uint8), "int32") == 20
    text = (tmp_path / "asiokit" / "asiokit.log").read_text(encoding="utf-8")
    assert "Quantiser: bits used by each output: 20" in text


@pytest.mark.parametrize(
    ("bits", "sample_type"), [(8, "int16"), (10, "float32"), (12, "int24"), (16, "int16"), (18, "int32")]
)
def test_the_staircase_visits_every_code(bits: int, sample_type: str) -> None:
    n_blocks = 2**bits // 64
    kind = SampleType.from_code(SAMPLE_TYPES[sample_type].number)
    with (
        opened("quantiser", clock="manual", sample_type=sample_type, options={"bits": bits}) as driver,
        Session(driver.native, inputs=[0], n_frames=64) as session,
    ):
        session.load(record_frames=n_blocks * 64)
        session.start()
        driver.step(n_blocks)
        session.stop()
        heard = decode(session.recorded, kind, np.float64)[:, 0]
    np.testing.assert_array_equal(heard * 2 ** (bits - 1), np.arange(2**bits) - 2 ** (bits - 1))


def test_a_staircase_of_32_bits() -> None:
    """The day that it takes is not waited for: each of the first steps is one of 2^32, and lies on all inputs."""
    with (
        opened("quantiser", clock="manual", sample_type="int32", options={"bits": 32, "channels": 3}) as driver,
        Session(driver.native, inputs=[2, 1], n_frames=64) as session,
    ):
        session.load(record_frames=640)
        session.start()
        driver.step(10)
        session.stop()
        np.testing.assert_array_equal(session.recorded.view(np.int32), [np.arange(640) - 2**31] * 2)


# ---- identify -------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(data=st.data(), sample_type=st.sampled_from(sorted(SAMPLE_TYPES)))
def test_a_routing_is_read_back(data: st.DataObject, sample_type: str) -> None:
    n_inputs = data.draw(st.sampled_from([1, 8, 512]))
    routing = data.draw(st.lists(st.integers(0, n_inputs - 1), min_size=1, max_size=8, unique=True))
    kind = SampleType.from_code(SAMPLE_TYPES[sample_type].number)
    with (
        opened("identify", clock="manual", sample_type=sample_type, options={"inputs": n_inputs}) as driver,
        Session(driver.native, inputs=routing, n_frames=64) as session,
    ):
        session.load(record_frames=128)
        session.start()
        driver.step(2)
        session.stop()
        heard = decode(session.recorded, kind, np.float64).T
    assert read_channels(heard) == [channel + 1 for channel in routing]


def test_what_is_no_number() -> None:
    levels = np.repeat([[3.0], [3.5], [0.0], [-1.0], [513.0], [512.0]], 10, axis=1) / 1024
    levels[5, 3] = 0
    assert read_channels(levels) == [3, None, None, None, None, None]


def test_pulses_can_be_counted() -> None:
    heard = play_through("identify", n_blocks=1500, options={"inputs": 5, "signal": "pulses"})
    for number, row in enumerate(heard, 1):
        begins = np.flatnonzero(np.diff(row, prepend=0) > 0)
        pauses = np.flatnonzero(np.diff(begins) > 0.3 * RATE_HZ)
        assert pauses[0] + 1 == number
        assert set(np.diff(begins[:number]).tolist()) <= {4800}


@pytest.mark.parametrize("name", KIT)
def test_options_that_are_impossible(name: str) -> None:
    with pytest.raises(DeviceError, match=r"option 'nonsense': is unknown"), opened(name, options={"nonsense": 1}):
        pass

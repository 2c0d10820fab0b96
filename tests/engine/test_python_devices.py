"""tests of devices in Python: the arrays that they see, what a mistake costs, and blocks computed ahead."""

import gc
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from inprocess import opened, wait_for

from asiokit.bench.measure import keep_the_gil
from asiokit.config import BufferSizes
from asiokit.device import PyDevice, option
from asiokit.errors import ConfigError
from asiokit.host.samples import SampleType, decode, encode
from asiokit.host.session import Session
from asiokit.sample_types import SAMPLE_TYPES

N = 64
ANY_SIZE = BufferSizes(min=16, max=8192, preferred=256, granularity=1)


class Through(PyDevice):
    """Output i to input i, times gain; notes what it sees."""

    inputs = outputs = 2

    def __init__(self, ahead: int = 0, gain: float = 1.0) -> None:
        self.ahead, self.gain = ahead, np.float32(gain)
        self.seen: list[tuple[int, int, bool, bool]] = []
        self.threads: set[int] = set()
        self.arrays: set[int] = set()

    def process(self, block) -> None:  # type: ignore[no-untyped-def]
        self.seen.append((block.position, block.frames, block.is_first, block.is_discontinuous))
        self.threads.add(threading.get_native_id())
        self.arrays.add(id(block.to_host))
        np.multiply(block.from_host, self.gain, out=block.to_host)


def played_and_heard(
    device: PyDevice, sample_type: str, inputs: list[int], outputs: list[int], n_blocks: int = 12, n_frames: int = N
) -> tuple[np.ndarray, np.ndarray]:
    """What was played and what came back one block later and on: (frames, channels), float64."""
    kind = SampleType.from_code(SAMPLE_TYPES[sample_type].number)
    samples = np.random.default_rng(7).integers(-(2**15), 2**15, (n_blocks * n_frames, len(outputs))) / 2**16
    with (
        opened(device, clock="manual", sample_type=sample_type, buffer_frames=ANY_SIZE) as driver,
        Session(driver.native, inputs=inputs, outputs=outputs, n_frames=n_frames) as session,
    ):
        session.load(play=encode(samples, kind), record_frames=(n_blocks + 1) * n_frames)
        session.start()
        driver.step(n_blocks + 1)
        session.stop()
        assert driver.statistics["device_failures"] == 0
        return samples, decode(session.recorded, kind, np.float64)[n_frames:]


@pytest.mark.parametrize("sample_type", ["float32", "int24", "int32_msb"])
@pytest.mark.parametrize("n_frames", [64, 100])
def test_arrays_are_the_host_s_samples(sample_type: str, n_frames: int) -> None:
    device = Through(gain=0.5)
    played, heard = played_and_heard(device, sample_type, [0, 1], [0, 1], n_frames=n_frames)
    np.testing.assert_array_equal(heard, played * 0.5)
    assert device.seen == [(k * n_frames, n_frames, k == 0, False) for k in range(13)]
    assert len(device.arrays) == 2  # one for each half, made once
    assert len(device.threads) == 1 and threading.get_native_id() not in device.threads


@pytest.mark.parametrize("sample_type", ["float32", "int24"])
def test_channels_that_the_host_leaves_out(sample_type: str) -> None:
    """The device sees all of its channels; the unused ones are silent."""
    silent = []

    class Seven(Through):
        inputs = outputs = 7

        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            assert block.to_host.shape == block.from_host.shape == (7, N)
            assert block.to_host.dtype == block.from_host.dtype == np.float32
            silent.append(not block.from_host[[0, 1, 3, 6]].any())
            super().process(block)

    played, heard = played_and_heard(Seven(), sample_type, [1, 5, 2], [5, 2, 4])
    np.testing.assert_array_equal(heard[:, 1], played[:, 0])
    np.testing.assert_array_equal(heard[:, 2], played[:, 1])
    assert not heard[:, 0].any()
    assert all(silent)


def test_what_the_host_sent_is_read_only() -> None:
    refused = []

    class Greedy(Through):
        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            try:
                block.from_host[:] = 0
            except ValueError:
                refused.append(True)
            super().process(block)

    played, heard = played_and_heard(Greedy(), "float32", [0, 1], [0, 1], n_blocks=3)
    np.testing.assert_array_equal(heard, played)
    assert len(refused) == 4


def test_arrays_put_aside_outlive_the_driver() -> None:
    kept = []

    class Keeper(Through):
        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            kept.append((block, block.to_host, block.from_host))
            super().process(block)

    for ahead in (0, 2):
        played_and_heard(Keeper(ahead), "float32", [0, 1], [0, 1], n_blocks=40 if ahead else 4)
    gc.collect()
    for block, to_host, from_host in kept:
        to_host[:] = from_host + block.frames  # would crash if it were another's memory


def test_an_exception_is_silence_and_a_line_in_the_log(log_file: Path) -> None:
    class Wrong(Through):
        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            super().process(block)
            if block.position in (3 * N, 5 * N):
                raise ValueError("the third is a bad one")

    with (
        opened(Wrong(), clock="manual") as driver,
        Session(driver.native, inputs=[0, 1], outputs=[0, 1], n_frames=N) as session,
    ):
        session.load(play=np.full((2, 10 * 4 * N), 0x3C, np.uint8), record_frames=10 * N)
        session.start()
        driver.step(10)
        session.stop()
        heard = session.recorded.reshape(2, 10, -1).any(axis=(0, 2))
        assert driver.statistics["device_failures"] == 2
    assert list(np.flatnonzero(~heard)) == [0, 3, 5]
    text = log_file.read_text()
    assert text.count("ValueError: the third is a bad one") == 1
    assert "test_python_devices.py" in text  # where it was


def test_no_process_is_said_at_create_buffers() -> None:
    class Empty(PyDevice):
        pass

    with opened(Empty()) as driver, pytest.raises(Exception, match=r"Empty has no process\(self, block\)"):
        Session(driver.native, inputs=[0], outputs=[0], n_frames=N)


@pytest.mark.parametrize("ahead", [-1, 65, 1.5, None])
def test_ahead_is_checked(ahead: object) -> None:
    device = Through()
    device.ahead = ahead  # type: ignore[assignment]
    with opened(Through()) as driver:
        assert driver.native.get_latencies()
    with pytest.raises(Exception, match="ahead"), opened(device) as driver:
        Session(driver.native, inputs=[0], outputs=[0], n_frames=N)


# ---- ahead ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [1, 3])
@pytest.mark.parametrize("sample_type", ["float32", "int24"])
def test_ahead_is_that_much_later_and_says_so(ahead: int, sample_type: str) -> None:
    device = Through(ahead)
    kind = SampleType.from_code(SAMPLE_TYPES[sample_type].number)
    n_blocks = 20
    samples = np.random.default_rng(7).integers(-(2**15), 2**15, (n_blocks * N, 2)) / 2**16
    with (
        opened(device, clock="manual", sample_type=sample_type) as driver,
        Session(driver.native, inputs=[0, 1], outputs=[0, 1], n_frames=N) as session,
    ):
        assert driver.native.get_latencies() == ((1 + ahead) * N, 0)
        session.load(play=encode(samples, kind), record_frames=n_blocks * N)
        for _ in range(2):  # the second run begins in silence, too
            session.start()
            for k in range(n_blocks):
                driver.step()
                assert wait_for(lambda k=k: len(device.seen) == k + 1)
            session.stop()
            heard = decode(session.recorded, kind, np.float64)
            assert not heard[: (1 + ahead) * N].any()
            np.testing.assert_array_equal(heard[(1 + ahead) * N :], samples[: (n_blocks - 1 - ahead) * N])
            assert device.missed_blocks == 0
            assert [first for _, _, first, _ in device.seen] == [True] + [False] * (n_blocks - 1)
            device.seen.clear()
    assert len(device.threads) == 1


def test_a_block_that_is_late_is_silence_and_the_stream_goes_on() -> None:
    """While process() stands still the host is served; what was lost in between, the device is told."""
    let_go, inside = threading.Event(), threading.Event()

    class Stuck(Through):
        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            super().process(block)
            if block.position == 4 * N:
                inside.set()
                let_go.wait(20)

    device, n_blocks = Stuck(ahead=2), 30
    with (
        opened(device, clock="manual") as driver,
        Session(driver.native, inputs=[0, 1], outputs=[0, 1], n_frames=N) as session,
    ):
        session.load(play=np.full((2, n_blocks * 4 * N), 0x3C, np.uint8), record_frames=n_blocks * N)
        session.start()
        for k in range(5):
            driver.step()
            assert wait_for(lambda k=k: len(device.seen) == k + 1)
        assert inside.wait(10)
        driver.step(10)  # nobody waits for it
        let_go.set()
        assert wait_for(lambda: len(device.seen) == 7)  # those that lay in the ring
        for k in range(15):
            driver.step()
            assert wait_for(lambda k=k: len(device.seen) == 8 + k)
        session.stop()
        heard = session.recorded.reshape(2, n_blocks, -1).any(axis=(0, 2))
        assert device.missed_blocks == 11
        assert driver.statistics["device_failures"] == 0
    # cycle k plays block k - 2, which is what was played in the switch before: audible from cycle 3 on
    assert list(np.flatnonzero(~heard)) == [0, 1, 2, *range(6, 17)]
    assert [position // N for position, _, _, _ in device.seen] == [0, 1, 2, 3, 4, 5, 6, *range(15, 30)]
    assert [position // N for position, _, _, gap in device.seen if gap] == [15]


def test_a_busy_interpreter_does_not_stop_a_device_that_is_ahead() -> None:
    """The GIL is held for half a second: the stream is served all the time, in silence from the n-th block on."""
    device = Through(ahead=4)
    with (
        opened(device, clock="realtime") as driver,
        Session(driver.native, inputs=[0, 1], outputs=[0, 1], n_frames=N) as session,
    ):
        session.start()
        assert session.wait(50)
        before = session.n_switches
        keep_the_gil(500)
        served = session.n_switches - before
        assert session.wait(session.n_switches + 50)
        session.stop()
    assert served > 0.5 * 0.5 * 48000 / N  # a machine with other work; one that needs the GIL would serve none
    assert device.missed_blocks > 0.5 * served


def test_process_that_does_not_come_back_is_left_alone() -> None:
    let_go, inside = threading.Event(), threading.Event()

    class Gone(Through):
        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            inside.set()
            let_go.wait(20)

    with opened(Gone(ahead=1), clock="manual") as driver:
        with Session(driver.native, inputs=[0], outputs=[0], n_frames=N) as session:
            session.start()
            driver.step(3)
            assert inside.wait(10)
            before = time.monotonic()
            session.stop()
        assert time.monotonic() - before < 2
        with pytest.raises(Exception, match="has not come back from the last stream"):
            Session(driver.native, inputs=[0], outputs=[0], n_frames=N)
        let_go.set()

        def works() -> bool:
            try:
                Session(driver.native, inputs=[0], outputs=[0], n_frames=N).close()
            except Exception:
                return False
            return True

        assert wait_for(works)


def test_nothing_is_left_of_a_device_that_was_closed() -> None:
    """The worker holds the device; after the end nobody does."""
    import weakref  # noqa: PLC0415

    for ahead in (0, 3):
        device = Through(ahead)
        gone = weakref.ref(device)
        played_and_heard(device, "float32", [0, 1], [0, 1], n_blocks=3)
        del device
        assert wait_for(lambda gone=gone: gc.collect() >= 0 and gone() is None)


def test_the_stream_thread_is_attached_once() -> None:
    """Python knows the thread under one identity for all blocks, and forgets it at the end."""
    seen: set[int] = set()

    class Who(Through):
        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            super().process(block)
            local.value = getattr(local, "value", 0) + 1
            seen.add(local.value)

    local = threading.local()
    played_and_heard(Who(), "float32", [0, 1], [0, 1], n_blocks=9)
    assert seen == set(range(1, 11))  # thread-local state lives from block to block


# ---- mistakes that are caught ---------------------------------------------------------------------------------------


def logged_after(device: Through, log_file: Path, n_blocks: int = 6) -> tuple[str, np.ndarray, int]:
    """(log, what was heard block by block as float32, failures) of a device with two channels that is played noise."""
    samples = np.random.default_rng(7).uniform(-1, 1, (2, n_blocks * N)).astype(np.float32)
    with (
        opened(device, clock="manual") as driver,
        Session(driver.native, inputs=[0, 1], outputs=[0, 1], n_frames=N) as session,
    ):
        session.load(play=samples.view(np.uint8), record_frames=n_blocks * N)
        session.start()
        for k in range(n_blocks):
            driver.step()
            if device.ahead:
                assert wait_for(lambda k=k: len(device.seen) == k + 1)
        session.stop()
        heard = session.recorded.copy().view(np.float32).reshape(2, n_blocks, N)
        failures = driver.statistics["device_failures"]
    return log_file.read_text() if log_file.exists() else "", heard, failures


def test_a_result_is_not_returned(log_file: Path) -> None:
    class Returns(Through):
        def process(self, block) -> np.ndarray:  # type: ignore[no-untyped-def, override]
            return np.zeros((1, 3))

    text, heard, failures = logged_after(Returns(), log_file)
    assert failures == 6 and not heard.any()
    assert text.count("process() returned ndarray: it must return nothing, and write its result into block.to_host, "
                      "float32 of shape (2, 64)") == 1  # fmt: skip


def test_a_wrong_shape_is_numpy_s_error(log_file: Path) -> None:
    class Shape(Through):
        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            block.to_host[:] = np.zeros((3, 64))

    text, _, failures = logged_after(Shape(), log_file)
    assert failures == 6 and "could not broadcast input array" in text

    class Rebinds(Through):
        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            block.to_host = block.from_host

    text, _, failures = logged_after(Rebinds(), log_file)
    assert failures == 6 and "AttributeError" in text


@pytest.mark.parametrize("how", ["pass", "zero", "raise"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity(how: str, value: float, log_file: Path) -> None:
    class Divides(Through):
        non_finite = how

        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            block.to_host[:] = 0.5
            if block.position == 2 * N:
                block.to_host[1, 7] = value

    text, heard, failures = logged_after(Divides(), log_file)
    expected = np.full((2, 6, N), 0.5, np.float32)
    if how == "raise":
        expected[:, 2] = 0
        assert "NaN or infinity in block.to_host" in text
    else:
        expected[1, 2, 7] = value if how == "pass" else 0
    np.testing.assert_array_equal(heard, expected)
    assert failures == (how == "raise")


def test_a_wrong_setting_is_said_at_create_buffers() -> None:
    class Unsure(Through):
        non_finite = "perhaps"

    with opened(Unsure()) as driver, pytest.raises(Exception, match="non_finite must be one of pass, zero, raise"):
        Session(driver.native, inputs=[0], outputs=[0], n_frames=N)


def test_a_slow_process_is_counted_and_named(log_file: Path) -> None:
    class Sleepy(Through):
        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            super().process(block)
            if block.position in (2 * N, 4 * N):
                time.sleep(0.003)  # a block lasts 1.33 ms

    device = Sleepy()
    text, _, failures = logged_after(device, log_file)
    assert device.slow_blocks == 2 and failures == 0
    assert text.count("Sleepy: process() took ") == 1 and "a block lasts 1.33 ms" in text


@pytest.mark.parametrize("what", ["to_host", "from_host"])
@pytest.mark.parametrize("ahead", [0, 2])
def test_a_kept_array_is_seen(what: str, ahead: int, log_file: Path) -> None:
    kept = []

    class Keeps(Through):
        debug = True

        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            super().process(block)
            if block.position == 2 * N:
                kept.append(getattr(block, what)[0, 3:])

    class Copies(Keeps):
        def process(self, block) -> None:  # type: ignore[no-untyped-def]
            Through.process(self, block)
            kept.append(getattr(block, what)[0, 3:].copy())

    text, _, _ = logged_after(Copies(), log_file)
    assert "kept" not in text
    device = Keeps()
    device.ahead = ahead
    logged_after(device, log_file)
    assert log_file.read_text().count(f"process() has kept block.{what} or a view of it") == 1


# ---- options --------------------------------------------------------------------------------------------------------


class Tremolo(PyDevice):
    inputs: int = option(2, "channels each way", minimum=1, maximum=64)
    speed_hz: float = option(5.0, "how often a second", minimum=0.1, maximum=20, unit="Hz")
    shape: "str" = option("sine", "form of the wave", choices=("sine", "square"))
    gains: list = option([1.0], "one for each channel")

    @property
    def outputs(self) -> int:  # type: ignore[override]
        return self.inputs

    def process(self, block) -> None:  # type: ignore[no-untyped-def]
        block.to_host[:] = block.from_host


def test_annotated_attributes_are_the_options() -> None:
    assert [(o.name, o.type, o.default, o.unit) for o in Tremolo.OPTIONS] == [
        ("inputs", int, 2, ""), ("speed_hz", float, 5.0, "Hz"), ("shape", str, "sine", ""), ("gains", list, [1.0], ""),
    ]  # fmt: skip
    made = Tremolo(speed_hz=7, inputs=3)
    assert (made.speed_hz, made.inputs, made.outputs, made.shape) == (7.0, 3, 3, "sine")
    made.gains.append(2.0)
    assert Tremolo().gains == [1.0]

    class More(Tremolo):
        depth: float = option(0.5, "how deep")
        speed_hz: float = option(6.0, "faster", unit="Hz")

    assert [o.name for o in More.OPTIONS] == ["inputs", "speed_hz", "shape", "gains", "depth"]
    assert More().speed_hz == 6.0 and Tremolo().speed_hz == 5.0


def test_a_wrong_option_is_named() -> None:
    with pytest.raises(ConfigError, match=r"'Tremolo': option 'speed_hz': 50.0 is outside 0.1 to 20 Hz"):
        Tremolo(speed_hz=50.0)
    with pytest.raises(TypeError, match="Tremolo has no option speed"):
        Tremolo(speed=5.0)
    with pytest.raises(TypeError, match=r"Bare.x: an option needs its type: x: float = option"):
        type("Bare", (PyDevice,), {"x": option(1, "no type")})
    with pytest.raises(TypeError, match=r"Odd.x: .*complex.* is none of bool, int, float"):
        type("Odd", (PyDevice,), {"x": option(1, "odd"), "__annotations__": {"x": complex}})
    with pytest.raises(TypeError, match="default of option 'x': 9 is outside 0 to 5"):
        type("Far", (PyDevice,), {"x": option(9, "far", minimum=0, maximum=5), "__annotations__": {"x": int}})

"""Each group of the benchmark, really run, as short as it can be: what it says is complete. How fast is no test's."""

import importlib
import json
import math
from collections.abc import Iterator

import pytest

from asiokit.bench import GROUPS, bare_host, convert, freewheel, jack, machine, peers
from asiokit.bench.loops import Conversion, has_plain_loops
from asiokit.bench.measure import Result
from asiokit.cli.bench import is_row
from asiokit.sample_types import SAMPLE_TYPES

# lines whose anchor somebody must install
PEERS = {"PortAudio", "JACK", "jackd", "cffi", "cyclictest", convert.PLAIN}


def results_of(group: str) -> list[Result]:
    ticks: list[tuple[int, int]] = []
    module = importlib.import_module(f"asiokit.bench.{group}")
    assert isinstance(module.PINNED, bool)
    results = list(module.run(2, True, lambda done, total: ticks.append((done, total))))
    assert all(0 <= done <= total for done, total in ticks)
    return results


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_says_all_it_promises(group: str) -> None:
    results = results_of(group)
    assert {result.group for result in results} == {group}
    names = [result.name for result in results]
    assert len(names) == len(set(names)) > 0
    assert any(result.goal for result in results)
    for result in results:
        row = json.loads(json.dumps(result.fields()))
        assert is_row(row)
        for figure in (result.value, result.anchor, result.ratio):
            assert figure is None or math.isfinite(figure)
        if result.ratio is None and result.value is None:
            assert result.anchor_name in PEERS or "cyclictest" in result.name
        if result.spread and result.ratio is not None:
            assert 0 < result.spread[0] <= result.spread[1]
        if result.goal and result.anchor_name not in PEERS:
            assert result.met is not None


def test_the_machine_is_described() -> None:
    about = machine.describe()
    wanted = ("cpu", "cores", "kernel", "os", "python", "compiler", "governor", "date", "asiokit", "convert_level")
    assert all(about[key] for key in (*wanted, "scheduling"))


def test_all_configurations_are_measured() -> None:
    assert len(set(convert.configurations(quick=False))) == 144
    assert (freewheel.JACK_CHANNELS, freewheel.JACK_FRAMES) in freewheel.SHAPES


@pytest.mark.skipif(not has_plain_loops(), reason="not compiled for this processor")
@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize(("n_channels", "n_frames"), [(1, 7), (3, 33), (8, 64)])
def test_the_plain_loops_make_the_same_bits(interleaved: bool, n_channels: int, n_frames: int) -> None:
    """An anchor that does less would be no anchor."""
    number = SAMPLE_TYPES["int24"].number
    ours = Conversion(number, -1, True, interleaved, n_channels, n_frames)
    plain = Conversion(number, -1, True, interleaved, n_channels, n_frames)
    ours.run(1)
    plain.run_plain(1)
    assert ours.integers() == plain.integers()
    assert any(ours.integers())
    ours, plain = (Conversion(number, -1, False, interleaved, n_channels, n_frames) for _ in range(2))
    ours.run(1)
    plain.run_plain(1)
    assert ours.floats() == plain.floats()


def test_the_plain_loops_are_of_int24_only() -> None:
    with pytest.raises(ValueError, match="no such loop"):
        Conversion(SAMPLE_TYPES["int16"].number, -1, True, False, 2, 8).run_plain(1)


def test_a_conversion_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="level 99"):
        Conversion(SAMPLE_TYPES["int16"].number, 99, True, False, 2, 8)
    with pytest.raises(ValueError, match="no PCM type"):
        bare_host.Interleaved(2, 999)


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(peers.shutil, "which", lambda name: None)
    monkeypatch.setattr(peers.ctypes.util, "find_library", lambda name: None)
    peers.portaudio.cache_clear()
    yield
    peers.portaudio.cache_clear()


@pytest.mark.usefixtures("nothing_installed")
def test_where_no_peer_is_installed_lines_stay_open() -> None:
    assert peers.cyclictest(1000, 0.1) is None
    assert peers.portaudio_converter(peers.PA_FLOAT32, peers.PA_INT16) is None
    with pytest.raises(LookupError), jack.freewheeling(2, 32):
        pass
    results = results_of("ring")
    assert {result.met for result in results if result.goal} == {None}
    assert any(result.ratio for result in results)


def test_a_program_that_fails_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers.shutil, "which", lambda name: "/bin/false")
    assert peers.cyclictest(1000, 0.1) is None
    monkeypatch.setattr(jack, "START_S", 0.5)
    with pytest.raises(LookupError), jack.freewheeling(2, 32):
        pass

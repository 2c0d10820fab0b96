"""asiokit demo --wine: PortAudio in a Wine prefix; and what it makes of callbacks without time stamps."""

import json
import shutil

import numpy as np
import pytest

from asiokit.cli import demo_wine, main

PERIOD = 1000.0


def test_an_even_grid_that_none_comes_before():
    late = np.array([30, 10, 80, 0, 500, 20], float)
    ticks = 7000 + PERIOD * np.arange(6) + late
    grid = demo_wine.even_grid(ticks, PERIOD)
    assert list(grid) == [7000, 8000, 9000, 10000, 11000, 12000]


def test_a_callback_a_period_late_begins_a_new_grid():
    ticks = np.array([0, 1010, 2005, 5500, 6480, 7510], float)  # the fourth was due at 3000
    grid = demo_wine.even_grid(ticks, PERIOD)
    assert list(grid) == [0, 1000, 2000, 5480, 6480, 7480]


def test_drift_slower_than_a_period_is_no_lateness():
    ticks = 1001 * np.arange(500, dtype=float)
    grid = demo_wine.even_grid(ticks, PERIOD)
    assert np.array_equal(grid, 1000 * np.arange(500))


def test_without_a_windows_build_the_remedy_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(demo_wine, "ROOT", tmp_path)
    assert main(["demo", "--wine"]) == 2
    assert "in a checkout of asiokit only" in capsys.readouterr().err


def has_build() -> bool:
    folders = (demo_wine.ROOT / "dist", demo_wine.ROOT / "build" / "windows" / "dist")
    return shutil.which("wine") is not None and any(list(folder.glob("*-win_amd64.whl")) for folder in folders)


@pytest.mark.wine
@pytest.mark.timeout(300)
@pytest.mark.skipif(not has_build(), reason=f"no Wine, or no Windows wheel: {demo_wine.BUILT_BY} makes it")
def test_the_shipped_sound_through_portaudio(tmp_path, capsys):
    report = tmp_path / "r.html"
    assert main(["demo", "--wine", "--seconds", "1.5", "--frames", "128", "--json", "--report", str(report)]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert "PortAudio" in facts["host"] and "Wine" in facts["host"]
    assert (facts["samples_compared"], facts["differing_samples"]) == (144000, 0)
    assert facts["reported_round_trip_frames"] == facts["measured_round_trip_frames"] == 128
    assert "PortAudio" in report.read_text(encoding="utf-8")

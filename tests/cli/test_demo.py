"""asiokit demo: a file through the driver and back, its figures and its report."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asiokit.cli import demo, demo_report, main

KEYS = {
    *("driver", "host", "rate_hz", "buffer_frames", "channels", "samples_compared", "differing_samples"),
    *("reported_round_trip_frames", "measured_round_trip_frames", "buffer_switches", "late_cycles", "wake_jitter_us"),
    "report",
}


def run(capsys, *arguments: str) -> tuple[int, dict]:
    code = main(["demo", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_as_a_user_runs_it(tmp_path):
    """In a process of its own, with the shipped sound, through the library that hosts load."""
    command = [sys.executable, "-m", "asiokit", "demo", "--seconds", "1.5", "--json", "--report", "r.html"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert set(facts) >= KEYS
    assert facts["driver"] == "asiokit Loopback"
    assert "dlopen" in facts["host"]
    assert (facts["rate_hz"], facts["buffer_frames"], facts["channels"]) == (48000, 64, 2)
    assert (facts["samples_compared"], facts["differing_samples"]) == (2 * 72000, 0)
    assert facts["reported_round_trip_frames"] == facts["measured_round_trip_frames"] == 64
    assert facts["buffer_switches"] >= 72000 / 64
    jitter = facts["wake_jitter_us"]
    assert 0 <= jitter["p50"] <= jitter["p99"] <= jitter["max"]
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "144,000" in page and "bit for bit" in page


def test_the_driver_side_is_never_imported_by_the_demo_itself(reference_path, tmp_path):
    code = (
        "import sys; from asiokit.cli import main;"
        f"words = ['demo', '--driver', {str(reference_path)!r}, '--seconds', '0.2', '--json', '--report', 'r.html'];"
        "code = main(words);"
        "side = [m for m in sys.modules if m.startswith(('asiokit.com', 'asiokit.engine', 'asiokit.entry'))];"
        "sys.exit(f'{code} {side}' if code or side else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("subtype", "channels", "rate_hz", "frames"),
    [("PCM_24", 1, 44100, 128), ("PCM_16", 4, 96000, 32), ("FLOAT", 2, 8000, 64)],
)
def test_files_of_all_kinds(reference, tmp_path, capsys, subtype, channels, rate_hz, frames):
    sound = np.random.default_rng(1).uniform(-0.9, 0.9, (2000, channels))
    soundfile.write(str(tmp_path / "s.wav"), sound, rate_hz, subtype=subtype)
    code, facts = run(
        capsys, str(tmp_path / "s.wav"), "--driver", str(reference.path), "--frames", str(frames),
        "--seconds", str(5000 / rate_hz), "--report", str(tmp_path / "r.html"),
    )  # fmt: skip
    assert code == 0
    assert (facts["channels"], facts["rate_hz"], facts["buffer_frames"]) == (channels, rate_hz, frames)
    assert facts["samples_compared"] == 5000 * channels  # repeated up to the length asked for
    assert facts["measured_round_trip_frames"] == frames


def test_a_changed_sample_is_a_failure(reference, tmp_path, capsys):
    reference.option(reference.CORRUPT, 100)
    report = tmp_path / "r.html"
    code, facts = run(capsys, "--driver", str(reference.path), "--seconds", "0.5", "--report", str(report))
    assert code == 1
    assert facts["differing_samples"] == 3  # cycles 100, 200, 300
    assert facts["first_difference"] == 99 * 64
    assert "3 of 48,000 samples differ." in report.read_text(encoding="utf-8")
    assert main(["demo", "--driver", str(reference.path), "--seconds", "0.5", "--report", str(report)]) == 1
    assert "3 of 48,000 samples differ." in capsys.readouterr().out


def test_a_late_cycle_is_counted(reference, tmp_path, capsys):
    reference.option(reference.STALL_MS, 30)
    code, facts = run(capsys, "--driver", str(reference.path), "--seconds", "0.3", "--report", str(tmp_path / "r.html"))
    assert code == 0
    assert facts["late_cycles"] >= 1


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"measured_round_trip_frames": None, "samples_compared": 0}, "Nothing of what was played came back"),
        ({"measured_round_trip_frames": 128}, "but not when the driver says"),
        ({"index_faults": 2}, "2 buffer switches came with the wrong index"),
        ({"differing_samples": 5}, "5 of 1,000 samples differ"),
    ],
)
def test_verdicts(change, text):
    good = {
        "measured_round_trip_frames": 64,
        "reported_round_trip_frames": 64,
        "differing_samples": 0,
        "samples_compared": 1000,
        "index_faults": 0,
    }
    assert demo.is_good(good)
    assert not demo.is_good(good | change)
    assert text in demo.verdict(good | change)


def test_silence_and_other_files_that_prove_nothing(reference, tmp_path, capsys):
    soundfile.write(str(tmp_path / "silence.wav"), np.zeros((4800, 2)), 48000)
    soundfile.write(str(tmp_path / "empty.wav"), np.zeros((0, 2)), 48000)
    for name, text in (("silence.wav", "prove nothing"), ("empty.wav", "no sound in it"), ("none.wav", "no such file")):
        assert main(["demo", str(tmp_path / name), "--driver", str(reference.path)]) == 2
        assert text in capsys.readouterr().err


def test_a_report_that_can_not_be_written(reference, tmp_path, capsys):
    arguments = [
        "demo",
        "--driver",
        str(reference.path),
        "--seconds",
        "0.1",
        "--report",
        str(tmp_path / "no" / "r.html"),
    ]
    assert main(arguments) == 2
    assert "the report can't be written" in capsys.readouterr().err


@pytest.fixture
def page(reference, tmp_path, capsys):
    """A report of a file whose name wants to be HTML."""
    name = tmp_path / "<b>&.wav"
    soundfile.write(str(name), np.random.default_rng(2).uniform(-1, 1, (9600, 2)), 48000)
    report = tmp_path / "r.html"
    arguments = [str(name), "--driver", str(reference.path), "--seconds", "0.2", "--report", str(report)]
    assert run(capsys, *arguments)[0] == 0
    return report.read_text(encoding="utf-8")


def test_the_report_needs_nothing_beside_it(page):
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", page))
    assert all(address.startswith("http://www.w3.org/") for address in addresses)  # names of namespaces
    assert not re.search(r"<(script|link|img|iframe)\b|@import|url\((?!#)", page)
    assert "&lt;b&gt;&amp;.wav" in page and "<b>&" not in page
    assert "prefers-color-scheme: dark" in page


def test_the_report_has_its_plots(page):
    pytest.importorskip("matplotlib")
    assert page.count("<svg") == 4
    assert "var(--played)" in page and "var(--recorded)" in page
    assert not re.search(r"#0[1-7]0[1-7]0[1-7]\b", page)  # every stand-in has become a variable
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    references = set(re.findall(r'(?:url\(#|href="#)([^")]+)', page))
    assert references <= set(ids)


def test_without_matplotlib_the_tables_remain(reference, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(demo_report, "has_plots", lambda: False)
    report = tmp_path / "r.html"
    assert main(["demo", "--driver", str(reference.path), "--seconds", "0.2", "--report", str(report)]) == 0
    out = capsys.readouterr().out
    assert 'pip install "asiokit[report]"' in out
    assert max(map(len, out.replace(str(report), "").splitlines())) <= 80
    page = report.read_text(encoding="utf-8")
    assert "<svg" not in page and "samples compared" in page and "asiokit[report]" in page


def test_the_shipped_sound_is_what_the_script_makes(tmp_path, monkeypatch):
    script = Path(__file__).resolve().parents[2] / "tools" / "make_demo_sound.py"
    spec = importlib.util.spec_from_file_location("make_demo_sound", script)
    assert spec is not None and spec.loader is not None
    make_demo_sound = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_demo_sound)
    monkeypatch.setattr(make_demo_sound, "TARGET", tmp_path / "made.wav")
    make_demo_sound.main()
    made, shipped = (
        soundfile.read(str(tmp_path / "made.wav"), dtype="int16"),
        soundfile.read(str(demo.SHIPPED), dtype="int16"),
    )
    assert made[1] == shipped[1] == 48000
    assert np.abs(made[0].astype(int) - shipped[0]).max() <= 1  # libm may round differently elsewhere

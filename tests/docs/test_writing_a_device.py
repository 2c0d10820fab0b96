"""tests of the tutorial: each program in it is a file, each file runs, and its commands do what it says."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from asiokit import discovery
from asiokit.cli import main
from asiokit.config import load_entry
from asiokit.testing import play_through

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
EXAMPLES = DOCS / "examples"
TUTORIAL = (DOCS / "writing-a-device.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"<!-- (\S+) -->\n```\w+\n(.*?)```", TUTORIAL, re.DOTALL)


@pytest.mark.parametrize(("name", "text"), QUOTED, ids=[name for name, _ in QUOTED])
def test_what_is_shown_is_what_is_there(name: str, text: str) -> None:
    file = DOCS / name if (DOCS / name).is_file() else ROOT / name
    assert text in file.read_text(encoding="utf-8")


def test_every_program_is_quoted_from_a_file() -> None:
    assert len(QUOTED) == 6
    programs = re.findall(r"```(?:python|cython|c)\n", TUTORIAL)
    assert len(programs) == len(QUOTED)


def test_the_test_in_the_tutorial_passes(tmp_path: Path) -> None:
    for name in ("tremolo.py", "test_tremolo.py"):
        shutil.copy(EXAMPLES / name, tmp_path)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def test_from_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands up to the first host, but for `run`, which has tests of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASIOKIT_CWASIO_DIR", str(tmp_path / "cwasio"))
    monkeypatch.setenv("ASIOKIT_CONFIG_DIR", str(tmp_path / "config"))
    shutil.copy(EXAMPLES / "sine.py", tmp_path)
    (command,) = re.findall(r'```sh\npython -c "\n(.*?)"\n```', TUTORIAL, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "(2, 640)\n", done.stderr
    assert "It prints `(2, 640)`" in TUTORIAL
    (create,) = re.findall(r"`(asiokit create [^`]*--register)`", TUTORIAL)
    if sys.platform == "win32":
        create = create.removesuffix(" --register")
    assert main(shlex.split(create)[1:]) == 0
    (entry,) = (tmp_path / "config").glob("*.toml")
    device_class, options = discovery.device_of(load_entry(entry))
    heard = play_through(device_class(**options))
    expected = 0.1 * np.sin(2 * np.pi * 440 * np.arange(640) / 48000)
    np.testing.assert_allclose(heard, [expected, expected], atol=1e-7)
    shutil.copy(EXAMPLES / "tremolo.py", tmp_path)
    capsys.readouterr()
    assert main(["run", "tremolo.py:Tremolo", "-o", "sped_hz=3"]) == 2
    said = capsys.readouterr().err.strip()
    assert said.replace(str(tmp_path), "/home/me") in TUTORIAL


def test_numba_gives_the_same_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import tremolo  # noqa: PLC0415
    import tremolo_numba  # noqa: PLC0415

    played = np.random.default_rng(1).uniform(-1, 1, (2, 6400)).astype(np.float32)
    given = {"speed_hz": 7.5, "depth": 0.9}
    heard = [play_through(module.Tremolo(**given), played, n_blocks=100) for module in (tremolo, tremolo_numba)]
    assert np.abs(heard[0]).max() > 0.5
    np.testing.assert_array_max_ulp(heard[0], heard[1], 1)


def test_every_hook_is_in_the_table() -> None:
    import asiokit.device  # noqa: PLC0415

    hooks = {
        name for name, value in vars(asiokit.device.Device).items() if callable(value) and not name.startswith("_")
    }
    missing = {name for name in hooks - {"internal_frames", "wires", "log"} if f"`{name}" not in TUTORIAL}
    assert not missing


def test_each_device_that_comes_along_has_its_section() -> None:
    text = (DOCS / "devices.md").read_text(encoding="utf-8")
    ours = [device.name for device in discovery.declared_classes() if device.target.startswith("asiokit_drivers")]
    assert len(ours) == 9
    for name in ours:
        assert f"\n## {name}\n" in text
        assert f"(examples/entries/{name}.toml)" in text
        assert load_entry(EXAMPLES / "entries" / f"{name}.toml").device == name

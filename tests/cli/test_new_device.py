"""asiokit new-device: what it writes builds, passes its own test, and is found; all kinds give the same samples."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from cli.clean_venv import CleanVenv, build_wheel, run

from asiokit.cli import main, new_device

KINDS = ("python", "cython", "c")

# plays a second of noise through a device and writes down what comes back
PLAY = """
import sys
import numpy as np
from asiokit.testing import play_through
played = np.random.default_rng(5).uniform(-1, 1, (2, 48000)).astype(np.float32)
options = {"speed_hz": 7.3, "depth": 0.9}
np.save(sys.argv[2], play_through(sys.argv[1], played, n_blocks=750, options=options))
"""


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> CleanVenv:
    folder = tmp_path_factory.mktemp("clean")
    made = CleanVenv(folder / "venv")
    made.install(build_wheel(folder))
    return made


def made_sdist(clean: CleanVenv, project: Path) -> Path:
    """What its author would publish. Nothing that was made is left among the sources."""
    (package,) = (file.parent for file in project.glob("*/__init__.py"))
    before = sorted(package.iterdir())
    make = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
    run(clean.python, "-c", make, project / "dist", cwd=project)
    assert sorted(package.iterdir()) == before
    (sdist,) = (project / "dist").glob("*.tar.gz")
    return sdist


@pytest.mark.skipif(sys.platform == "win32", reason="Linux paths")
@pytest.mark.timeout(300)
def test_packages_build_pass_their_tests_and_agree(clean: CleanVenv, tmp_path: Path) -> None:
    """The same tremolo, written in three ways, each in a package of its own, beside an asiokit from its wheel."""
    assert clean.run("-c", "import asiokit; print(asiokit.__file__)").startswith(str(clean.folder))
    for kind in KINDS:
        words = ("-m", "asiokit", "new-device", f"wobble-{kind}", "--kind", kind, "--folder", tmp_path)
        assert "Next:" in clean.run(*words)
        clean.install(made_sdist(clean, tmp_path / f"wobble-{kind}"))
        # from elsewhere, so that what is tested is what was installed
        said = clean.run("-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path / f"wobble-{kind}" / "tests")
        assert re.search(r"^5 passed", said, re.MULTILINE), said
    listed = {device["name"]: device for device in json.loads(clean.run("-m", "asiokit", "devices", "--json"))}
    assert {"wobble-python", "wobble-cython", "wobble-c", "loopback"} <= listed.keys()
    for kind in KINDS:
        device = listed[f"wobble-{kind}"]
        assert device["origin"] in (f"wobble_{kind} 0.1.0", f"wobble-{kind} 0.1.0") and device["error"] == ""
        assert [option["name"] for option in device["options"]] == ["channels", "speed_hz", "depth"]
    heard = {}
    for kind in KINDS:
        clean.run("-c", PLAY, f"wobble-{kind}", tmp_path / f"{kind}.npy")
        heard[kind] = np.load(tmp_path / f"{kind}.npy")
    assert np.abs(heard["python"]).max() > 0.9
    np.testing.assert_array_equal(heard["c"], heard["cython"])
    # numpy has a cosine of its own
    np.testing.assert_array_max_ulp(heard["python"], heard["c"], 1)
    # a name that is taken now
    with pytest.raises(AssertionError, match=r"is a device class of wobble.c 0\.1\.0 already"):
        clean.run("-m", "asiokit", "new-device", "wobble-c", "--folder", tmp_path / "other")


def test_the_wheel_has_what_strangers_compile_against(clean: CleanVenv) -> None:
    folder = Path(clean.run("-c", "import asiokit; print(asiokit.get_include())").strip())
    assert folder.name == "include" and (folder / "asiokit_device.h").is_file()
    package = folder.parent
    for name in (
        "device/__init__.pxd",
        "device/base.pxd",
        "abi/block.pxd",
        "abi/asio.pxd",
        "rt/blocks.pxd",
        "py.typed",
    ):
        assert (package / name).is_file(), name


def test_a_name_that_clashes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in {
        "loopback": "is a device class of asiokit",
        "numpy": "there is a Python module 'numpy' already",
        "json": "there is a Python module 'json' already",
        "lambda": "is a word of Python",
        "build": "is a file or folder of every Python project",
        "tests": "is a file or folder of every Python project",
        "con": "can't be a folder on Windows",
        "level_meter": "'level-meter' is a device class of asiokit",
        "device": "would make a class Device",
        "py-device": "would make a class PyDevice",
        "py.yaml": "small letters and digits",
        "hypothesis": "there is a Python module 'hypothesis' already (",
        "Wobble": "small letters and digits",
        "a/b": "small letters and digits",
        "../x": "small letters and digits",
    }.items():
        assert main(["new-device", name, "--folder", str(tmp_path)]) == 2
        said = capsys.readouterr().err
        assert text in said and (said.endswith("choose another name\n") or "joined by - or _" in said)
    assert list(tmp_path.iterdir()) == []


def test_no_class_hides_what_its_own_file_uses() -> None:
    """Whatever a template's device file imports or declares can't be the name of the class in it."""
    used = set()
    for file in new_device.TEMPLATES.glob("*/package/device.*"):
        text = file.read_text(encoding="utf-8")
        for names in re.findall(r"^from \S+ c?import (.*)", text, re.MULTILINE):
            used |= {name for name in names.split(", ") if name[0].isupper() and not name.isupper()}
        used |= set(re.findall(r"^class (\w+)", text, re.MULTILINE))
    assert used - {"M_PI"} == new_device.TEMPLATE_CLASSES


def test_a_package_that_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its modules may have other names."""
    info = tmp_path / "site" / "py_wobble-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: py-wobble\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    for name in ("py-wobble", "py_wobble"):
        assert main(["new-device", name, "--folder", str(tmp_path)]) == 2
        assert f"a package {name!r} is installed already: choose another name" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_an_empty_folder_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As by `python -m asiokit`, which finds the folder as a module."""
    (tmp_path / "a b" / "wobble").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a b")
    monkeypatch.syspath_prepend(str(tmp_path / "a b"))
    assert main(["new-device", "wobble", "--folder", str(tmp_path / "a b")]) == 0
    assert f'cd "{tmp_path / "a b" / "wobble"}"' in capsys.readouterr().out
    (tmp_path / "a b" / "warble").touch()
    assert main(["new-device", "warble", "--folder", str(tmp_path / "a b")]) == 2
    assert "warble is a file" in capsys.readouterr().err


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wobble").mkdir()
    (tmp_path / "wobble" / "precious.txt").write_text("mine")
    assert main(["new-device", "wobble", "--folder", str(tmp_path)]) == 2
    assert "exists already, and is not empty" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "wobble").iterdir()] == ["precious.txt"]
    (tmp_path / "wobble" / "precious.txt").unlink()
    assert main(["new-device", "wobble", "--folder", str(tmp_path)]) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_no_word_is_left_open(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-device", "my-wobble_2", "--kind", kind, "--folder", str(tmp_path)]) == 0
    assert max(map(len, capsys.readouterr().out.replace(str(tmp_path), "").splitlines())) <= 110
    files = [path for path in (tmp_path / "my-wobble_2").rglob("*") if path.is_file()]
    assert len(files) >= 6
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"@\w+@", text + file.name), file
        assert not re.search(r"[ \t]$", text, re.MULTILINE), file
    assert "class MyWobble2(" in next(file for file in files if file.stem == "device").read_text()

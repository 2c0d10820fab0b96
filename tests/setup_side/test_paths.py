"""Where things are: the same places that the C side looks at."""

import ctypes
import os
import sys
from pathlib import Path

import pytest

from asiokit import paths
from asiokit.errors import ConfigError, InstallError

linux = pytest.mark.skipif(sys.platform == "win32", reason="Linux places")


def test_the_python_library_is_one_that_can_be_embedded():
    library = ctypes.CDLL(str(paths.python_library()))
    library.Py_GetVersion.restype = ctypes.c_char_p
    assert library.Py_GetVersion().decode() == sys.version


@linux
def test_a_python_without_a_shared_library_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    monkeypatch.setattr("sysconfig.get_config_var", lambda name: None)
    with pytest.raises(InstallError) as caught:
        paths.python_library()
    for part in [str(tmp_path), f"libpython3.{sys.version_info[1]}.so.1.0", "apt install", "--enable-shared"]:
        assert part in str(caught.value)


def test_the_location_file_reads_back_as_it_was_written(tmp_path):
    place = paths.Place("/a b/libpython.so", "/v/bin/python", "/ü")
    (tmp_path / "x").write_text(paths.location_text(place), encoding="utf-8")
    assert paths.read_values(tmp_path / "x") == place.texts()
    assert paths.read_values(tmp_path / "absent") == {}
    with pytest.raises(InstallError, match="line break"):
        paths.location_text(paths.Place("/a\nb", "c", "d"))


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """asiokit as if it lay in another folder."""
    folder = tmp_path / "site" / "asiokit"
    folder.mkdir(parents=True)
    monkeypatch.setattr(paths, "package_folder", lambda: folder)
    return folder


def test_an_editable_install_gets_its_location_written(elsewhere):
    file = elsewhere / paths.LOCATION_FILE
    for before in [None, "program=/somebody/elses\n"]:
        if before:
            file.write_text(before)
        paths.write_location()
        assert paths.read_values(file) == {
            "python_library": str(paths.python_library()),
            "program": sys.executable,
            "path": str(elsewhere.parent),
        }
    stamp = file.stat().st_mtime_ns
    paths.write_location()
    assert file.stat().st_mtime_ns == stamp  # what is right is left alone


@linux
def test_an_install_in_site_packages_needs_none(tmp_path, monkeypatch):
    folder = tmp_path / "lib" / "python3.11" / "site-packages" / "asiokit"
    folder.mkdir(parents=True)
    monkeypatch.setattr(paths, "package_folder", lambda: folder)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert not paths.is_deducible()  # no program there
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").touch()
    assert paths.is_deducible()
    paths.write_location()
    assert list(folder.iterdir()) == []
    monkeypatch.setattr(sys, "prefix", "/another")
    assert not paths.is_deducible()


@linux
def test_a_location_that_cannot_be_written_says_so(elsewhere):
    (elsewhere / paths.LOCATION_FILE).mkdir()
    with pytest.raises(InstallError, match="hosts would not find it"):
        paths.write_location()


def test_a_library_that_was_never_built_is_named(elsewhere):
    with pytest.raises(InstallError, match=r"asiokit\.(dll|so) is not there: build it"):
        paths.shim_library()


@linux
def test_linux_folders(monkeypatch, tmp_path):
    for name in ("ASIOKIT_CONFIG_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert paths.config_folders() == [tmp_path / ".config/asiokit", Path("/etc/asiokit")]
    assert paths.log_file() == tmp_path / ".local/state/asiokit/asiokit.log"
    monkeypatch.setenv("XDG_CONFIG_HOME", "/x")
    monkeypatch.setenv("XDG_STATE_HOME", "/s")
    assert paths.config_folder() == Path("/x/asiokit") and paths.log_file() == Path("/s/asiokit/asiokit.log")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")  # the specification says to ignore it; so does the shim
    assert paths.log_file() == tmp_path / ".local/state/asiokit/asiokit.log"

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert paths.config_folders() == [Path("/etc/asiokit")]
    monkeypatch.setenv("SUDO_USER", "nobody")
    assert paths.config_folder() == Path("/etc/asiokit")
    assert paths.config_folders()[0].parts[-2:] == (".config", "asiokit") and len(paths.config_folders()) == 2
    monkeypatch.setenv("SUDO_USER", "no such user")
    assert paths.config_folders() == [Path("/etc/asiokit")]
    monkeypatch.setenv("ASIOKIT_CONFIG_DIR", str(tmp_path))
    assert paths.config_folders() == [tmp_path] == [paths.config_folder()]


def test_windows_device_names_are_refused(folders):
    for name in ["con", "NUL", "Com1", "aux.1"]:
        with pytest.raises(ConfigError, match="Windows device"):
            paths.entry_file(name)
    assert paths.entry_file("Console") == folders[0] / "Console.toml"

"""tests of the watch over an entry's files: changes are seen once, whole, and only if a host could use them."""

import gc
import os
import threading
from pathlib import Path

import pytest
from inprocess import wait_for

from asiokit import watch
from asiokit.config import load_entry

DEVICE = "class Mine:\n    OPTIONS = ()\n"


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(DEVICE)
    file = tmp_path / "entry.toml"
    file.write_text('name = "Mine"\ndevice = "mine.py:Mine"\nwatch = true\n')
    return file


def changed(file: Path, text: str, t_ns: int) -> None:
    """With a time of its own: two edits within the file system's clock tick are two edits."""
    file.write_text(text)
    os.utime(file, ns=(t_ns, t_ns))


def test_a_change_is_seen_once_it_has_ended(entry: Path) -> None:
    device = entry.with_name("mine.py")
    files = watch.FileWatch(watch.files_of(load_entry(entry)))
    assert files.files == (entry, device)
    assert not files.look() and not files.look()
    changed(device, DEVICE + "#", 1)
    assert not files.look()  # it may go on
    changed(device, DEVICE + "##", 2)
    assert not files.look()
    assert files.look()
    assert not files.look()
    device.unlink()
    assert not files.look() and not files.look()  # an editor that writes by renaming
    changed(device, DEVICE, 3)
    assert not files.look()
    assert files.look()
    changed(entry, entry.read_text() + "#", 4)
    assert not files.look()
    assert files.look()


def test_only_the_entry_where_the_device_is_installed(tmp_path: Path) -> None:
    file = tmp_path / "entry.toml"
    file.write_text('name = "Mine"\ndevice = "loopback"\n')
    assert watch.files_of(load_entry(file)) == (file,)


class Device:
    def __init__(self) -> None:
        self.n_resets = 0
        self.texts: list[str] = []

    def log(self, text: str) -> None:
        self.texts.append(text)

    def request_reset(self) -> None:
        self.n_resets += 1


def test_a_reset_is_asked_for_only_when_it_would_work(entry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.005)
    device = Device()
    file = entry.with_name("mine.py")
    watch.watch(load_entry(entry), device)
    changed(file, "class Mine:\n    syntax error\n", 1)
    assert wait_for(lambda: device.texts)
    assert "can't be used yet" in device.texts[0] and "(line 2)" in device.texts[0]
    changed(file, "raise SystemExit(3)\n", 2)
    assert wait_for(lambda: len(device.texts) == 2)
    assert device.n_resets == 0
    changed(file, DEVICE, 3)
    assert wait_for(lambda: device.n_resets == 1)
    changed(entry, entry.read_text() + "[stream]\nrate_hz = 1\n", 4)
    assert wait_for(lambda: len(device.texts) == 4)
    assert "rate_hz" in device.texts[3] and device.n_resets == 1


def test_the_watch_ends_with_the_device(entry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_S", 0.005)

    def watching() -> bool:
        return any(thread.name == "asiokit-watch" for thread in threading.enumerate())

    device = Device()
    watch.watch(load_entry(entry), device)
    assert watching()
    del device
    gc.collect()
    assert wait_for(lambda: not watching())

"""setup side: looks after the files of an open driver that is being worked on, and asks the host for a reset."""

import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asiokit import discovery
from asiokit.config import EntryConfig, load_entry
from asiokit.errors import AsiokitError

LOOK_S = 0.25

Stamp = tuple[int, int] | None


class FileWatch:
    """Notices when one of some files has another content, once it has stopped changing."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        self.files = files
        self._known = self._last = self._stamps()

    def look(self) -> bool:
        """To be called now and then. True: they have changed since the last True, and are as they were a look ago: an
        editor that writes in several steps is not interrupted."""
        before, self._last = self._last, self._stamps()
        if self._last == self._known or self._last != before or None in self._last:
            return False
        self._known = self._last
        return True

    def _stamps(self) -> tuple[Stamp, ...]:
        return tuple(map(_stamp, self.files))


def _stamp(file: Path) -> Stamp:
    try:
        facts = file.stat()
    except OSError:
        return None  # between deletion and renaming
    return facts.st_mtime_ns, facts.st_size


def files_of(config: EntryConfig) -> tuple[Path, ...]:
    """The entry's file, and its device's where that is a file."""
    assert config.path is not None
    files = [config.path]
    if discovery.is_file_device(config.device):
        files.append(config.path.parent / config.device.rpartition(":")[0])
    return tuple(files)


def problem_of(path: Path) -> str:
    """Why a host could not open the entry as it is now; empty if it could."""
    try:
        discovery.device_of(load_entry(path))
    except AsiokitError as error:
        return str(error)
    return ""


def watch(config: EntryConfig, device: Any) -> None:
    """Until the device is gone: when a file changes, and a host could open the entry as it is then, the host is asked
    for a reset; otherwise the log says why not. A thread of its own, which does not keep the device alive."""
    reference: Callable[[], Any] = weakref.ref(device)
    arguments = (config.path, FileWatch(files_of(config)), reference)
    threading.Thread(target=_watch, args=arguments, name="asiokit-watch", daemon=True).start()


def _watch(path: Path, files: FileWatch, reference: Callable[[], Any]) -> None:
    pause = threading.Event()
    while reference() is not None:
        pause.wait(LOOK_S)
        if not files.look():
            continue
        problem = problem_of(path)
        device = reference()
        if device is None:
            return
        if problem:
            device.log(f"a change can't be used yet: {problem}")
        else:
            device.log("a file has changed: the host is asked for a reset")
            device.request_reset()
        del device

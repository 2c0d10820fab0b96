"""cli: a device under construction as a driver, for as long as this runs.

Makes and registers an entry, and watches the device's file: when it has
changed and loads, a host that has the driver open is asked to open it anew.
Ctrl-C unregisters it. On Windows this needs an elevated prompt, on Linux sudo.
"""

import argparse
import contextlib
import signal
import threading
import time
from pathlib import Path
from types import FrameType

from asiokit import install, paths
from asiokit.cli import OK
from asiokit.cli.entry import add_settings, entry_of, save
from asiokit.config import NAME_LENGTH_MAX, EntryConfig, check_name
from asiokit.config_text import entry_text
from asiokit.discovery import is_file_device
from asiokit.errors import AsiokitError, InstallError
from asiokit.watch import LOOK_S, FileWatch, files_of, problem_of

EXAMPLE = """
asiokit run my_device.py:Sine
asiokit run my_device.py:Tremolo --name "My Tremolo" -o speed_hz=3
"""

# of an entry that asiokit run has made: one that was killed leaves it behind, and the next one may replace it
MARK = "# Made by asiokit run, which deletes it when it ends.\n"
TAIL = " (run)"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("device", metavar="FILE.py:CLASS", help="a device class in a file")
    parser.add_argument("--name", metavar="NAME", help=f"as hosts list it (default: the class's, with{TAIL})")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    if not is_file_device(arguments.device):
        raise AsiokitError(f"{arguments.device!r} is not FILE.py:CLASS; for an installed class: asiokit create")
    name = arguments.name or arguments.device.rpartition(":")[2][: NAME_LENGTH_MAX - len(TAIL)] + TAIL
    check_name(name)
    config = entry_of(name, arguments.device, arguments).replace(watch=True)
    file = paths.entry_file(name)
    other = install.find(name)
    if other is not None and not (other.ours and _is_left_behind(Path(other.config))):
        raise InstallError(f"{name!r} is registered already ({other.key}): choose another --name")
    if file.exists() and not _is_left_behind(file):
        raise InstallError(f"{file} exists already: choose another --name")
    with _signals():
        try:
            save(file, MARK + entry_text(config), force=True)
            entry = install.register(config.replace(path=file))
            print(f"registered {entry.name}: {entry.key}")
            print(f"watching {files_of(config.replace(path=file))[-1]}; Ctrl-C ends", flush=True)
            _watch(config.replace(path=file))
        except KeyboardInterrupt:
            print()
        finally:
            with contextlib.suppress(AsiokitError):
                install.unregister(name)
                print(f"unregistered {name}")
            file.unlink(missing_ok=True)
    return OK


def _is_left_behind(file: Path) -> bool:
    try:
        return file.read_text(encoding="utf-8").startswith(MARK)
    except (OSError, ValueError):
        return False


def _watch(config: EntryConfig) -> None:
    """Until somebody interrupts: says what hosts will make of each change."""
    assert config.path is not None
    files = FileWatch(files_of(config))
    pause = threading.Event()
    while True:
        pause.wait(LOOK_S)
        if files.look():
            problem = problem_of(config.path)
            what = f"error: {problem}" if problem else "changed: hosts are asked to open it anew"
            print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


@contextlib.contextmanager
def _signals():  # type: ignore[no-untyped-def]
    """Whatever asks the process to end is a Ctrl-C, so that nothing stays registered."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    names = ("SIGTERM", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

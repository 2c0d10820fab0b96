"""setup side: the checks of asiokit doctor: why would a driver not load?"""

import json
import os
import signal
import struct
import subprocess
import sys
import sysconfig
import textwrap
from collections.abc import Iterator
from pathlib import Path

from asiokit import discovery, install, paths
from asiokit.config import load_entry
from asiokit.errors import AsiokitError, ConfigError
from asiokit.install import child, realtime
from asiokit.install.finding import Finding

CHILD_SECONDS = 30.0
LOG_LINES = 5

_MACHINES = {0x3E: "x86-64", 0x03: "x86", 0xB7: "ARM64", 0x28: "ARM", 0x8664: "x86-64", 0x14C: "x86", 0xAA64: "ARM64"}


def check_installation() -> Iterator[Finding]:
    """asiokit as it is installed for the running Python."""
    yield _python_library()
    yield _compiled()
    try:
        library = str(paths.shim_library())
    except AsiokitError as error:
        yield Finding("library", "FAIL", str(error), "reinstall asiokit")
    else:
        yield _machine(library)
        yield _loads(sys.executable, library)
    yield _location()
    try:
        names = [device.name for device in discovery.device_classes()]
        yield (
            Finding("device-classes", "ok", textwrap.fill(", ".join(names), 52))
            if names
            else Finding("device-classes", "FAIL", "none is installed", "reinstall asiokit")
        )
    except AsiokitError as error:
        yield Finding("device-classes", "FAIL", str(error))


def check_realtime() -> Iterator[Finding]:
    """How well a stream's thread would wake in this system, tried with one."""
    answer = _run(sys.executable, "wake", str(paths.package_folder().parent))
    if "error" in answer:
        yield Finding("wake-up", "warn", f"could not be tried: {answer['error']}")
    else:
        yield from realtime.findings(answer, realtime.Machine.read())


def check_entry(entry: install.Registration) -> Iterator[Finding]:
    """One registered entry, with the Python that it is registered with."""
    yield Finding("registered", "ok", entry.key)
    gone = [(what, path) for what, path in _recorded(entry) if not os.path.exists(path)]
    for what, path in gone:
        yield Finding(what, "FAIL", f"{path or 'not recorded'}: is gone", "asiokit register, from where it is now")
    moved = _moved_venv(entry.program)
    if moved:
        yield moved
    if not gone and not moved:
        yield Finding("python", "ok", entry.program)
        yield from _started(entry)
    if os.path.isfile(entry.library):
        yield _machine(entry.library)
    if not os.path.isfile(entry.program):
        yield from _config_here(entry.config)
        return
    yield _device(entry.program, entry.path, entry.config)
    if os.path.isfile(entry.library):
        yield _loads(entry.program, entry.library)
        yield _opens(entry)


def check_unregistered(file: Path) -> Iterator[Finding]:
    """An entry that was created and not registered."""
    yield Finding("registered", "FAIL", "hosts can't see it", f'asiokit register "{file}"')
    yield _device(sys.executable, str(paths.package_folder().parent), str(file))


# ---- this Python -----------------------------------------------------------------------------------------------


def _python_library() -> Finding:
    try:
        return Finding("python-library", "ok", str(paths.python_library()))
    except AsiokitError as error:
        text, _, remedy = str(error).partition(": ")
        return Finding("python-library", "FAIL", text, remedy)


def _compiled() -> Finding:
    """The compiled modules must be this Python's: another minor version can't load them."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX") or ""
    here = sorted(path.name for path in paths.package_folder().glob("entry.*") if path.suffix in (".so", ".pyd"))
    if f"entry{suffix}" in here:
        return Finding("compiled-modules", "ok", f"entry{suffix}")
    what = f"there are {', '.join(here)}" if here else "there are none"
    return Finding(
        "compiled-modules", "FAIL", f"none for this Python (entry{suffix}); {what}", "reinstall asiokit in it"
    )


def _location() -> Finding:
    """Can a host's library, which runs before any Python, find this one?"""
    file = paths.package_folder() / paths.LOCATION_FILE
    recorded = paths.read_values(file)
    if not recorded and paths.is_deducible():
        return Finding("python-found", "ok", f"by the library's own place, {paths.package_folder()}")
    try:
        wanted = paths.this_place().texts()
    except AsiokitError as error:
        return Finding("python-found", "FAIL", str(error))
    if recorded and _without_name(recorded) == _without_name(wanted):
        return Finding("python-found", "ok", f"by {file}")
    what = "names another Python" if recorded else "is missing"
    return Finding("python-found", "FAIL", f"{file} {what}", "asiokit register writes it")


def _without_name(place: dict[str, str]) -> dict[str, str]:
    """bin/python, bin/python3 and bin/python3.11 are one Python."""
    return {**place, "program": os.path.dirname(place.get("program", ""))}


def _machine(library: str) -> Finding:
    ours, pythons = machine_of(library), machine_of(os.path.realpath(sys.executable))
    if ours == pythons and ours:
        return Finding("machine", "ok", f"{ours}; hosts of another machine type (32-bit ones, too) can't load it")
    return Finding("machine", "FAIL", f"{library} is {ours or 'no library'}, Python is {pythons}", "reinstall asiokit")


def machine_of(path: str) -> str:
    """The machine type of an ELF or PE file; "" if it is neither."""
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
    except OSError:
        return ""
    if head[:4] == b"\x7fELF" and len(head) >= 20:
        number = struct.unpack_from("<H" if head[5] == 1 else ">H", head, 18)[0]
    elif head[:2] == b"MZ" and len(head) >= 64:
        at = struct.unpack_from("<I", head, 60)[0]
        if head[at : at + 4] != b"PE\0\0" or len(head) < at + 6:
            return ""
        number = struct.unpack_from("<H", head, at + 4)[0]
    else:
        return ""
    return _MACHINES.get(number, f"machine {number:#x}")


def log_tail() -> Finding:
    """Where the log is, and how it ends."""
    file = paths.log_file()
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:
            lines = stream.read().splitlines()[-LOG_LINES:]
    except OSError:
        return Finding("log", "ok", f"{file}: none yet")
    return Finding("log", "ok", "\n".join([f"{file}, its last lines:", *lines]))


# ---- an entry --------------------------------------------------------------------------------------------------


def _recorded(entry: install.Registration) -> list[tuple[str, str]]:
    return [
        ("library", entry.library),
        ("python", entry.program),
        ("python-library", entry.python_library),
        ("package", os.path.join(entry.path, "asiokit") if entry.path else ""),
        ("config", entry.config),
    ]


def _moved_venv(program: str) -> Finding | None:
    """A venv records where the Python is that it was made from; and Python finds the venv by the program's place."""
    prefix = Path(program).parent.parent
    home = paths.read_values(prefix / "pyvenv.cfg").get("home")
    if home and not os.path.isdir(home):
        return Finding("venv", "FAIL", f"{prefix} was made from {home}, which is gone", "make the venv anew")
    return None


def _config_here(file: str) -> Iterator[Finding]:
    try:
        load_entry(file)
        yield Finding("config", "ok", file)
    except ConfigError as error:
        yield Finding("config", "FAIL", str(error))


def _started(entry: install.Registration) -> Iterator[Finding]:
    """On Linux the library asks no registration: what lies beside it decides which Python it starts."""
    beside = paths.read_values(Path(entry.library).parent / paths.LOCATION_FILE).get("program")
    if sys.platform != "win32" and beside and beside != entry.program:
        what = f"the library starts {beside}, the entry was registered with {entry.program}"
        yield Finding("python-found", "FAIL", what, f'asiokit register "{entry.name}", from the one that is right')


def _device(program: str, folder: str, file: str) -> Finding:
    answer = _run(program, "device", folder, file)
    if "error" in answer:
        return Finding("config", "FAIL", str(answer["error"]))
    return Finding("config", "ok", f"{file}: device class {answer['device']} loads")


def _loads(program: str, library: str) -> Finding:
    answer = _run(program, "load", library)
    if "error" in answer:
        return Finding("library", "FAIL", f"{library}: {answer['error']}", "reinstall asiokit")
    return Finding("library", "ok", library)


def _opens(entry: install.Registration) -> Finding:
    answer = _run(entry.program, "open", entry.library, entry.name, install.class_id(entry.name))
    if "error" in answer:
        return Finding("driver-opens", "FAIL", str(answer["error"]), f"{paths.log_file()} may say more")
    return Finding("driver-opens", "ok", f"init of {answer['name']!r} after {answer['ms']} ms")


def _run(program: str, *arguments: str) -> dict[str, object]:
    """Runs child.py; its answer, or {"error": how it ended}."""
    command = [program, "-I", child.__file__, *arguments]
    try:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=CHILD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return {"error": f"hangs: no answer for {CHILD_SECONDS:g} s"}
    except OSError as error:
        return {"error": f"{program} can't be run: {error.strerror}"}
    output = ended.stdout.decode("utf-8", "replace").splitlines()
    answers = [line.removeprefix(child.MARK) for line in output if line.startswith(child.MARK)]
    if ended.returncode != 0:
        return {"error": f"{_ending(ended.returncode)}{' after it had answered' if answers else ''}"}
    if not answers:
        complaint = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        return {"error": complaint[-1] if complaint else "ended without an answer"}
    answer = json.loads(answers[-1])
    assert isinstance(answer, dict)
    return answer


def _ending(code: int) -> str:
    if code < 0:
        try:
            return f"crashed ({signal.Signals(-code).name})"
        except ValueError:
            return f"crashed (signal {-code})"
    return f"crashed ({code:#010x})" if code >= 0x80000000 else f"ended with exit code {code}"

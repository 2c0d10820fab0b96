"""tests of the shim: a host in plain C, and installations of asiokit made for one test each."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SANITIZED = os.environ.get("ASIOKIT_SANITIZED_SHIM", "")  # a folder with host and libasiokit.so
SHIM_SOURCES = HERE.parents[1] / "sdk_shim"

# An asiokit that says what its interpreter looks like: create() refuses with a text, which the host gets by
# getErrorMessage. In plain Python, so that it runs in any version without being compiled for it.
PROBE = """
import ctypes, json, os, sys, threading

CREATE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p,
                          ctypes.c_uint32)
ENROLL = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_char_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)
calls = []

def say(buffer, size, text):
    ctypes.memmove(buffer, text.encode()[:size - 1] + b"\\0", min(len(text.encode()), size - 1) + 1)
    return -1

@CREATE
def create(name, config, driver, error, size):
    calls.append(threading.get_ident())
    with open(os.path.join(os.path.dirname(__file__), "told.json"), "w", encoding="utf-8") as file:
        json.dump({"version": list(sys.version_info[:2]), "prefix": sys.prefix, "base_prefix": sys.base_prefix,
                   "executable": sys.executable, "path": sys.path, "isolated": sys.flags.isolated,
                   "ignore_environment": sys.flags.ignore_environment, "utf8_mode": sys.flags.utf8_mode,
                   "warnings": sys.warnoptions, "calls": len(calls), "pid": os.getpid(),
                   "modules": sorted(m for m in sys.modules if m.startswith(("asiokit", "hostile"))),
                   "entry": __file__, "streams": [s is not None for s in (sys.stdin, sys.stdout, sys.stderr)]},
                  file)
    return say(error, size, "probe of Python %d.%d" % sys.version_info[:2])

@ENROLL
def enroll(name, on, error, size):
    with open(os.path.join(os.path.dirname(__file__), "enrolled"), "a", encoding="utf-8") as file:
        file.write("%r %d\\n" % (name, on))
    return 0 if name != b"refused" else say(error, size, "enroll refuses")

class Entry(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("abi", ctypes.c_uint32), ("create", CREATE), ("enroll", ENROLL)]

table = Entry(ctypes.sizeof(Entry), 1, create, enroll)
new = ctypes.pythonapi.PyCapsule_New
new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
capsule_name = b"asiokit.entry/1"
capsule = new(ctypes.addressof(table), capsule_name, None)
"""


def pythons() -> dict[str, str]:
    """The Pythons of this machine that asiokit supports and that have a shared library: "3.12" -> program."""
    found = {"{}.{}".format(*sys.version_info): os.path.realpath(sys.executable)}
    for minor in range(11, 15):
        version = f"3.{minor}"
        versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
        candidates = [*sorted(versions.glob(f"{version}.*/bin/python{version}")), shutil.which(f"python{version}")]
        for program in candidates:
            if program and version not in found and subprocess.run([program, "-c", ""], check=False).returncode == 0:
                found[version] = str(program)
    if Path("/usr/bin/python3").exists():
        found["system"] = "/usr/bin/python3"
    question = (
        "import sys, sysconfig; "
        "sys.exit(sys.version_info < (3, 11) or not sysconfig.get_config_var('Py_ENABLE_SHARED'))"
    )
    return {k: p for k, p in found.items() if subprocess.run([p, "-c", question], check=False).returncode == 0}


PYTHONS = pythons()


@dataclass
class Report:
    """What the host wrote down."""

    changed: list[str]
    answers: list[dict[str, str]]
    stdout: bytes
    stderr: bytes
    log: str

    @property
    def text(self) -> str:
        return self.answers[0]["text"]

    @property
    def ms(self) -> float:
        """From dlopen to instantiateDriver's return."""
        return float(self.answers[0]["ms"])

    @property
    def ready_ms(self) -> float:
        """From dlopen to init's return."""
        return float(self.answers[0]["ready"])


@dataclass
class Install:
    """A venv with an asiokit in it."""

    venv: Path
    version: str
    package: Path = field(init=False)

    def __post_init__(self) -> None:
        self.package = self.venv / "lib" / f"python{self.version}" / "site-packages" / "asiokit"

    @property
    def library(self) -> Path:
        return self.package / "libasiokit.so"


def built_library() -> Path:
    """The library to test: the build's, or in a sanitizer's run the one that test_shim_sanitizers.py has made."""
    if SANITIZED:
        return Path(SANITIZED, "libasiokit.so")
    library = HERE.parents[1] / "asiokit" / "libasiokit.so"
    if not library.exists():
        pytest.fail(f"{library} is not built: pip install --no-build-isolation -e .")
    return library


@pytest.fixture(scope="session")
def host_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if SANITIZED:
        return Path(SANITIZED, "host")
    program = tmp_path_factory.mktemp("host") / "host"
    command = ["cc", "-O1", "-g", "-Wall", "-Wextra", f"-I{SHIM_SOURCES}", str(HERE / "host.c"), "-o", str(program)]
    subprocess.run([*command, "-ldl", "-lpthread"], check=True)
    return program


@pytest.fixture
def run_host(host_program: Path, tmp_path: Path) -> Callable[..., Report]:
    """Runs the host with an environment of its own. words: see host.c."""
    state = tmp_path / "state"

    def run(library: Path | str, *words: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> Report:
        report = tmp_path / "report.txt"
        report.unlink(missing_ok=True)
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_STATE_HOME": str(state), **(env or {})}
        environment |= {name: text for name, text in os.environ.items() if name.endswith("SAN_OPTIONS")}
        done = subprocess.run(
            [str(host_program), str(report), str(library), *words],
            env=environment, cwd=cwd or tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
        changed, answers = [], []
        for line in report.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            if line.startswith("changed="):
                changed.append(line[8:])
            elif line.startswith("code="):
                answers.append({"code": line[5:]})
            else:
                match = re.fullmatch(
                    r"driver=(?P<driver>\d) ms=(?P<ms>\S+) ready=(?P<ready>\S+) init=(?P<init>\S+) "
                    r"name=(?P<name>.*?) text=(?P<text>.*)",
                    line,
                )
                assert match, line
                answers.append(match.groupdict())
        log = state / "asiokit" / "asiokit.log"
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        return Report(changed, answers, done.stdout, done.stderr, text)

    return run


@pytest.fixture
def make_install(tmp_path: Path) -> Callable[..., Install]:
    """Makes a venv and puts the shim and a package asiokit into it. entry: source of asiokit/entry.py."""

    def make(name: str = "venv", python: str | None = None, entry: str | None = PROBE) -> Install:
        program = python or os.path.realpath(sys.executable)
        venv = tmp_path / name
        subprocess.run([program, "-m", "venv", "--without-pip", str(venv)], check=True)
        version = subprocess.run(
            [str(venv / "bin" / "python"), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        install = Install(venv, version)
        install.package.mkdir()
        shutil.copy(built_library(), install.library)
        if entry is not None:
            (install.package / "__init__.py").write_text("")
            (install.package / "entry.py").write_text(entry)
        return install

    return make

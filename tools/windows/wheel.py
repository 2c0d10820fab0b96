"""tools: cross-builds the win_amd64 wheel from a checkout or an sdist, and looks at what came out.

CPython's own way to cross-build is used: the running Linux Python is told, by a _sysconfigdata module of ours, what a
Windows one would say of itself (compiler, flags, suffix, tag). setup.py needs no switch for it.
"""

import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.windows.environment import Environment
from tools.windows.python import Donor
from tools.windows.steps import CC, Failed, Missing, locked, run, say

# What every Windows has (and Wine); anything else that a file of ours asks for is a mistake of the build.
SYSTEM_DLLS = {
    "kernel32.dll",
    "msvcrt.dll",
    "advapi32.dll",
    "avrt.dll",
    "ole32.dll",
    "oleaut32.dll",
    "shell32.dll",
    "user32.dll",
    "winmm.dll",
    "ws2_32.dll",
    "iphlpapi.dll",
    "ntdll.dll",
    "api-ms-win-core-synch-l1-2-0.dll",
}
LINUX_FLAGS = ("CC", "CXX", "CPPFLAGS", "CFLAGS", "LDFLAGS", "LDSHARED")
SHIM = "asiokit/asiokit.dll"
# in the source: in the wheel
PACKAGES = {"asiokit": "asiokit", "drivers/asiokit_drivers": "asiokit_drivers", "sdk_shim": "asiokit/include"}
# what of it travels as it is
AS_IT_IS = {".py", ".pyi", ".pxd", ".h", ".in", ".toml", ".html", ".css", ".wav", ".typed"}
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


def sysconfig_data(windows: Environment) -> dict[str, object]:
    """What sysconfig and setuptools read, as a Windows CPython built by mingw would answer."""
    digits = windows.version.digits
    compiler = f"{CC} -DMS_WIN64 -I{windows.sdk / 'include'}"
    return {
        "CC": compiler,
        "CXX": compiler.replace("-gcc", "-g++"),
        "CFLAGS": "-O2 -DNDEBUG",
        "CPPFLAGS": "",
        "CCSHARED": "",
        "LDSHARED": f"{CC} -shared -s -Wl,--no-insert-timestamp",
        "LDCXXSHARED": f"{CC} -shared -s -Wl,--no-insert-timestamp",
        "LDFLAGS": "",
        "AR": "x86_64-w64-mingw32-ar",
        "ARFLAGS": "rcs",
        "SHLIB_SUFFIX": ".dll",
        "EXT_SUFFIX": f".cp{digits}-win_amd64.pyd",
        "SOABI": f"cp{digits}-win_amd64",
        "LDVERSION": digits,
        "LIBDIR": str(windows.sdk / "lib"),
        # these two make setuptools link with -lpythonXY, which Windows needs and Linux does not
        "Py_ENABLE_SHARED": 1,
        "MACHDEP": "cygwin",
    }


@contextmanager
def cross_environment(windows: Environment) -> Iterator[dict[str, str]]:
    """Environment variables that make the donor's setuptools build for Windows."""
    with tempfile.TemporaryDirectory(dir=windows.cache) as scratch:
        name = f"_sysconfigdata_asiokit_win{windows.version.digits}"
        Path(scratch, f"{name}.py").write_text(f"build_time_vars = {sysconfig_data(windows)!r}\n")
        kept = {key: value for key, value in os.environ.items() if key not in LINUX_FLAGS}
        yield kept | {
            "_PYTHON_HOST_PLATFORM": "win-amd64",
            "_PYTHON_SYSCONFIGDATA_NAME": name,
            "PYTHONPATH": scratch,
            # the wheel is the same whenever and wherever it is built from the same files
            "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "1700000000"),
        }


def build(windows: Environment, source: Path, dist: Path) -> Path:
    """Writes the wheel into `dist` and returns its path. Raises Failed with the compiler's words."""
    donor = Donor(windows.version.dotted)
    have = subprocess.run([donor.command, "-c", "import setuptools, Cython"], capture_output=True, check=False)
    if have.returncode != 0:
        remedy = f"{donor.command} -m pip install 'setuptools>=77' cython"
        raise Missing(f"{donor.command} lacks setuptools or Cython. Remedy: {remedy}")
    with locked(windows.cache):
        tree = windows.cache / f"source{windows.version.digits}"
        bring_source(source.resolve(), tree)
        with tempfile.TemporaryDirectory(dir=windows.cache) as scratch, cross_environment(windows) as env:
            out = Path(scratch, "dist")
            printed = run([donor.command, "-c", BUILD, out], cwd=tree, env=env)
            made = out / printed.splitlines()[-1]
            inspect(made, tree)
            dist.mkdir(parents=True, exist_ok=True)
            wheel = dist.resolve() / made.name
            shutil.copy2(made, wheel)
    say(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
    return wheel


def bring_source(source: Path, tree: Path) -> None:
    """Copies a checkout or an unpacked sdist into the cache, so that Linux' and Windows' builds never mix.

    Files keep their times and unchanged ones stay, so that a second build compiles only what changed.
    """
    if source.is_file():
        with tempfile.TemporaryDirectory(dir=tree.parent) as scratch:
            run(["tar", "-xf", source, "-C", scratch])  # tarfile's safe way came with 3.11.4 only
            (top,) = Path(scratch).iterdir()
            bring_source(top, tree)
        return
    wanted = source_files(source)
    for name in wanted:
        old, new = tree / name, source / name
        facts = new.stat()
        if old.is_file() and (old.stat().st_mtime_ns, old.stat().st_size) == (facts.st_mtime_ns, facts.st_size):
            continue
        old.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(new, old)
    for path in tree.rglob("*"):
        name = path.relative_to(tree)
        if path.is_file() and name.parts[0] != "build" and name not in wanted:
            path.unlink()
    # build/lib would carry files that are gone from the source into the wheel
    for stale in (tree / "build").glob("lib*"):
        keep_only_compiled(stale)


def source_files(source: Path) -> set[Path]:
    if (source / ".git").exists():
        listed = run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=source).split("\0")
        return {Path(name) for name in listed if name and (source / name).is_file()}
    files = (path.relative_to(source) for path in source.rglob("*") if path.is_file())
    return {name for name in files if name.parts[0] not in ("build", "dist", ".venv")}


def keep_only_compiled(library: Path) -> None:
    for path in library.rglob("*"):
        if path.is_file() and path.suffix not in (".pyd", ".dll"):
            path.unlink()


def dll_names(file: Path) -> set[str]:
    """The DLLs that a DLL or EXE is linked with, in lower case."""
    text = run(["x86_64-w64-mingw32-objdump", "-p", file])
    return {name.lower() for name in re.findall(r"DLL Name: (\S+)", text)}


def inspect(wheel: Path, tree: Path) -> None:
    """Refuses a wheel that lacks a file, or holds one that a Windows without mingw could not load."""
    faults = []
    digits = re.search(r"-cp(\d+)-cp\1-win_amd64\.whl$", wheel.name)
    if digits is None:
        raise Failed(f"{wheel.name} is not tagged for Windows: did setuptools change how it reads sysconfig?")
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as scratch:
        names = set(archive.namelist())
        faults += [f"{name} is missing" for name in sorted(expected_files(tree, digits[1]) - names)]
        for name in sorted(names):
            if name.endswith((".pyd", ".dll")):
                allowed = SYSTEM_DLLS | (set() if name == SHIM else {f"python{digits[1]}.dll"})
                foreign = dll_names(Path(archive.extract(name, scratch))) - allowed
                faults += [f"{name} wants {dll}" for dll in sorted(foreign)]
    if faults:
        raise Failed(f"{wheel.name} is not fit for Windows:\n  " + "\n  ".join(faults))


def expected_files(tree: Path, digits: str) -> set[str]:
    names = {SHIM}
    for folder, package in PACKAGES.items():
        for path in (tree / folder).rglob("*"):
            inside = f"{package}/{path.relative_to(tree / folder).as_posix()}"
            if path.suffix in AS_IT_IS:
                names.add(inside)
            elif path.suffix == ".pyx":
                names.add(f"{inside.removesuffix('.pyx')}.cp{digits}-win_amd64.pyd")
    return names

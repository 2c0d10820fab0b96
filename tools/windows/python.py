"""tools: assembles a Windows CPython from PyPI wheels and a Linux CPython of the same minor version."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tools.windows import sdk
from tools.windows.steps import CC, Missing, run, say, step
from tools.windows.versions import WHEELS, WindowsPython

# All that python.exe is; the interpreter itself is the DLL.
MAIN = "#include <Python.h>\nint wmain(int argc, wchar_t **argv) { return Py_Main(argc, argv); }\n"

# Not part of the pure-Python library, or useless without a display.
LEAVE_OUT = tuple(
    [
        "test",
        "tests",
        "idlelib",
        "turtledemo",
        "lib2to3",
        "lib-dynload",
        "config-*",
        "site-packages",
        "dist-packages",
        "__pycache__",
        "_sysconfigdata*",
        "sitecustomize.py",
        "EXTERNALLY-MANAGED",
    ]
)

# Wine has a C runtime of its own, and the wheel's would not start in it; _wmi (platform.py does without) makes Wine 8
# call a function that it lacks, and hang.
NOT_IN_WINE = ("api-ms-", "ucrtbase", "_wmi.pyd")

INVALIDATE = "\n\n    def invalidate_caches(cls):"


class Donor:
    """The Linux CPython whose standard library and headers are used."""

    def __init__(self, minor: str) -> None:
        script = (
            "import sysconfig as s, sys; print('.'.join(map(str, sys.version_info[:2])));"
            "print(s.get_path('stdlib')); print(s.get_path('include')); print(sys.version.split()[0])"
        )
        named = os.environ.get(f"ASIOKIT_PYTHON{minor.replace('.', '')}")
        for command in filter(None, (named, sys.executable, shutil.which(f"python{minor}"))):
            done = subprocess.run([command, "-I", "-c", script], capture_output=True, text=True, check=False)
            lines = done.stdout.splitlines()
            if done.returncode == 0 and lines[0] == minor:
                self.command, self.stdlib, self.include = command, Path(lines[1]), Path(lines[2])
                self.version = lines[3]
                break
        else:
            raise Missing(
                f"no CPython {minor} on this machine, whose standard library the Windows one would share. Remedy: "
                f"install python{minor} with its headers, or name one in ASIOKIT_PYTHON{minor.replace('.', '')}"
            )
        if not (self.include / "Python.h").is_file():
            raise Missing(f"no Python.h in {self.include}. Remedy (Debian, Ubuntu): apt-get install python{minor}-dev")


def download(folder: Path, python: WindowsPython, name: str, version: str) -> Path:
    """A win_amd64 or pure-Python wheel from PyPI; taken from `folder` if it is there."""
    stem = f"{name.replace('-', '_')}-{version}-"
    folder = folder / python.digits
    for wheel in sorted(folder.glob("*.whl")):
        if wheel.name.lower().startswith(stem):
            return wheel
    part = folder / f"{stem}part"
    run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--only-binary=:all:",
            f"{name}=={version}",
            "--platform",
            "win_amd64",
            "--python-version",
            python.dotted,
            "-d",
            part,
        ]
    )
    (wheel,) = part.glob("*.whl")
    target = folder / wheel.name
    os.rename(wheel, target)
    part.rmdir()
    say(f"downloaded {target.name}")
    return target


def unpack(wheel: Path, site_packages: Path) -> None:
    """Installs a wheel: purelib, platlib and metadata; its scripts are left out."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            _, _, rest = name.partition(".data/")
            if not rest:
                archive.extract(name, site_packages)
            elif rest.startswith(("purelib/", "platlib/")) and not name.endswith("/"):
                target = site_packages / rest.partition("/")[2]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))


def assemble(cache: Path, python: WindowsPython) -> tuple[Path, Path]:
    """The folders of the Windows Python and of its SDK (include/, lib/)."""
    donor = Donor(python.dotted)
    runtime = download(cache / "downloads", python, "panda3d", python.panda3d)
    wheels = dict(WHEELS) | ({"numpy": python.numpy} if python.numpy else {})
    extras = [download(cache / "downloads", python, *item) for item in wheels.items()]

    def make_python(folder: Path) -> None:
        make_interpreter(folder, runtime, donor)
        for wheel in extras:
            unpack(wheel, folder / "Lib" / "site-packages")

    def make_sdk(folder: Path) -> None:
        sdk.make_include(donor.include, folder / "include")
        (folder / "lib").mkdir()
        sdk.make_import_library(home / f"python{python.digits}.dll", folder / "lib")

    made_from = (
        runtime.name,
        donor.version,
        str(donor.stdlib),
        MAIN,
        LEAVE_OUT,
        NOT_IN_WINE,
        INVALIDATE,
        [wheel.name for wheel in extras],
    )
    home = step(cache / f"python{python.digits}", made_from, make_python)
    return home, step(cache / f"sdk{python.digits}", (runtime.name, donor.version, sdk.PYCONFIG), make_sdk)


def make_interpreter(folder: Path, runtime: Path, donor: Donor) -> None:
    """DLLs from panda3d's wheel, Lib from the donor, python.exe and python3.dll from mingw."""
    (folder / "DLLs").mkdir()
    with zipfile.ZipFile(runtime) as archive:
        for name in archive.namelist():
            inside, _, file = name.partition("deploy_libs/")
            if inside or not file or file.lower().startswith(NOT_IN_WINE):
                continue
            beside_exe = file.lower().startswith(("python", "vcruntime"))
            (folder / ("" if beside_exe else "DLLs") / file).write_bytes(archive.read(name))
    shutil.copytree(donor.stdlib, folder / "Lib", ignore=shutil.ignore_patterns(*LEAVE_OUT))
    (folder / "Lib" / "site-packages").mkdir()
    follow_dll(folder / "Lib")

    scratch = folder / "scratch"
    sdk.make_include(donor.include, scratch)
    (dll,) = (path for path in folder.glob("python3*.dll") if path.name != "python3.dll")
    library = sdk.make_import_library(dll, scratch)
    source = scratch / "main.c"
    source.write_text(MAIN)
    run([CC, "-O2", "-s", "-municode", "-static-libgcc", f"-I{scratch}", "-o", folder / "python.exe", source, library])
    if not (folder / "python3.dll").exists():
        sdk.make_forwarder(dll, folder / "python3.dll", scratch, CC)
    shutil.rmtree(scratch)


def follow_dll(library: Path) -> None:
    """The one place known where an older patch release's library does not fit the DLL: 3.11.8 began to call this
    method on the class, and made it a class method."""
    file = library / "importlib" / "metadata" / "__init__.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(INVALIDATE, "\n\n    @classmethod" + INVALIDATE[1:]), encoding="utf-8")

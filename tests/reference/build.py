"""tests: compiles the reference driver, for this system or (mingw) for Windows.

python tests/reference/build.py FOLDER [--windows]
"""

import argparse
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
SDK_SHIM = HERE.parents[1] / "sdk_shim"
WARNINGS = ["-Wall", "-Wextra", "-Werror"]


def build_reference(folder: Path, *, windows: bool = False, flags: tuple[str, ...] = ()) -> Path:
    """Compiles into `folder` and returns the library. Raises CalledProcessError with the compiler's text."""
    if windows:
        compiler = os.environ.get("MINGW_CC", "x86_64-w64-mingw32-gcc")
        target, system = folder / "asiokit_reference.dll", "windows"
        link = ["-static-libgcc", "-Wl,-Bstatic,-lwinpthread,-Bdynamic", "-lwinmm", "-lsynchronization", "-ladvapi32"]
    else:
        compiler = os.environ.get("CC", "cc")
        target, system = folder / "libasiokit_reference.so", "posix"
        link = ["-fPIC", "-lpthread", "-ldl"]
    parts = [SDK_SHIM / f"os_{part}.c" for part in (system, "linux", "linux_rtkit")]
    sources = [str(path) for path in (HERE / "reference_driver.c", *parts)]
    options = ["-std=gnu11", "-O2", "-g", "-shared", "-fvisibility=hidden", f"-I{SDK_SHIM}", *WARNINGS, *flags]
    subprocess.run([compiler, *options, "-o", str(target), *sources, *link], check=True, capture_output=True, text=True)
    return target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--windows", action="store_true")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    try:
        print(build_reference(arguments.folder, windows=arguments.windows))
    except subprocess.CalledProcessError as error:
        raise SystemExit(error.stderr) from error

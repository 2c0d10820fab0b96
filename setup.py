"""The table of what is compiled; everything else about the package stands in pyproject.toml."""

import os
import sys
import sysconfig
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# the platform built for, which is not the running one when tools/windows cross-builds with mingw
WINDOWS = sysconfig.get_platform().startswith("win")
MSVC = WINDOWS and sys.platform == "win32"

OS = [f"sdk_shim/os_{part}.c" for part in ("posix", "windows", "linux", "linux_rtkit")]
LOG = ["sdk_shim/shim_log.c", "sdk_shim/shim_log_linux.c", "sdk_shim/shim_log_windows.c"]
CONVERT = [f"sdk_shim/convert{level}.c" for level in ("", "_portable", "_sse2", "_avx2", "_avx512")]
OS_LIBRARIES = ["winmm", "synchronization"] if WINDOWS else []

# module: (Cython source, further C sources, libraries)
MODULES = {
    "asiokit.rt.system": ("asiokit/rt/system.pyx", OS + LOG, OS_LIBRARIES),
    "asiokit.rt.convert": ("asiokit/rt/convert.pyx", CONVERT, []),
    "asiokit.rt.clock": ("asiokit/rt/clock.pyx", [], []),
    "asiokit.device.base": ("asiokit/device/base.pyx", [], []),
    "asiokit.device.c_device": ("asiokit/device/c_device.pyx", [], []),
    "asiokit.device.ahead": ("asiokit/device/ahead.pyx", [], []),
    "asiokit.device.selectors": ("asiokit/device/selectors.pyx", [], []),
    "asiokit.device.python": ("asiokit/device/python.pyx", [], []),
    "asiokit.engine.state": ("asiokit/engine/state.pyx", [], []),
    "asiokit.engine.notifier": ("asiokit/engine/notifier.pyx", [], []),
    "asiokit.engine.stream": ("asiokit/engine/stream.pyx", [], []),
    "asiokit.engine.engine": ("asiokit/engine/engine.pyx", [], []),
    "asiokit.com.guard": ("asiokit/com/guard.pyx", [], []),
    "asiokit.com.future": ("asiokit/com/future.pyx", [], []),
    "asiokit.com.driver": ("asiokit/com/driver.pyx", [], []),
    "asiokit.entry": ("asiokit/entry.pyx", [], []),
    "asiokit_drivers.loopback": ("drivers/asiokit_drivers/loopback.pyx", [], []),
    "asiokit_drivers.fileplayer": ("drivers/asiokit_drivers/fileplayer.pyx", [], []),
    "asiokit_drivers.silent": ("drivers/asiokit_drivers/silent.pyx", [], []),
    "asiokit_drivers.generator": ("drivers/asiokit_drivers/generator.pyx", [], []),
    "asiokit_drivers.level_meter": ("drivers/asiokit_drivers/level_meter.pyx", [], []),
    "asiokit_drivers.delay": ("drivers/asiokit_drivers/delay.pyx", [], []),
    "asiokit_drivers.quantiser": ("drivers/asiokit_drivers/quantiser.pyx", [], []),
    "asiokit_drivers.identify": ("drivers/asiokit_drivers/identify.pyx", [], []),
    "asiokit.bench.loops": ("asiokit/bench/loops.pyx", ["sdk_shim/plain_loops.c"], []),
    "asiokit.bench.bare_host": ("asiokit/bench/bare_host.pyx", [], []),
    "asiokit.host.native": ("asiokit/host/native.pyx", [], []),
    "asiokit.host.session": ("asiokit/host/session.pyx", [], []),
}

# The library that a host loads: no Python symbol in it, no libpython behind it.
SHIM = "asiokit.asiokit" if WINDOWS else "asiokit.libasiokit"
SHIM_PARTS = ("linux", "windows", "python", "find", "fallback", "os_linux", "os_windows")
SHIM_SOURCES = [*(f"sdk_shim/shim_{part}.c" for part in SHIM_PARTS), *LOG]
SHIM_EXPORTS = ["DllCanUnloadNow", "DllGetClassObject", "DllRegisterServer", "DllUnregisterServer"] if WINDOWS else []

# where a loop over samples is the whole work
MORE = [] if MSVC else ["-O3"]
COMPILE_MORE = {
    # every level gives the same bits: no sum may be fused with a product on machines that can
    "asiokit.rt.convert": [*MORE, *([] if MSVC else ["-ffp-contract=off"])],
    "asiokit_drivers.loopback": MORE,
    "asiokit_drivers.generator": [] if MSVC else ["-ffp-contract=off"],
    "asiokit_drivers.level_meter": MORE,
    "asiokit_drivers.quantiser": MORE,
    # what ours are compared with is compiled as well as they are
    "asiokit.bench.loops": MORE,
}
if WINDOWS and not MSVC:
    # mingw's gcc believes that it has aligned the stack for what it keeps there of wide vectors, but has not
    for module in ("asiokit.rt.convert", "asiokit.bench.loops"):
        COMPILE_MORE[module] = [*COMPILE_MORE[module], "-Wa,-muse-unaligned-vector-move"]

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
    "binding": True,
}

if MSVC:
    COMPILE, LINK = ["/O2", "/std:c11"], []
else:
    COMPILE = ["-O2", "-fno-strict-aliasing", "-fvisibility=hidden", "-Wall", "-Wno-unused-function"]
    # what a mingw build leaves to libgcc and winpthread must travel inside the file: hosts have neither
    LINK = ["-static-libgcc", "-Wl,-Bstatic,-lwinpthread,-Bdynamic"] if WINDOWS else []


def extension(name: str, sources: list[str], libraries: list[str]) -> Extension:
    return Extension(
        name,
        sources,
        include_dirs=["sdk_shim"],
        depends=[str(path) for path in Path("sdk_shim").glob("*.h")],
        libraries=libraries,
        extra_compile_args=COMPILE + COMPILE_MORE.get(name, []) + os.environ.get("ASIOKIT_CFLAGS", "").split(),
        extra_link_args=LINK + os.environ.get("ASIOKIT_LDFLAGS", "").split(),
    )


class BuildExt(build_ext):
    """Knows one thing more than setuptools: the shim is a plain shared library, named so and exporting no PyInit_."""

    def get_ext_filename(self, fullname: str) -> str:
        if fullname.rpartition(".")[2] == SHIM.rpartition(".")[2]:
            return os.path.join(*fullname.split(".")) + (".dll" if WINDOWS else ".so")
        return super().get_ext_filename(fullname)

    def get_export_symbols(self, ext: Extension) -> list[str]:
        return ext.export_symbols if ext.name == SHIM else super().get_export_symbols(ext)

    def get_libraries(self, ext: Extension) -> list[str]:
        return ext.libraries if ext.name == SHIM else super().get_libraries(ext)

    def build_extension(self, ext: Extension) -> None:
        # several extensions share C files: each keeps its own objects
        shared, self.build_temp = self.build_temp, os.path.join(self.build_temp, ext.name)
        try:
            super().build_extension(ext)
        finally:
            self.build_temp = shared

    def run(self) -> None:
        super().run()
        if self.inplace or self.editable_mode:
            write_location()


def write_location() -> None:
    """Tells the shim of an in-place build which Python it belongs to (it can't be read off its path)."""
    known = sysconfig.get_config_var
    if WINDOWS:
        places = [Path(sys.base_prefix, f"python{sys.version_info.major}{sys.version_info.minor}.dll")]
    else:
        folders = [Path(known("LIBDIR") or "/"), Path(known("LIBDIR") or "/", known("MULTIARCH") or "")]
        places = [folder / (known("INSTSONAME") or "") for folder in folders]
    # nothing to name (a static python): the shim goes by the program
    library = next((place for place in places if place.is_file() and place.suffix != ".a"), "")
    lines = [f"python_library={library}", f"program={sys.executable}", f"path={Path(__file__).resolve().parent}"]
    Path("asiokit", "asiokit.location").write_text("\n".join(lines) + "\n", encoding="utf-8")


modules = cythonize(
    [extension(name, [pyx, *c], libraries) for name, (pyx, c, libraries) in MODULES.items()],
    build_dir=os.environ.get("ASIOKIT_BUILD_DIR", "build/cython"),
    compiler_directives=DIRECTIVES,
    include_path=["."],
)
shim = extension(SHIM, SHIM_SOURCES, ["advapi32"] if WINDOWS else ["dl", "pthread"])
shim.export_symbols = SHIM_EXPORTS

setup(ext_modules=[*modules, shim], cmdclass={"build_ext": BuildExt})

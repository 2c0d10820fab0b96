"""tools: what an extension for Windows is compiled against: headers with Windows' settings, import libraries."""

import shutil
from pathlib import Path

from tools.windows.steps import run

# pyconfig.h for mingw on x64, facts only. Checked against the one of CPython 3.11's own source (PC/pyconfig.h): after
# preprocessing, Python.h declares the same with either. It fits 3.11 to 3.14, and no network is needed.
PYCONFIG = {
    "MS_WINDOWS": "",
    "MS_WIN32": "",
    "MS_WIN64": "",
    "NT_THREADS": "",
    "WITH_THREAD": "",
    "PLATFORM": '"win32"',
    "COMPILER": '"[gcc]"',
    "Py_ENABLE_SHARED": 1,
    "HAVE_DECLSPEC_DLL": 1,
    "WITH_PYMALLOC": 1,
    "WITH_DOC_STRINGS": 1,
    "DOUBLE_IS_LITTLE_ENDIAN_IEEE754": 1,
    "HAVE_DYNAMIC_LOADING": 1,
    "HAVE_ERRNO_H": 1,
    "HAVE_FCNTL_H": 1,
    "HAVE_IO_H": 1,
    "HAVE_PROCESS_H": 1,
    "HAVE_SIGNAL_H": 1,
    "HAVE_STDDEF_H": 1,
    "HAVE_SYS_STAT_H": 1,
    "HAVE_SYS_TYPES_H": 1,
    "HAVE_WCHAR_H": 1,
    "SIZEOF_SHORT": 2,
    "SIZEOF_INT": 4,
    "SIZEOF_LONG": 4,
    "SIZEOF_LONG_LONG": 8,
    "SIZEOF__BOOL": 1,
    "SIZEOF_FLOAT": 4,
    "SIZEOF_DOUBLE": 8,
    "SIZEOF_VOID_P": 8,
    "SIZEOF_SIZE_T": 8,
    "SIZEOF_TIME_T": 8,
    "SIZEOF_OFF_T": 4,
    "SIZEOF_FPOS_T": 8,
    "SIZEOF_PID_T": 4,
    "SIZEOF_WCHAR_T": 2,
    "ALIGNOF_LONG": 4,
    "ALIGNOF_SIZE_T": 8,
    "ALIGNOF_MAX_ALIGN_T": 8,
    "PY_LLONG_MIN": "LLONG_MIN",
    "PY_LLONG_MAX": "LLONG_MAX",
    "PY_ULLONG_MAX": "ULLONG_MAX",
}


def pyconfig_text() -> str:
    lines = ["#ifndef Py_CONFIG_H", "#define Py_CONFIG_H", "#include <io.h>", "#include <stdio.h>"]
    for name, value in PYCONFIG.items():
        lines += [f"#ifndef {name}", f"#define {name} {value}".rstrip(), "#endif"]
    return "\n".join([*lines, "#endif", ""])


def make_include(headers: Path, include: Path) -> None:
    """Copies a Linux CPython's headers. Windows' pyconfig.h must stand beside Python.h: it is included with quotes."""
    shutil.copytree(headers, include, dirs_exist_ok=True)
    (include / "pyconfig.h").write_text(pyconfig_text())


def exports(dll: Path, folder: Path) -> list[tuple[str, bool]]:
    """What a DLL exports, as (name, is data)."""
    run(["gendef", dll.resolve()], cwd=folder)
    lines = (folder / dll.with_suffix(".def").name).read_text().splitlines()
    names = lines[lines.index("EXPORTS") + 1 :]
    return [(line.split()[0], line.endswith(" DATA")) for line in names if line and not line.startswith(";")]


def make_import_library(dll: Path, folder: Path) -> Path:
    """Writes lib<name>.a for `dll` into `folder`."""
    rows = [name + (" DATA" if data else "") for name, data in exports(dll, folder)]
    definition = folder / f"{dll.stem}.def"
    definition.write_text("\n".join([f"LIBRARY {dll.name}", "EXPORTS", *rows, ""]))
    library = folder / f"lib{dll.stem}.a"
    run(["x86_64-w64-mingw32-dlltool", "-d", definition, "-D", dll.name, "-l", library])
    return library


def make_forwarder(dll: Path, target: Path, folder: Path, compiler: str) -> None:
    """Makes `target`, a DLL whose every export is that of `dll`: python3.dll, which abi3 extensions are linked with."""
    rows = [f"{name}={dll.stem}.{name}" + (" DATA" if data else "") for name, data in exports(dll, folder)]
    definition = folder / f"{target.stem}.def"
    definition.write_text("\n".join([f"LIBRARY {target.name}", "EXPORTS", *rows, ""]))
    run(
        [compiler, "-shared", "-nostdlib", "-Wl,-e,0", "-s", "-o", target, definition, make_import_library(dll, folder)]
    )

"""setup side: where things are: the library that hosts load, its Python, entry files, the log.

Entry files. A registered driver must be readable by every user's host, so on Windows they lie in %PROGRAMDATA%\\asiokit
(also the same place in an elevated prompt of another account). On Linux no folder is both every user's and writable
without sudo: a user's own lie in ${XDG_CONFIG_HOME:-~/.config}/asiokit, root's in /etc/asiokit; under sudo the calling
user's are found, too. ASIOKIT_CONFIG_DIR replaces them all. Registration records the file's path: an edit takes effect
when a host opens the driver the next time.
"""

import contextlib
import os
import sys
from pathlib import Path

from asiokit.errors import ConfigError, InstallError
from asiokit.values import Frozen

WINDOWS = sys.platform == "win32"
LOCATION_FILE = "asiokit.location"

# Windows gives these names to devices, whatever the extension
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


class Place(Frozen):
    """Which Python serves the drivers, as registration records it (sdk_shim/shim.h: shim_place).

    program: the python executable, the venv's own if there is one. path: the folder that contains the package asiokit.
    """

    __slots__ = ("path", "program", "python_library")
    python_library: str
    program: str
    path: str

    def __init__(self, python_library: str, program: str, path: str) -> None:
        self._set(python_library=python_library, program=program, path=path)

    def texts(self) -> dict[str, str]:
        return {"python_library": self.python_library, "program": self.program, "path": self.path}


# ---- the library and its Python --------------------------------------------------------------------------------


def package_folder() -> Path:
    """The folder asiokit/ itself."""
    return Path(os.path.abspath(__file__)).parent


def shim_library() -> Path:
    """The library that a host loads. InstallError if it was never built."""
    library = package_folder() / ("asiokit.dll" if WINDOWS else "libasiokit.so")
    if not library.is_file():
        raise InstallError(f"{library} is not there: build it (pip install -e .) or reinstall asiokit")
    return library


def this_place() -> Place:
    """The running Python, as hosts will have to find it. InstallError if it can't be embedded."""
    program = sys.executable or str(_program_of(Path(sys.prefix)))
    return Place(str(python_library()), program, str(package_folder().parent))


def python_library() -> Path:
    """The shared library of the running Python. InstallError with the remedy if it has none."""
    candidates = list(_windows_libraries() if WINDOWS else _linux_libraries())
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    if WINDOWS:
        raise InstallError(f"{candidates[-1]} is not there: a host needs it; install Python from python.org")
    name, version = candidates[-1].name, f"{sys.version_info[0]}.{sys.version_info[1]}"
    raise InstallError(
        f"the Python at {sys.base_prefix} has no shared library {name}, which a host needs: install it (Debian, "
        f"Ubuntu: apt install libpython{version}) or use a Python built with --enable-shared (pyenv: "
        f"PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install {version})"
    )


def _linux_libraries() -> list[Path]:
    import sysconfig  # noqa: PLC0415 - slow, and only registration asks

    threads = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    name = f"libpython{sys.version_info[0]}.{sys.version_info[1]}{threads}.so.1.0"
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    library_folder = sysconfig.get_config_var("LIBDIR") or ""
    prefix = Path(sys.base_prefix)
    # a relocated Python (uv, conda) still has the build machine's LIBDIR: its own prefix goes first
    folders = [prefix / "lib", prefix / "lib" / multiarch, prefix / "lib64"]
    folders += [Path(library_folder), Path(library_folder) / multiarch]
    return [folder / name for folder in folders]


def _windows_libraries() -> list[Path]:
    import sysconfig  # noqa: PLC0415 - as above

    candidates: list[Path] = []
    handle = getattr(sys, "dllhandle", None)
    if sys.platform == "win32" and handle:
        import ctypes  # noqa: PLC0415 - for registration only

        text = ctypes.create_unicode_buffer(32768)
        name_of = ctypes.windll.kernel32.GetModuleFileNameW
        name_of.argtypes = [ctypes.c_void_p, ctypes.c_wchar_p, ctypes.c_uint32]
        if name_of(handle, text, len(text)):
            candidates.append(Path(text.value))
    threads = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    name = f"python{sys.version_info[0]}{sys.version_info[1]}{threads}.dll"
    return [*candidates, Path(sys.base_prefix) / name]


def _program_of(prefix: Path) -> Path:
    if WINDOWS:
        return prefix / ("Scripts/python.exe" if (prefix / "pyvenv.cfg").exists() else "python.exe")
    return prefix / "bin" / ("python" if (prefix / "pyvenv.cfg").exists() else "python3")


# ---- asiokit.location, for a library that does not lie in its Python's site-packages ----------------------------


def location_text(place: Place) -> str:
    """What stands in the file, as the shim reads it. InstallError."""
    return values_text(place.texts())


def values_text(values: dict[str, str]) -> str:
    """`key=value` lines. InstallError for a value that can't stand in one."""
    for key, value in values.items():
        if "\n" in value or "\r" in value or value != value.strip():
            raise InstallError(f"{key} {value!r} can't be registered: its path has a line break or outer spaces")
    return "".join(f"{key}={value}\n" for key, value in values.items())


def read_values(path: Path) -> dict[str, str]:
    """The `key=value` lines of a file; empty if it can't be read."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except (OSError, ValueError):
        return {}
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def is_deducible() -> bool:
    """Whether the shim finds this Python by where it lies itself: in the site-packages of sys.prefix."""
    folder = package_folder().parent
    if folder.name != "site-packages":
        return False
    prefix = folder.parents[1] if WINDOWS else folder.parents[2] if len(folder.parents) > 2 else folder
    return prefix == Path(sys.prefix) and _program_of(prefix).exists()


def write_location() -> None:
    """Makes asiokit.location beside the library right if the shim needs it. InstallError if that is not permitted."""
    path = package_folder() / LOCATION_FILE
    if is_deducible() and not path.exists():
        return
    text = location_text(this_place())
    try:
        if path.exists() and path.read_text(encoding="utf-8", errors="surrogateescape") == text:
            return
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise InstallError(
            f"{path} must name this Python, and can't be written ({error.strerror}): hosts would not find it; "
            f"run this as the owner of that folder, or install asiokit into a venv"
        ) from None


# ---- entry files -----------------------------------------------------------------------------------------------


def config_folder() -> Path:
    """Where new entry files go."""
    if chosen := os.environ.get("ASIOKIT_CONFIG_DIR"):
        return Path(os.path.abspath(chosen))
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA") or r"C:\ProgramData") / "asiokit"
    if os.geteuid() == 0:
        return Path("/etc/asiokit")
    return _under_home("XDG_CONFIG_HOME", ".config") / "asiokit"


def config_folders() -> list[Path]:
    """Where entry files may be, the nearest first."""
    folders = [config_folder()]
    if sys.platform != "win32" and "ASIOKIT_CONFIG_DIR" not in os.environ:
        if os.geteuid() == 0 and (user := os.environ.get("SUDO_USER")):
            import pwd  # noqa: PLC0415 - not on Windows

            with contextlib.suppress(KeyError):  # a SUDO_USER of someone's own invention
                folders.insert(0, Path(pwd.getpwnam(user).pw_dir) / ".config" / "asiokit")
        folders.append(Path("/etc/asiokit"))
    return list(dict.fromkeys(folders))


def entry_file(name: str) -> Path:
    """Where `asiokit create` writes the entry of that name. ConfigError if Windows could not hold such a file."""
    if name.split(".")[0].strip().lower() in _RESERVED:
        raise ConfigError(f"key 'name': {name!r} is the name of a Windows device: choose another", key="name")
    return config_folder() / f"{name}.toml"


def entry_files() -> list[Path]:
    """Every created entry's file."""
    return [path for folder in config_folders() for path in sorted(folder.glob("*.toml")) if os.path.isfile(path)]


# ---- the log ---------------------------------------------------------------------------------------------------


def log_file() -> Path:
    """The log of the running user's hosts: the shim's before Python runs, the driver's afterwards."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or str(Path(os.environ.get("USERPROFILE", "")) / "AppData" / "Local")
        return Path(local) / "asiokit" / "asiokit.log"
    return _under_home("XDG_STATE_HOME", ".local/state") / "asiokit" / "asiokit.log"


def _under_home(variable: str, otherwise: str) -> Path:
    chosen = os.environ.get(variable, "")
    return Path(chosen) if chosen.startswith("/") else Path(os.path.expanduser("~")) / otherwise

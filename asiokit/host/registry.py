"""host: which ASIO drivers this system knows: ours and everybody's.

Windows: HKLM\\SOFTWARE\\ASIO. Linux: the cwASIO folder, /etc/cwASIO/<name>/driver, or the folder that the environment
variable ASIOKIT_CWASIO_DIR names (for use without root, and for tests).
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from asiokit.errors import InstallError

CWASIO_FOLDER = Path("/etc/cwASIO")
CWASIO_VARIABLE = "ASIOKIT_CWASIO_DIR"
_LIMIT_BYTES = 1024  # of a `driver` file, by the convention


@dataclass(frozen=True)
class RegisteredDriver:
    """name: its key, what open_driver() takes. clsid: Windows only, else "". path: the library, "" if none is named."""

    name: str
    description: str
    path: str
    clsid: str = ""

    @property
    def exists(self) -> bool:
        return bool(self.path) and Path(self.path).is_file()


def cwasio_folder() -> Path:
    return Path(os.environ.get(CWASIO_VARIABLE) or CWASIO_FOLDER)


def _text(path: Path) -> str:
    """First line of a small file; "" when there is none to be read."""
    try:
        with path.open("rb") as file:
            lines = file.read(_LIMIT_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return lines[0].strip() if lines else ""


def _linux_drivers(folder: Path) -> list[RegisteredDriver]:
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return []
    return [
        RegisteredDriver(entry.name, _text(entry / "description") or entry.name, _text(entry / "driver"))
        for entry in entries
    ]


if sys.platform == "win32":
    import winreg

    def _value(key: str, name: str) -> str:
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as handle:
                return str(winreg.QueryValueEx(handle, name)[0])
        except OSError:
            return ""

    def _subkeys(key: str) -> list[str]:
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as handle:
                return [winreg.EnumKey(handle, i) for i in range(winreg.QueryInfoKey(handle)[0])]
        except OSError:
            return []

    def _windows_drivers() -> list[RegisteredDriver]:
        drivers = []
        for name in _subkeys(r"SOFTWARE\ASIO"):
            clsid = _value(rf"SOFTWARE\ASIO\{name}", "CLSID")
            path = _value(rf"Software\Classes\CLSID\{clsid}\InprocServer32", "") if clsid else ""
            description = _value(rf"SOFTWARE\ASIO\{name}", "Description") or name
            drivers.append(RegisteredDriver(name, description, os.path.expandvars(path.strip('"')), clsid))
        return drivers


def registered_drivers() -> list[RegisteredDriver]:
    """All of them, in the system's order, those whose library is missing included."""
    if sys.platform == "win32":
        return _windows_drivers()
    return _linux_drivers(cwasio_folder())


def find_driver(name: str) -> RegisteredDriver:
    """By key or description. Raises InstallError, which names those that there are."""
    drivers = registered_drivers()
    for driver in drivers:
        if name in (driver.name, driver.description):
            return driver
    known = ", ".join(repr(driver.name) for driver in drivers) or "none at all"
    raise InstallError(
        f"no ASIO driver named {name!r} is registered (there are: {known}); "
        "`asiokit list --all` shows them, a path to a library opens one that is not registered"
    )

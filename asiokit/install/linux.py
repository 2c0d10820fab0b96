"""setup side: driver entries on Linux, by the cwASIO convention: a folder for each under /etc/cwASIO.

Hosts read `driver` (the library's path) and `description`. The file `asiokit` beside them is ours: it tells our entries
from foreign ones and records the same values as the Windows registry does. The library itself looks an entry up by the
name that the host sends (future 0x7F000001).
"""

import contextlib
import os
import sys
from pathlib import Path

from asiokit import paths
from asiokit.config import EntryConfig, check_name
from asiokit.errors import InstallError
from asiokit.install.entries import FIELDS, Registration, new_registration

DRIVER_BYTES_MAX = 1000  # cwASIO hosts read less than 1 KiB of the file `driver`
RECORD = "asiokit"


def root() -> Path:
    """The folder of all entries."""
    return Path(os.path.abspath(os.environ.get("ASIOKIT_CWASIO_DIR") or "/etc/cwASIO"))


def register(config: EntryConfig) -> Registration:
    """Writes one entry, or replaces it if it is ours: whole or not at all. InstallError."""
    folder = root() / config.name
    entry = new_registration(config, str(folder))
    _refuse_foreign(folder)
    if len(os.fsencode(entry.library)) > DRIVER_BYTES_MAX:
        raise InstallError(f"{entry.library}: hosts can't read paths this long: install asiokit in a shorter folder")
    files = {
        "driver": entry.library + "\n",
        "description": entry.name + "\n",
        RECORD: paths.values_text({field: getattr(entry, field) for field in FIELDS}),
    }
    paths.write_location()
    # hosts pass over names that start with a dot, so they see the old entry or the new one, nothing between
    fresh, old = (root() / f".{config.name}.{kind}{os.getpid()}" for kind in ("new", "old"))
    try:
        root().mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh.mkdir()
        for name, text in files.items():
            (fresh / name).write_text(text, encoding="utf-8", errors="surrogateescape")
            (fresh / name).chmod(0o644)  # whatever root's umask: every user's host has to read it
        fresh.chmod(0o755)
        _replace(folder, fresh, old)
    except OSError as error:
        raise _failure("register", config.name, error) from None
    finally:
        _remove(fresh)
    return entry


def unregister(name: str) -> None:
    """Removes one of our entries. InstallError if there is none, or if it is not ours."""
    check_name(name)
    folder = root() / name
    if not os.path.lexists(folder):
        raise InstallError(f"no driver {name!r} is registered ({root()})")
    _refuse_foreign(folder)
    old = root() / f".{name}.old{os.getpid()}"
    try:
        folder.rename(old)
    except OSError as error:
        raise _failure("unregister", name, error) from None
    _remove(old)
    if not any(root().iterdir()):
        with contextlib.suppress(OSError):  # an empty folder that is not ours to remove
            root().rmdir()


def all_registered() -> list[Registration]:
    """Every ASIO driver entry of the system, foreign ones too."""
    try:
        folders = sorted(entry for entry in root().iterdir() if not entry.name.startswith("."))
    except OSError:
        return []
    return [entry for folder in folders if (entry := find(folder.name))]


def find(name: str) -> Registration | None:
    """The entry of that name, ours or foreign; None if there is none."""
    folder = root() / name
    try:
        library = (folder / "driver").read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, ValueError):
        return None
    recorded = paths.read_values(folder / RECORD)
    return Registration(name, str(folder), library.partition("\n")[0].strip(), "config" in recorded, recorded)


def _replace(folder: Path, fresh: Path, old: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    _remove(old)


def _remove(folder: Path) -> None:
    import shutil  # noqa: PLC0415 - find() is on the way from dlopen to init, this is not

    shutil.rmtree(folder, ignore_errors=True)


def _refuse_foreign(folder: Path) -> None:
    if not os.path.lexists(folder) or (not folder.is_symlink() and "config" in paths.read_values(folder / RECORD)):
        return
    entry = find(folder.name)
    served = f" ({entry.library})" if entry else ""
    raise InstallError(f"{folder} belongs to another driver{served}: choose another name")


def _failure(verb: str, name: str, error: OSError) -> InstallError:
    text = f"can't {verb} {name!r}: {error.filename or root()}: {error.strerror or error}"
    if isinstance(error, PermissionError):
        import shlex  # noqa: PLC0415 - as above

        # sudo looks for commands in a path of its own, where a venv's are not
        command = shlex.join(["sudo", sys.executable, "-m", "asiokit", verb, name])
        text += f"; run: {command}"
    return InstallError(text)

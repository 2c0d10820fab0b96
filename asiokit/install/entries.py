"""setup side: what a registered driver entry is, and the rules that are the same on every platform."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from asiokit import discovery, paths
from asiokit.config import EntryConfig, check_name, load_entry
from asiokit.errors import AsiokitError, ConfigError, InstallError
from asiokit.values import Frozen, nearest

if TYPE_CHECKING:
    import uuid

NAMESPACE = "6b1a3f0e-5c7d-4e0b-9a43-2f1d8f6c7a55"  # ours: never change it, or every driver gets another class
FIELDS = ("config", "python_library", "program", "path")  # of a Registration, as they are recorded


class Registration(Frozen):
    """One ASIO driver entry of this system. Paths as they are recorded, "" where nothing is; they may not exist.

    key: where it is registered (a registry key, a folder). library: the file that hosts load. ours: False for a
    foreign driver, of which nothing else is known. config, python_library, program, path: see asiokit.paths.
    """

    __slots__ = ("config", "key", "library", "name", "ours", "path", "program", "python_library")
    name: str
    key: str
    library: str
    ours: bool
    config: str
    python_library: str
    program: str
    path: str

    def __init__(self, name: str, key: str, library: str, ours: bool, recorded: dict[str, str] | None = None) -> None:
        self._set(name=name, key=key, library=library, ours=ours)
        self._set(**{field: (recorded or {}).get(field, "") for field in FIELDS})


def clsid(name: str) -> "uuid.UUID":
    """The COM class of a driver entry. Registry keys know no case, so neither does this."""
    import uuid  # noqa: PLC0415 - for Windows only

    return uuid.uuid5(uuid.UUID(NAMESPACE), name.lower())


def class_id(name: str) -> str:
    """The same, as the registry spells it."""
    return "{" + str(clsid(name)).upper() + "}"


def new_registration(config: EntryConfig, key: str) -> Registration:
    """What register() is going to record: this library, this Python, the entry's file. InstallError, ConfigError."""
    if config.path is None:
        raise InstallError(f"{config.name!r} was not read from a file: save it first (asiokit create)")
    place = paths.this_place()
    file = os.path.abspath(config.path)
    if load_entry(file).name != config.name:
        raise InstallError(f"{file} is not the entry {config.name!r}: save it first")
    return Registration(config.name, key, str(paths.shim_library()), True, {"config": file, **place.texts()})


def problems(entry: Registration) -> list[str]:
    """Why one of our entries would not work, without loading anything; empty if nothing is seen to be wrong."""
    found = [
        f"{what} {path or '(not recorded)'} is gone: {remedy}"
        for what, path, remedy in [
            ("library", entry.library, "run asiokit register again"),
            ("Python", entry.program, "was the venv moved or deleted? Run asiokit register again from where it is now"),
            ("Python library", entry.python_library, "run asiokit register again"),
        ]
        if not os.path.isfile(path)
    ]
    try:
        config = load_entry(entry.config)
    except ConfigError as error:
        return [*found, str(error)]
    if config.name.lower() != entry.name.lower():
        found.append(f"{entry.config} is now named {config.name!r}: unregister {entry.name!r} and register the file")
    return found


def find_file(name: str) -> Path | None:
    """The created entry of that name: the file that says so, else the file of that name, which may be wrong inside."""
    namesakes = [file for folder in paths.config_folders() if os.path.isfile(file := folder / f"{name}.toml")]
    for file in dict.fromkeys([*namesakes, *paths.entry_files()]):
        try:
            if load_entry(file).name == name:
                return file
        except ConfigError:
            continue  # if it is the one that is meant, its reader will say what is wrong
    return namesakes[0] if namesakes else None


def created(target: str) -> EntryConfig:
    """A created entry by name, any entry by its file, the default entry by its name. InstallError, ConfigError."""
    if target.endswith(".toml") or os.sep in target or "/" in target:
        return load_entry(os.path.abspath(target))
    check_name(target)
    if file := find_file(target):
        return load_entry(file)
    default = default_entry()
    if default and default.name == target:
        return default
    known = tuple([file.stem for file in paths.entry_files()] + ([default.name] if default else []))
    listed = f"known: {', '.join(known)}" if known else "there is none yet"
    raise InstallError(
        f"there is no entry {target!r}{nearest(target, known)}; {listed}; "
        f'make it: asiokit create "{target}" --device CLASS'
    )


def all_created() -> list[str]:
    """The file of every created entry; where there is none, the default entry's. ConfigError if that is missing."""
    return [str(file) for file in paths.entry_files()] or [str(discovery.default_entry().path)]


def default_entry() -> EntryConfig | None:
    """The entry that comes with asiokit; None if the installation is broken."""
    try:
        return discovery.default_entry()
    except AsiokitError:
        return None

"""setup side: registers driver entries with the system, so that hosts list them. Windows: registry; Linux: cwASIO."""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from asiokit import paths
from asiokit.config import check_name
from asiokit.errors import AsiokitError, ConfigError, InstallError
from asiokit.install.entries import (
    Registration,
    all_created,
    class_id,
    clsid,
    created,
    default_entry,
    find_file,
    problems,
)

if sys.platform == "win32":
    from asiokit.install.windows import all_registered, find, register, unregister
else:
    from asiokit.install.linux import all_registered, find, register, unregister

Done = TypeVar("Done")

__all__ = [
    "Registration",
    "all_created",
    "all_registered",
    "class_id",
    "clsid",
    "created",
    "default_entry",
    "enroll",
    "find",
    "find_entry",
    "find_file",
    "problems",
    "register",
    "register_each",
    "registered",
    "unregister",
    "unregister_each",
]


def registered() -> list[Registration]:
    """Our own registered entries."""
    return [entry for entry in all_registered() if entry.ours]


def find_entry(name: str) -> Path | None:
    """The file of an entry that a host asks for by name: of a registered one, else of a created one, else of the
    default entry; None if there is none of that name."""
    try:
        check_name(name)
    except ConfigError:
        return None  # a host says it: never a path
    entry = find(name)
    if entry is not None and entry.ours:
        return Path(entry.config)
    if file := find_file(name):
        return file
    default = default_entry()
    return default.path if default and default.name == name else None


def register_each(targets: Iterable[str]) -> tuple[list[Registration], list[AsiokitError]]:
    """Registers entries by name or file: those that could be, and why the others could not."""
    return _each(targets, lambda target: register(created(target)))


def unregister_each(names: Iterable[str]) -> tuple[list[str], list[AsiokitError]]:
    """Unregisters our entries by name: those that were, and why the others were not."""

    def one(name: str) -> str:
        unregister(name)
        return name

    return _each(names, one)


def enroll(name: str | None, on: bool) -> None:
    """What regsvr32 and registerDriver do: registers (on) or unregisters one entry, or without a name every created
    entry (on), every entry that this library serves (off). InstallError names what failed; the rest is done."""
    failed: list[AsiokitError]
    if name is not None:
        check_name(name)  # a host says it: never a path
    if on:
        _, failed = register_each(all_created() if name is None else [name])
    elif name is None:
        own = os.path.normcase(paths.shim_library())
        _, failed = unregister_each(entry.name for entry in registered() if os.path.normcase(entry.library) == own)
    else:
        _, failed = unregister_each([name])
    if failed:
        raise InstallError("; ".join(map(str, failed)))


def _each(items: Iterable[str], act: Callable[[str], Done]) -> tuple[list[Done], list[AsiokitError]]:
    done, failed = [], []
    for item in items:
        try:
            done.append(act(item))
        except AsiokitError as error:
            failed.append(error)
    return done, failed

"""setup side: driver entries on Windows: HKLM\\SOFTWARE\\ASIO names a COM class, the class names our DLL.

    SOFTWARE\\ASIO\\<name>                          CLSID, Description (= the name: hosts show one or the other)
    SOFTWARE\\Classes\\CLSID\\{...}                   default = the name
    SOFTWARE\\Classes\\CLSID\\{...}\\InprocServer32    default = the DLL, ThreadingModel = Both
    SOFTWARE\\Classes\\CLSID\\{...}\\asiokit           name, config, python_library, program, path

The class's GUID follows from the name, so that projects which store it find the driver after it was registered anew.
"""

import contextlib
import sys
from collections.abc import Iterator

from asiokit.config import EntryConfig, check_name
from asiokit.errors import InstallError
from asiokit.install.entries import FIELDS, Registration, class_id, new_registration

assert sys.platform == "win32"  # for type checkers: everything below is

import winreg  # noqa: E402

ASIO = r"SOFTWARE\ASIO"
CLASSES = r"SOFTWARE\Classes\CLSID"
RECORD = "asiokit"

_READ = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
_WRITE = winreg.KEY_ALL_ACCESS | winreg.KEY_WOW64_64KEY

Tree = dict[str, dict[str, str]]  # sub-key ("" = the key itself): value name: text


def register(config: EntryConfig) -> Registration:
    """Writes one entry, or replaces it if it is ours: whole or not at all. InstallError."""
    name, clsid = config.name, class_id(config.name)
    key, class_key = rf"{ASIO}\{name}", rf"{CLASSES}\{clsid}"
    entry = new_registration(config, rf"HKLM\{key}")
    _refuse_foreign(name)
    _refuse_double_description(name)
    trees: dict[str, Tree] = {
        # the class first: a host that enumerates meanwhile never meets a name without one
        class_key: {
            "": {"": name},
            "InprocServer32": {"": entry.library, "ThreadingModel": "Both"},
            RECORD: {"name": name, **{field: getattr(entry, field) for field in FIELDS}},
        },
        key: {"": {"CLSID": clsid, "Description": name}},
    }
    before = {path: _read_tree(path) for path in trees}
    try:
        if name not in _sub_keys(ASIO):
            _delete_tree(key)  # the same name with other capitals: hosts would go on showing those
        for path, tree in trees.items():
            _write_tree(path, tree)
    except OSError as error:
        _restore(before)
        raise _failure("register", name, error) from None
    return entry


def unregister(name: str) -> None:
    """Removes one of our entries. InstallError if there is none, or if it is not ours."""
    check_name(name)
    key, class_key = rf"{ASIO}\{name}", rf"{CLASSES}\{class_id(name)}"
    if _read_tree(key) is None and _read_tree(class_key) is None:
        raise InstallError(rf"no driver {name!r} is registered (HKLM\{ASIO})")
    _refuse_foreign(name)
    before = {path: _read_tree(path) for path in (class_key, key)}
    try:
        _delete_tree(key)
        _delete_tree(class_key)
    except OSError as error:
        _restore(before)
        raise _failure("unregister", name, error) from None
    if _read_tree(ASIO) == {"": {}}:
        with contextlib.suppress(OSError):  # what the first registration made; an empty key harms nobody
            _delete_tree(ASIO)


def all_registered() -> list[Registration]:
    """Every ASIO driver entry of the system that 64-bit hosts see, foreign ones too."""
    return [entry for name in _sub_keys(ASIO) if (entry := find(name))]


def find(name: str) -> Registration | None:
    """The entry of that name, ours or foreign; None if there is none."""
    tree = _read_tree(rf"{ASIO}\{name}")
    if tree is None:
        return None
    class_tree = _read_tree(rf"{CLASSES}\{tree[''].get('CLSID', '?')}") or {}
    library = winreg.ExpandEnvironmentStrings(class_tree.get("InprocServer32", {}).get("", "").strip('"'))
    recorded = class_tree.get(RECORD)
    # the key's own spelling of the name is in our record; of a foreign one, what was asked for will do
    shown = recorded.get("name", name) if recorded else name
    return Registration(shown, rf"HKLM\{ASIO}\{name}", library, recorded is not None, recorded)


# ---- refusals --------------------------------------------------------------------------------------------------


def _refuse_foreign(name: str) -> None:
    tree = _read_tree(rf"{ASIO}\{name}")
    if tree is not None and tree[""].get("CLSID", "").upper() != class_id(name):
        raise _foreign(name)


def _refuse_double_description(name: str) -> None:
    # hosts that show descriptions could not tell the two apart
    for key in _sub_keys(ASIO):
        values = (_read_tree(rf"{ASIO}\{key}") or {"": {}})[""]
        if key.lower() != name.lower() and values.get("Description", "").lower() == name.lower():
            raise _foreign(key)


def _foreign(key: str) -> InstallError:
    entry = find(key)
    served = f" ({entry.library})" if entry and entry.library else ""
    return InstallError(rf"HKLM\{ASIO}\{key} belongs to another driver{served}: choose another name")


def _failure(verb: str, name: str, error: OSError) -> InstallError:
    text = f"can't {verb} {name!r}: {error.strerror or error}"
    if isinstance(error, PermissionError):
        text += (
            f"; run this in an elevated prompt (Terminal, Run as administrator): "
            f'"{sys.executable}" -m asiokit {verb} "{name}"'
        )
    return InstallError(text)


# ---- the registry ----------------------------------------------------------------------------------------------


def _sub_keys(path: str) -> list[str]:
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path, 0, _READ) as key:
            return [winreg.EnumKey(key, i) for i in range(winreg.QueryInfoKey(key)[0])]
    except OSError:
        return []


def _read_tree(path: str) -> Tree | None:
    """A key and all below it; None if it is not there. Values that are no text are left out."""
    return dict(_walk(path, "")) or None


def _walk(path: str, below: str) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path, 0, _READ) as key:
            n_values = winreg.QueryInfoKey(key)[1]
            values = [winreg.EnumValue(key, i) for i in range(n_values)]
    except OSError:
        return
    yield below, {name: value for name, value, kind in values if kind in (winreg.REG_SZ, winreg.REG_EXPAND_SZ)}
    for name in _sub_keys(path):
        yield from _walk(rf"{path}\{name}", rf"{below}\{name}".lstrip("\\"))


def _write_tree(path: str, tree: Tree) -> None:
    for below, values in tree.items():
        full = rf"{path}\{below}".rstrip("\\")
        with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, full, 0, _WRITE) as key:
            for name, value in values.items():
                winreg.SetValueEx(key, name, 0, winreg.REG_SZ, value)


def _delete_tree(path: str) -> None:
    for name in _sub_keys(path):
        _delete_tree(rf"{path}\{name}")
    with contextlib.suppress(FileNotFoundError):
        winreg.DeleteKeyEx(winreg.HKEY_LOCAL_MACHINE, path, winreg.KEY_WOW64_64KEY, 0)


def _restore(before: dict[str, Tree | None]) -> None:
    for path, tree in before.items():
        try:
            _delete_tree(path)
            if tree is not None:
                _write_tree(path, tree)
        except OSError:
            continue  # the same refusal that brought us here; nothing was changed there then

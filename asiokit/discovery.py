"""setup side: finds device classes by the metadata of installed packages; imports the chosen one only.

load_device_class stands between a host's dlopen and init(): it reads the entry_points.txt files itself, because
importing importlib.metadata takes ten times as long as that; what it does not find this way (packages in zip files,
import hooks) importlib.metadata is asked for.
"""

import importlib
import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from asiokit.config import EntryConfig, load_entry, located
from asiokit.errors import ConfigError, DeviceError
from asiokit.values import Frozen, nearest

DEVICES = "asiokit.devices"
DEFAULT_ENTRY = "asiokit.default_entry"


class DeviceClass(Frozen):
    """What metadata says of one device class. target: "module:attribute"."""

    __slots__ = ("distribution", "name", "target", "version")
    name: str
    target: str
    distribution: str
    version: str

    def __init__(self, name: str, target: str, distribution: str, version: str) -> None:
        self._set(name=name, target=target, distribution=distribution, version=version)

    def origin(self) -> str:
        return f"{self.distribution} {self.version}".strip()


def device_classes() -> list[DeviceClass]:
    """Every installed device class, by name; nothing is imported. DeviceError if two packages declare one name."""
    found = declared_classes()
    for name in {device.name for device in found}:
        _only(name, found)
    return found


def declared_classes() -> list[DeviceClass]:
    """As device_classes, but a name may occur twice."""
    return sorted(_from_metadata(DEVICES), key=lambda device: (device.name, device.distribution))


def load_device_class(name: str) -> type:
    """Imports the device class of that name. DeviceError names the driver, the cause and the remedy."""
    declared = _only(name, _from_files(DEVICES)) or _only(name, _from_metadata(DEVICES))
    if declared is None:
        known = tuple(device.name for device in declared_classes())
        listed = f"installed: {', '.join(known)}" if known else "none is installed: reinstall asiokit"
        raise DeviceError(f"device class {name!r} is unknown{nearest(name, known)}; {listed} (Python: {sys.prefix})")
    return import_class(declared)


def any_device_class(name: str, folder: Path) -> type:
    """The class that an entry's `device` means: an installed one, or one in a file, which may lie in `folder`."""
    return load_file_device(name, folder) if is_file_device(name) else load_device_class(name)


def is_file_device(name: str) -> bool:
    """Does an entry's `device` mean a class in a file, "folder/my_device.py:Sine", instead of an installed one?"""
    file, colon, attribute = name.rpartition(":")
    return bool(colon) and file.endswith(".py") and attribute.isidentifier()


def load_file_device(name: str, folder: Path) -> type:
    """The class that "my_device.py:Sine" means; a relative file lies in `folder`. The file is run anew each time, so
    that an edit takes effect when a host opens the driver the next time. DeviceError names the file and the remedy."""
    import importlib.util  # noqa: PLC0415 - most devices are installed

    file, _, attribute = name.rpartition(":")
    path = (folder / file).resolve()
    what = f"device {name!r} ({path})"
    if not path.is_file():
        raise DeviceError(f"{what}: there is no such file; a relative one is looked for beside the entry's file")
    # a name of its own: neither an installed module of that name is hidden, nor an older version of it found
    module_name = f"asiokit_file_device_{path.stem}_{next(_file_devices)}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    sys.path.insert(0, str(path.parent))  # for what lies beside it
    try:
        spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a file may end in SystemExit as well
        said = error.msg if isinstance(error, SyntaxError) else error  # whose text would name the line once more
        raise DeviceError(f"{what} can't be loaded: {type(error).__name__}: {said}{_line_of(error, path)}") from error
    finally:
        sys.path.remove(str(path.parent))
    found = getattr(module, attribute, None)
    if not isinstance(found, type):
        classes = tuple(name for name, value in vars(module).items() if isinstance(value, type))
        raise DeviceError(f"{what} has no class {attribute!r}{nearest(attribute, classes)}")
    return found


_file_devices = itertools.count(1)


def _line_of(error: BaseException, path: Path) -> str:
    """Where in that file it was, if it was there."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f" (line {error.lineno})"
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return f" (line {lines[-1]})" if lines else ""


def import_class(device: DeviceClass) -> type:
    """Imports one declared class. DeviceError names the driver, the cause and the remedy."""
    module_name, _, attribute = device.target.partition(":")
    try:
        found: object = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may end in SystemExit as well
        what = f"device class {device.name!r} ({device.target} of {device.origin()}) can't be loaded"
        raise DeviceError(f"{what}: {type(error).__name__}: {error}; {_remedy(error, device)}") from error
    if not isinstance(found, type):
        what = f"device class {device.name!r} ({device.target} of {device.origin()}) is not a class"
        raise DeviceError(f"{what}: its package's entry point must name one")
    return found


def device_of(config: EntryConfig) -> tuple[type, dict[str, object]]:
    """The class that an entry names and its options, checked and complete. DeviceError, ConfigError (with the line)."""
    folder = config.path.parent if config.path else Path.cwd()
    try:
        device_class = any_device_class(config.device, folder)
    except DeviceError as error:
        raise DeviceError(f"{config.path}: {error}" if config.path else str(error)) from error
    from asiokit.device.options import resolve_options  # noqa: PLC0415 - compiled modules come with the package: late

    try:
        options = resolve_options(getattr(device_class, "OPTIONS", ()), config.options, config.device, folder)
        return device_class, options
    except ConfigError as error:
        raise located(error, config.path) from None


def default_entry() -> EntryConfig:
    """The entry that a library serves when no other is asked for: a TOML file inside an installed package."""
    declared = [*_from_files(DEFAULT_ENTRY)] or [*_from_metadata(DEFAULT_ENTRY)]
    if not declared:
        raise ConfigError(f"no package declares a default entry ({DEFAULT_ENTRY}): reinstall asiokit in {sys.prefix}")
    if len(declared) > 1:
        raise ConfigError(f"several packages declare a default entry: {', '.join(d.origin() for d in declared)}")
    package, _, file = declared[0].target.partition(":")
    return load_entry(package_folder(package) / file)


def package_folder(package: str) -> Path:
    """Where an installed package's files are; the package is not run. ConfigError if it is not there."""
    import importlib.util  # noqa: PLC0415 - most entries come from a file of their own

    spec = importlib.util.find_spec(package)
    for folder in spec.submodule_search_locations or () if spec else ():
        return Path(folder)
    raise ConfigError(f"package {package!r} is declared but not there: reinstall what it belongs to in {sys.prefix}")


# ---- metadata --------------------------------------------------------------------------------------------------


def _only(name: str, declared: Iterable[DeviceClass]) -> DeviceClass | None:
    found = [device for device in declared if device.name == name]
    if len(found) > 1:
        origins = " and by ".join(f"{device.origin()} ({device.target})" for device in found)
        raise DeviceError(f"device class {name!r} is declared by {origins}: uninstall one of them")
    return found[0] if found else None


def _from_metadata(group: str) -> list[DeviceClass]:
    import importlib.metadata  # noqa: PLC0415 - slow to import: see the head of this file

    return [
        DeviceClass(point.name, point.value, point.dist.name if point.dist else "?", _version(point.dist))
        for point in importlib.metadata.entry_points(group=group)
    ]


def _version(distribution: object) -> str:
    return str(getattr(distribution, "version", "") or "")


def _from_files(group: str) -> Iterator[DeviceClass]:
    seen = set()  # the first of a name hides the others, as it does for import
    for folder in dict.fromkeys(sys.path):
        try:
            names = [entry.name for entry in os.scandir(folder or ".")]
        except OSError:
            continue
        for name in sorted(names):
            if not name.endswith((".dist-info", ".egg-info")):
                continue
            distribution, _, version = name.rpartition(".")[0].partition("-")
            normal = distribution.lower().replace("-", "_").replace(".", "_")
            if normal in seen:
                continue
            seen.add(normal)
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), encoding="utf-8") as file:
                    lines = file.read().splitlines()
            except (OSError, ValueError):
                continue
            for key, value in _section(lines, group):
                yield DeviceClass(key, value, distribution, version or _egg_version(os.path.join(folder, name)))


def _egg_version(folder: str) -> str:
    """The version of a checkout's egg-info, whose name does not tell it."""
    try:
        with open(os.path.join(folder, "PKG-INFO"), encoding="utf-8") as file:
            return next((line[9:].strip() for line in file if line.startswith("Version: ")), "")
    except (OSError, ValueError):
        return ""


def _section(lines: list[str], group: str) -> Iterator[tuple[str, str]]:
    inside = False
    for line in map(str.strip, lines):
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and "=" in line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            yield key.strip(), value.split("[")[0].replace(" ", "").strip()


def _remedy(error: BaseException, device: DeviceClass) -> str:
    module = device.target.partition(":")[0]
    if isinstance(error, ModuleNotFoundError) and error.name and not f"{module}.".startswith(f"{error.name}."):
        return f"install the missing package into the Python at {sys.prefix}"
    if isinstance(error, (ImportError, AttributeError)):
        return f"reinstall {device.distribution} for Python {sys.version_info[0]}.{sys.version_info[1]} at {sys.prefix}"
    return f"the mistake is in {device.distribution}"

"""cli: shows the installed device classes and their options.

A class that can't be loaded is listed with the reason, and the exit code
is 1.
"""

import argparse
import shutil
import textwrap

from asiokit import discovery
from asiokit.cli import FOUND_WRONG, OK
from asiokit.cli.table import print_json, print_rows
from asiokit.errors import DeviceError

EXAMPLE = """
asiokit devices
asiokit devices --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    declared = discovery.declared_classes()
    names = [device.name for device in declared]
    devices = [_described(device, names.count(device.name) > 1) for device in declared]
    if arguments.json:
        print_json(devices)
    else:
        for device in devices:
            _show(device)
        if not devices:
            print("no device class is installed: reinstall asiokit")
    return FOUND_WRONG if not devices or any(device["error"] for device in devices) else OK


def _described(device: discovery.DeviceClass, is_double: bool) -> dict[str, object]:
    error = "another package declares the same name: uninstall one of them" if is_double else ""
    device_class: type | None = None
    options: list[dict[str, object]] = []
    try:
        device_class = discovery.import_class(device)
        options = _options(device, device_class)
    except DeviceError as caught:
        error = error or str(caught)
    return {
        "name": device.name,
        "help": _first_line(device_class),
        "origin": device.origin(),
        "target": device.target,
        "error": error,
        "options": options,
    }


def _options(device: discovery.DeviceClass, device_class: type) -> list[dict[str, object]]:
    """DeviceError if OPTIONS is not what the contract says: one mistaken class shall not hide the others."""
    try:
        return [
            {
                "name": option.name,
                "type": option.type.__name__,
                "default": option.default,
                "help": option.help,
                "minimum": option.minimum,
                "maximum": option.maximum,
                "unit": option.unit,
                "choices": option.choices,
                "is_path": option.is_path,
                "span": option.span(),
            }
            for option in getattr(device_class, "OPTIONS", ())
        ]
    except (AttributeError, TypeError) as error:
        what = f"device class {device.name!r} ({device.target} of {device.origin()})"
        remedy = f"the mistake is in {device.distribution}"
        raise DeviceError(f"{what}: OPTIONS must be a tuple of Option, and is not: {error}; {remedy}") from error


def _first_line(device_class: type | None) -> str:
    lines = (getattr(device_class, "__doc__", None) or "").strip().splitlines()
    # Cython can be told to put the signature before the docstring
    texts = [line.strip() for line in lines if not line.startswith(f"{getattr(device_class, '__name__', '')}(")]
    return next(filter(None, texts), "")


def _show(device: dict[str, object]) -> None:
    print(f"{device['name']}  ({device['origin']}, {device['target']})")
    width = max(40, min(shutil.get_terminal_size().columns, 100))
    for line in (device["help"], device["error"] and f"error: {device['error']}"):
        if line:
            print(textwrap.fill(str(line), width, initial_indent="    ", subsequent_indent="    "))
    options = device["options"]
    assert isinstance(options, list)
    rows = []
    for option in options:
        what = option["span"] or option["unit"] or option["type"]
        rows.append(
            [option["name"], "-" if option["default"] is None else str(option["default"]), what, option["help"]]
        )
    if rows:
        print_rows([["OPTION", "DEFAULT", "VALUES", ""], *rows], indent="    ")
    print()

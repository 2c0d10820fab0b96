"""cli: makes a driver entry: a device class with its settings.

The entry is a TOML file; asiokit register makes hosts see it. The options
that a device class takes are listed by asiokit devices.
"""

import argparse

from asiokit import install, paths
from asiokit.cli.entry import add_settings, entry_of, save
from asiokit.config import check_name
from asiokit.config_text import entry_text
from asiokit.errors import InstallError

EXAMPLE = """
asiokit devices
asiokit create "Studio 8" --device CLASS -o inputs=8 --buffer 64:1024:128
asiokit register "Studio 8"
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="as hosts list it: 1 to 31 ASCII characters")
    parser.add_argument(
        "--device", metavar="CLASS", required=True, help="a device class (asiokit devices), or FILE.py:CLASS"
    )
    add_settings(parser)
    parser.add_argument("--register", action="store_true", help="register it, too")
    parser.add_argument("--force", action="store_true", help="replace an entry of the same name")


def run(arguments: argparse.Namespace) -> int:
    check_name(arguments.name)
    config = entry_of(arguments.name, arguments.device, arguments)
    other = install.find(config.name)
    if other is not None and not other.ours:
        raise InstallError(f"{other.key} belongs to another driver ({other.library}): choose another name")
    file = paths.entry_file(config.name)
    save(file, entry_text(config), arguments.force)
    print(f"created {file}")
    if arguments.register:
        entry = install.register(config.replace(path=file))
        print(f"registered {entry.name}: {entry.key}")
    else:
        print(f'next: asiokit register "{config.name}"')
    return 0

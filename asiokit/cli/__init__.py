"""cli: the frame of the command line: finds the command, parses, turns errors into one line and an exit code.

A command is a module in asiokit/cli/ with a docstring (its first line is the help), EXAMPLE (shown at the end of
--help), configure(parser) and run(arguments) -> exit code: 0; 1 = ran, and found something wrong; 2 = could not run.
Only the chosen one is imported.
"""

import argparse
import ast
import importlib
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from asiokit import __version__
from asiokit.errors import AsiokitError
from asiokit.values import nearest

# command: module, in the order in which somebody meets them
COMMANDS = {
    "demo": "demo",
    "devices": "devices",
    "new-device": "new_device",
    "run": "run",
    "create": "create",
    "register": "register",
    "unregister": "unregister",
    "list": "listing",  # a module named list would hide the built-in one in this very file
    "probe": "probe",
    "check": "check",
    "play": "play",
    "record": "record",
    "doctor": "doctor",
    "bench": "bench",
}

OK, FOUND_WRONG, COULD_NOT_RUN, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code. Never raises for what a user can cause."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console of an old code page can't show every path: never fail for that
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()  # here, where a closed pipe can still be met quietly
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # who read our output has gone; Python would complain once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return BROKEN_PIPE
    except (AsiokitError, OSError) as error:
        return report(error)


def report(error: BaseException) -> int:
    """One line on stderr for what went wrong; returns the exit code for it."""
    text = " ".join(str(error).split()) or type(error).__name__
    print(f"asiokit: error: {text}", file=sys.stderr)
    return COULD_NOT_RUN


def _run(argv: list[str]) -> int:
    chosen = next((word for word in argv if not word.startswith("-")), None)
    if chosen is not None and chosen not in COMMANDS:
        raise AsiokitError(
            f"unknown command {chosen!r}{nearest(chosen, tuple(COMMANDS))}; possible: {', '.join(COMMANDS)}"
        )
    parser = argparse.ArgumentParser(
        prog="asiokit",
        description="Your own ASIO driver, in Python.",
        epilog="asiokit COMMAND --help shows a command's options and an example.",
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=f"asiokit {__version__} (Python {_python()})")
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    module = None
    for name in COMMANDS if chosen is None else (chosen,):
        doc = _doc(name)
        below = commands.add_parser(name, help=doc.partition("\n")[0], formatter_class=_Help)
        if name == chosen:
            module = _import(name)
            below.description = doc
            below.epilog = "example:\n" + "\n".join(f"  {line}" for line in module.EXAMPLE.strip().splitlines())
            module.configure(below)
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as end:  # argparse has said what was wrong, or shown the help
        return OK if not end.code else COULD_NOT_RUN
    if module is None:
        parser.print_help()
        return COULD_NOT_RUN
    return int(module.run(arguments))


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"asiokit.cli.{COMMANDS[name]}")
    except ImportError as error:
        raise AsiokitError(
            f"{name} can't be loaded: {error}; asiokit is not built for this Python ({_python()}): reinstall it there"
        ) from error


def _doc(name: str) -> str:
    """A command's docstring without its layer, read without running the module."""
    file = Path(__file__).with_name(f"{COMMANDS[name]}.py")
    try:
        doc = ast.get_docstring(ast.parse(file.read_bytes())) or ""
    except OSError:
        return "(not installed)"
    return doc.removeprefix("cli: ")


def _python() -> str:
    return f"{sys.version.split()[0]}, {sys.prefix}"


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        # comfortable at 80 columns, no wider than can be read
        super().__init__(prog, max_help_position=28, width=min(shutil.get_terminal_size().columns, 100) - 2)

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        if action.nargs == argparse.PARSER:
            self._action_max_length += self._indent_increment  # argparse forgets that the commands are indented

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        # of the commands: without the line that only says COMMAND
        return text.partition("\n")[2] if action.nargs == argparse.PARSER else text

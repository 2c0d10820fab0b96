"""cli: a driver entry from the command line: its arguments, its settings, its file."""

import argparse
import contextlib
import os
import sys
import tempfile
from pathlib import Path

from asiokit import discovery
from asiokit.config import CLOCKS, RATE_HZ_MAX, RATE_HZ_MIN, BufferSizes, EntryConfig
from asiokit.device.options import find_option, resolve_options
from asiokit.errors import ConfigError, InstallError


def add_settings(parser: argparse.ArgumentParser) -> None:
    """What an entry's [options] and [stream] hold."""
    parser.add_argument(
        "-o", "--option", metavar="KEY=VALUE", action="append", default=[], help="an option of the device; repeatable"
    )
    parser.add_argument("--sample-type", metavar="TYPE", default="float32", help="such as float32 (default), int32")
    parser.add_argument(
        "--rate", metavar="HZ", type=_rate, default=48000.0, help="rate before a host sets one (default: 48000)"
    )
    parser.add_argument(
        "--rates",
        metavar="HZ,HZ",
        type=_rates,
        help=f"the only rates possible (any, {RATE_HZ_MIN:g} to {RATE_HZ_MAX:g})",
    )
    parser.add_argument(
        "--buffer",
        metavar="MIN:MAX:PREFERRED[:STEP]",
        type=_sizes,
        default=BufferSizes(),
        help="frames; without STEP: powers of two (default: 32:2048:256); one number: only this size",
    )
    parser.add_argument("--clock", choices=CLOCKS, default="realtime", help=f"{', '.join(CLOCKS)}", metavar="CLOCK")


def entry_of(name: str, device: str, arguments: argparse.Namespace) -> EntryConfig:
    """The settings, checked against the device class's options. AsiokitError."""
    device = _placed(device)
    return EntryConfig(
        name=name,
        device=device,
        options=_options(device, arguments.option),
        sample_type=arguments.sample_type,
        rate_hz=arguments.rate,
        rates_hz=arguments.rates,
        buffer_frames=arguments.buffer,
        clock=arguments.clock,
    )


def save(file: Path, text: str, force: bool) -> None:
    """Writes the file whole or not at all. InstallError; also if there is one, and force does not say otherwise."""
    if file.exists() and not force:
        raise InstallError(f"{file} exists already: choose another name, or --force to replace it")
    temporary = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".tmp")
        with open(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        if sys.platform != "win32":
            umask = os.umask(0)
            os.umask(umask)
            # mkstemp's 0600 would hide the entry from other users' hosts
            os.chmod(temporary, 0o644 if os.geteuid() == 0 else 0o666 & ~umask)
        os.replace(temporary, file)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise InstallError(f"{file} can't be written: {error.strerror}") from None


def _placed(device: str) -> str:
    """A class in a file, as seen from here, with the file's full path: the entry will lie elsewhere."""
    if not discovery.is_file_device(device):
        return device
    file, _, attribute = device.rpartition(":")
    return f"{Path(file).resolve()}:{attribute}"


def _options(device: str, given: list[str]) -> dict[str, object]:
    table = getattr(discovery.any_device_class(device, Path.cwd()), "OPTIONS", ())
    options: dict[str, object] = {}
    for word in given:
        key, equals, text = word.partition("=")
        if not equals:
            raise ConfigError(f"-o {word}: must be KEY=VALUE")
        option = find_option(table, key.strip(), device)
        # a file is meant as seen from here; the entry will lie elsewhere
        options[option.name] = option.placed(option.from_text(text, device), Path.cwd())
    resolve_options(table, options, device)
    return options


def _rate(text: str) -> float:
    return float(text)


def _rates(text: str) -> tuple[float, ...]:
    return tuple(_rate(part) for part in text.split(","))


def _sizes(text: str) -> BufferSizes:
    parts = text.split(":")
    if len(parts) > 4:
        raise argparse.ArgumentTypeError("must be MIN:MAX:PREFERRED:STEP, the last two optional, or one number")
    try:
        numbers = [int(part) for part in parts]
        return BufferSizes(numbers[0], numbers[0]) if len(numbers) == 1 else BufferSizes(*numbers)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


_rate.__name__ = _rates.__name__ = "rate in Hz"  # argparse: invalid rate in Hz value: 'fast'
_sizes.__name__ = "MIN:MAX:PREFERRED"

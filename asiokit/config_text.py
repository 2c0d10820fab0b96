"""setup side: an entry file as text: where a key stands in it, what its syntax lacks, and how one is written."""

import datetime
import re
from collections.abc import Mapping
from pathlib import Path

from asiokit.config import CLOCKS, RATE_HZ_MAX, RATE_HZ_MIN, SAMPLE_TYPES, SPIN_US_MAX, EntryConfig
from asiokit.errors import ConfigError

# ---- where in the file -----------------------------------------------------------------------------------------

_PART = r"[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'"
_DOTTED = rf"(?:{_PART})(?:\s*\.\s*(?:{_PART}))*"
_HEADER_LINE = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]")
_KEY_LINE = re.compile(rf"\s*({_DOTTED})\s*=")


def located(error: ConfigError, path: Path | None, text: str | None) -> ConfigError:
    """See asiokit.config.located."""
    if path is None or error.key is None:
        return error
    if text is None:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError):
            text = ""
    return ConfigError(f"{path}:{line_of(error.key, text)}: {error}", key=error.key)


def line_of(key: str, text: str) -> int:
    """The line that sets the dotted key, else that of the nearest table around it, else 1."""
    table, best, best_length = "", 1, 0
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER_LINE.match(line):
            table = found = _plain(header[1])
        elif assignment := _KEY_LINE.match(line):
            found = f"{table}.{_plain(assignment[1])}".lstrip(".")
        else:
            continue
        # the key itself, or a table that has it inside
        if (key == found or key.startswith(found + ".")) and len(found) > best_length:
            best, best_length = number, len(found)
    return best


def _plain(dotted: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in dotted.split("."))


def syntax_error(error: Exception, text: str, path: Path | None) -> ConfigError:
    """tomllib says `what (at line 3, column 7)` or `what (at end of document)`: the place goes to the front."""
    message = str(error)
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    line = int(place[1]) if place and place[1] else text.count("\n") + 1 if place else 1
    what = message[: place.start()] if place else message
    where = f" at column {place[2]}" if place and place[2] else ""
    return ConfigError(f"{path or 'entry'}:{line}: is not valid TOML: {what}{where}")


# ---- writing ---------------------------------------------------------------------------------------------------


def entry_text(config: EntryConfig) -> str:
    """The TOML of an entry: parse_entry of it gives an equal config. ConfigError for options that TOML can't hold."""
    sizes = config.buffer_frames
    rates = toml_value(list(config.rates_hz)) if config.rates_hz is not None else "[44100, 48000]"
    lines = [
        "# A driver entry of asiokit. Hosts see a change when they open the driver the next time.",
        f"name = {toml_value(config.name)}  # as hosts list it",
        f"device = {toml_value(config.device)}  # a device class: asiokit devices",
        f"watch = {toml_value(config.watch)}  # true: a change of this file or the device's asks the host for a reset",
        "",
        "[options]  # the device's own: asiokit devices",
        *(f"{_key(key)} = {toml_value(value, f'options.{key}')}" for key, value in config.options.items()),
        "",
        "[stream]",
        f"# {', '.join(SAMPLE_TYPES[:5])},",
        f"# {', '.join(SAMPLE_TYPES[5:9])}; each also with _msb",
        f"sample_type = {toml_value(config.sample_type)}",
        f"rate_hz = {toml_value(config.rate_hz)}  # before a host sets one",
        f"# the only rates that a host may set; without it, any from {RATE_HZ_MIN:g} to {RATE_HZ_MAX:g}",
        f"{'# ' if config.rates_hz is None else ''}rates_hz = {rates}",
        "# granularity: step between sizes; -1 = powers of two; 0 = one size only",
        f"buffer_frames = {{ min = {sizes.min}, max = {sizes.max}, preferred = {sizes.preferred},"
        f" granularity = {sizes.granularity} }}",
        f"clock = {toml_value(config.clock)}  # {', '.join(CLOCKS)}",
        f"spin_us = {config.spin_us}  # the end of each wait with the CPU held, 0 to {SPIN_US_MAX}: docs/tuning.md",
        "",
        "[answers]  # overrides of return codes",
        *(f"{_key(key)} = {toml_value(value, f'answers.{key}')}" for key, value in config.answers.items()),
    ]
    return "\n".join(lines) + "\n"


def toml_value(value: object, key: str = "") -> str:
    """One value in TOML, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() < 256 else hex(value)
    if isinstance(value, float):
        return str(int(value)) if key == "" and value.is_integer() else repr(value)
    if isinstance(value, str):
        return _string(value, key)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item, key) for item in value) + "]"
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(name)} = {toml_value(item, key)}" for name, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    raise ConfigError(f"key {key!r}: {type(value).__name__} can't be written as TOML", key=key)


def _string(value: str, key: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ConfigError(f"key {key!r}: {value!r} can't be written as UTF-8", key=key) from None
    short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(short.get(c) or (c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in value) + '"'


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _string(name, name)

"""device: what a device class may be told in its entry's [options], and the check of what was given."""

import builtins
import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asiokit.errors import ConfigError
from asiokit.values import Frozen, kind_of, nearest, number_text

TYPES: tuple[type, ...] = (bool, int, float, str, list, dict)


class Option(Frozen):
    """One setting of a device class, as it stands in the class attribute OPTIONS.

    type: bool, int, float, str, list or dict, as TOML has them. default: what holds where none is given; None = unset.
    minimum, maximum: both inclusive. unit: for the help ("Hz", "frames"). choices: the only values possible. is_path:
    the text, or each text of the list, names a file, and the device gets it as a full path; a relative one lies beside
    the entry's file. A table entry that contradicts itself is a TypeError when the class is made.
    """

    __slots__ = ("choices", "default", "help", "is_path", "maximum", "minimum", "name", "type", "unit")
    name: str
    type: builtins.type
    default: object
    help: str
    minimum: float | None
    maximum: float | None
    unit: str
    choices: tuple[object, ...] | None
    is_path: bool

    def __init__(
        self,
        name: str,
        type: builtins.type,
        default: object,
        help: str,
        minimum: float | None = None,
        maximum: float | None = None,
        unit: str = "",
        choices: Sequence[object] | None = None,
        is_path: bool = False,
    ) -> None:
        if type not in TYPES:
            raise TypeError(f"option {name!r}: type {type!r} is not one of {', '.join(t.__name__ for t in TYPES)}")
        if (minimum, maximum) != (None, None) and type not in (int, float):
            raise TypeError(f"option {name!r}: minimum and maximum need a number")
        if is_path and type not in (str, list):
            raise TypeError(f"option {name!r}: a path is a str, several are a list")
        self._set(name=name, type=type, default=default, help=help, minimum=minimum, maximum=maximum, unit=unit)
        self._set(is_path=is_path)
        self._set(choices=None if choices is None else tuple(choices))
        if default is not None:
            try:
                self._set(default=self.checked(default))
            except ConfigError as error:
                raise TypeError(f"default of {error}") from None

    def checked(self, value: object, device: str = "") -> object:
        """The value, an integer made a float where a float is wanted; nothing else is converted. ConfigError."""
        if self.type is float and type(value) is int and value.bit_length() < 1024:
            value = float(value)
        if type(value) is not self.type:
            raise _wrong(device, self.name, f"must be {kind_of(self.type())}{self._span()}, is {kind_of(value)}")
        if self.choices is not None and value not in self.choices:
            hint = nearest(value, tuple(str(c) for c in self.choices)) if isinstance(value, str) else ""
            raise _wrong(device, self.name, f"{value!r} is not possible{hint}; possible: {self.span()}")
        if isinstance(value, (int, float)) and not self._inside(value):
            raise _wrong(device, self.name, f"{number_text(value)} is outside {self.span()}")
        return value

    def from_text(self, text: str, device: str = "") -> object:
        """The value that a command line's `-o name=text` means. ConfigError."""
        if self.type is str:
            return self.checked(text, device)
        import tomllib  # noqa: PLC0415 - for the command line only

        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except (ValueError, RecursionError):
            # a list of one is what a bare word can mean
            value = [text] if self.type is list else text
        return self.checked(value, device)

    def placed(self, value: object, folder: Path) -> object:
        """A value that names files, with their full paths: relative ones lie in that folder. Others as they are."""
        if not self.is_path or not value:
            return value
        if isinstance(value, list):
            return [str(folder / Path(part).expanduser()) if isinstance(part, str) else part for part in value]
        return str(folder / Path(str(value)).expanduser())

    def span(self) -> str:
        """What is possible, in words; empty if anything is."""
        unit = f" {self.unit}" if self.unit else ""
        if self.choices is not None:
            return ", ".join(str(choice) for choice in self.choices) + unit
        if self.minimum is not None and self.maximum is not None:
            return f"{self.minimum:g} to {self.maximum:g}{unit}"
        if self.minimum is not None:
            return f"{self.minimum:g}{unit} and above"
        if self.maximum is not None:
            return f"{self.maximum:g}{unit} and below"
        return ""

    def _span(self) -> str:
        return f" ({self.span()})" if self.span() else ""

    def _inside(self, value: float) -> bool:
        # written so that nan is outside of any range
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)


class Declared:
    """What option() leaves in a class body until the class is made."""

    def __init__(self, default: object, **fields: Any) -> None:
        self.default = default
        self.fields = fields


def option(
    default: Any,
    help: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    choices: Sequence[object] | None = None,
    is_path: bool = False,
) -> Any:
    """Declares an option of a PyDevice, in its class body: `speed_hz: float = option(5.0, "how fast", unit="Hz")`.

    The annotation is its type: bool, int, float, str, list or dict. The rest is as in Option.
    """
    return Declared(default, help=help, minimum=minimum, maximum=maximum, unit=unit, choices=choices, is_path=is_path)


def collect_options(device_class: type) -> tuple[Option, ...]:
    """The options that a class declares in its body, after those of its bases; each attribute becomes its default.
    TypeError names what is wrong with one."""
    options = {option.name: option for option in getattr(device_class, "OPTIONS", ())}
    annotations = getattr(device_class, "__annotations__", {})
    types = {type.__name__: type for type in TYPES}
    for name, declared in list(vars(device_class).items()):
        if not isinstance(declared, Declared):
            continue
        where = f"{device_class.__name__}.{name}"
        if name not in annotations:
            raise TypeError(f"{where}: an option needs its type: {name}: float = option(...)")
        annotation = annotations[name]
        # a string, if the module says `from __future__ import annotations`
        kind = types.get(annotation if isinstance(annotation, str) else getattr(annotation, "__name__", ""))
        if kind is None:
            raise TypeError(f"{where}: {annotation!r} is none of {', '.join(types)}")
        options[name] = Option(name, kind, declared.default, **declared.fields)
        setattr(device_class, name, options[name].default)
    return tuple(options.values())


def resolve_options(
    options: Sequence[Option], given: Mapping[str, object], device: str = "", folder: Path | None = None
) -> dict[str, object]:
    """Every option of the table with its value: the given one, else its default.

    device: the class's name, for the message. folder: where relative files lie; None: here. ConfigError names
    device and key; its `key` finds the line in the file.
    """
    by_name = {option.name: option for option in options}
    for name in given:
        find_option(options, name, device)
    return {
        name: option.placed(option.checked(given[name], device), folder or Path.cwd())
        if name in given
        else copy.deepcopy(option.default)
        for name, option in by_name.items()
    }


def find_option(options: Sequence[Option], name: str, device: str = "") -> Option:
    """The option of that name. ConfigError, with the nearest one, if there is none."""
    for option in options:
        if option.name == name:
            return option
    known = tuple(option.name for option in options)
    what = f"known: {', '.join(known)}" if known else "the device has no options"
    raise _wrong(device, name, f"is unknown{nearest(name, known)}; {what}")


def _wrong(device: str, name: str, what: str) -> ConfigError:
    where = f"device {device!r}: " if device else ""
    return ConfigError(f"{where}option {name!r}: {what}", key=f"options.{name}")

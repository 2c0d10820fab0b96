"""every layer: small values and how messages speak of them; imports nothing, like errors.py."""


class Frozen:
    """A value: compared by its fields, never changed. What a frozen dataclass is, without its import."""

    __slots__: tuple[str, ...] = ()

    def _set(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def fields(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}

    def __setstate__(self, state: tuple[None, dict[str, object]]) -> None:
        self._set(**state[1])  # copy and pickle would use __setattr__

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is a value, its {name} can't be changed: make a new one")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.fields() == other.fields()  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.fields().items())})"


def kind_of(value: object) -> str:
    """What a TOML value is, in TOML's words."""
    kinds = {str: "a string", bool: "a boolean", int: "an integer", float: "a float", list: "an array", dict: "a table"}
    return kinds.get(type(value), type(value).__name__)


def number_text(value: float) -> str:
    """A number for a message, however large."""
    # the decimal digits of a hexadecimal number of any length can't always be had (ValueError)
    return str(value) if isinstance(value, float) or value.bit_length() < 256 else "a number of more than 70 digits"


def nearest(word: str, known: tuple[str, ...]) -> str:
    """` (did you mean 'x'?)`, or nothing."""
    import difflib  # noqa: PLC0415 - slow to import, and only a wrong setting needs it

    folded = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    return f" (did you mean {folded[found[0]]!r}?)" if found else ""

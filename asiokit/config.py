"""setup side: one driver entry's settings, read from TOML and checked.

Stands between a host's dlopen and init(): no dataclasses here, whose import takes longer than all the rest of it, and
what only a wrong file needs is in config_text.py. Every mistake in a file is a ConfigError whose text starts with
`FILE:LINE: key '...': `.
"""

from collections.abc import Mapping
from pathlib import Path

from asiokit import sample_types
from asiokit.errors import ConfigError
from asiokit.values import Frozen, kind_of, nearest, number_text

SAMPLE_TYPES = tuple(sample_types.SAMPLE_TYPES)
CLOCKS = ("realtime", "freewheel", "manual", "device")

RATE_HZ_MIN, RATE_HZ_MAX = 8000.0, 768000.0
FRAMES_MIN, FRAMES_MAX = 16, 8192
SPIN_US_MAX = 200
POWERS_OF_TWO = -1  # the granularity that means it
MIN_DEFAULT, MAX_DEFAULT, PREFERRED_DEFAULT = 32, 2048, 256

NAME_LENGTH_MAX = 31  # hosts hold names in 32 bytes
NAME_FORBIDDEN = '/\\:*?"<>|'  # a name is a registry key on Windows and a folder on Linux
FILE_BYTES_MAX = 1 << 20  # of an entry file: far above any real one


class BufferSizes(Frozen):
    """The buffer sizes that a host may choose from, in frames. Making one checks it (ConfigError).

    granularity: the step from one legal size to the next; -1 = powers of two; 0 = there is only one size. A preferred
    size and a granularity that are not given follow from min and max.
    """

    __slots__ = ("granularity", "max", "min", "preferred")
    min: int
    max: int
    preferred: int
    granularity: int

    def __init__(
        self,
        min: int = MIN_DEFAULT,
        max: int = MAX_DEFAULT,
        preferred: int | None = None,
        granularity: int | None = None,
    ) -> None:
        key = "stream.buffer_frames"
        _check_integer(f"{key}.min", min, FRAMES_MIN, FRAMES_MAX)
        _check_integer(f"{key}.max", max, FRAMES_MIN, FRAMES_MAX)
        if min > max:
            raise wrong(f"{key}.min", f"{min} is above max, {max}")
        if preferred is None:
            preferred = sorted((min, PREFERRED_DEFAULT, max))[1]
        if granularity is None:
            granularity = 0 if min == max else POWERS_OF_TWO
        _check_integer(f"{key}.preferred", preferred, FRAMES_MIN, FRAMES_MAX)
        _check_integer(f"{key}.granularity", granularity, POWERS_OF_TWO, FRAMES_MAX)
        if (min == max) != (granularity == 0):
            rule = "must be 0, as min and max are equal" if granularity else "0 (one size only) needs min equal to max"
            raise wrong(f"{key}.granularity", rule)
        self._set(min=min, max=max, preferred=preferred, granularity=granularity)
        for name in ("min", "max", "preferred"):
            if not self.allows(getattr(self, name)):
                raise wrong(f"{key}.{name}", f"{getattr(self, name)} is not a legal size: {self.rule()}")

    def allows(self, n_frames: int) -> bool:
        """Whether a host may choose this size."""
        if not self.min <= n_frames <= self.max:
            return False
        if self.granularity == POWERS_OF_TWO:
            return n_frames & (n_frames - 1) == 0
        return self.granularity == 0 or (n_frames - self.min) % self.granularity == 0

    def rule(self) -> str:
        """The legal sizes in words."""
        if self.granularity == 0:
            return f"only {self.min}"
        if self.granularity == POWERS_OF_TWO:
            return f"powers of two from {self.min} to {self.max} (granularity -1)"
        return f"{self.min} to {self.max} in steps of {self.granularity}"


class EntryConfig(Frozen):
    """One driver entry as a host sees it. Rates in Hz, sizes in frames. Making one checks it (ConfigError).

    device: a class of the entry-point group asiokit.devices, or of a file. options: the device's own, checked by its
    option table, not here. watch: a change of the entry's file or of the device's asks the host for a reset. rate_hz:
    the rate before a host sets one. rates_hz: None = any from RATE_HZ_MIN to RATE_HZ_MAX. spin_us: how much of each
    wait the stream thread spins, at run time never more than half a period. answers: overrides of return codes, checked
    by com/answers.py. path: the file it was read from; two configs that differ in nothing else are equal.
    """

    __slots__ = (
        *("name", "device", "options", "sample_type", "rate_hz", "rates_hz", "buffer_frames", "clock"),
        *("spin_us", "answers", "path", "watch"),
    )
    name: str
    device: str
    options: Mapping[str, object]
    sample_type: str
    rate_hz: float
    rates_hz: tuple[float, ...] | None
    buffer_frames: BufferSizes
    clock: str
    spin_us: int
    answers: Mapping[str, str]
    path: Path | None
    watch: bool

    def __init__(
        self,
        name: str,
        device: str,
        options: Mapping[str, object] | None = None,
        sample_type: str = "float32",
        rate_hz: float = 48000.0,
        rates_hz: tuple[float, ...] | None = None,
        buffer_frames: BufferSizes | None = None,
        clock: str = "realtime",
        spin_us: int = 0,
        answers: Mapping[str, str] | None = None,
        path: Path | None = None,
        watch: bool = False,
    ) -> None:
        check_name(name)
        if not isinstance(device, str) or not device.strip() or not device.isprintable():
            raise wrong("device", f"{device!r} is not the name of a device class (asiokit devices lists them)")
        _check_choice("stream.sample_type", sample_type, SAMPLE_TYPES)
        _check_choice("stream.clock", clock, CLOCKS)
        _check_integer("stream.spin_us", spin_us, 0, SPIN_US_MAX)
        rate_hz = _checked_rate("stream.rate_hz", rate_hz)
        if not isinstance(watch, bool):
            raise wrong("watch", f"must be true or false, is {kind_of(watch)}")
        if rates_hz is not None:
            rates_hz = _checked_rates(rates_hz, rate_hz)
        if buffer_frames is None:
            buffer_frames = BufferSizes()
        if not isinstance(buffer_frames, BufferSizes):
            raise wrong("stream.buffer_frames", "must be a table of min, max, preferred, granularity")
        self._set(name=name, device=device, sample_type=sample_type, rate_hz=rate_hz, rates_hz=rates_hz)
        self._set(buffer_frames=buffer_frames, clock=clock, spin_us=spin_us, path=path, watch=watch)
        self._set(options=_checked_table("options", options), answers=_checked_table("answers", answers))
        for key, value in self.answers.items():
            if not isinstance(value, str):
                raise wrong(f"answers.{key}", f"must be a string, is {kind_of(value)}")

    def replace(self, **changes: object) -> "EntryConfig":
        """A checked copy with other values."""
        return EntryConfig(**{**self.fields(), **changes})  # type: ignore[arg-type]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EntryConfig):
            return NotImplemented
        return {**self.fields(), "path": None} == {**other.fields(), "path": None}

    __hash__ = None  # type: ignore[assignment]

    def allows_rate(self, rate_hz: float) -> bool:
        """Whether a host may set this rate."""
        if self.rates_hz is None:
            return RATE_HZ_MIN <= rate_hz <= RATE_HZ_MAX
        return rate_hz in self.rates_hz


def load_entry(path: str | Path) -> EntryConfig:
    """Reads and checks an entry file. Every failure is a ConfigError that starts with the file."""
    path = Path(path)
    try:
        with open(path, "rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise ConfigError(f"{path}: can't be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > FILE_BYTES_MAX:
        raise ConfigError(f"{path}: is larger than {FILE_BYTES_MAX} bytes: not an entry file")
    try:
        text = content.decode("utf-8-sig")  # Windows editors like to put a byte-order mark first
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8 text: save the file as UTF-8") from None
    return parse_entry(text, path)


def parse_entry(text: str, path: Path | None = None) -> EntryConfig:
    """Checks the text of an entry file; path is where it came from, for the messages. ConfigError."""
    import tomllib  # noqa: PLC0415 - an entry made in memory does without

    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number of 5000 digits; brackets nested 5000 deep
        from asiokit.config_text import syntax_error  # noqa: PLC0415 - only a wrong file needs it

        raise syntax_error(error, text, path) from None
    try:
        return _entry_from(content, path)
    except ConfigError as error:
        raise located(error, path, text) from None


def located(error: ConfigError, path: Path | None, text: str | None = None) -> ConfigError:
    """The same error with `FILE:LINE: ` in front, the line found by the error's key.

    text: what stands in the file, where the caller has it.
    """
    from asiokit.config_text import located as place  # noqa: PLC0415 - only a wrong file needs it

    return place(error, path, text)


def check_name(name: object) -> None:
    """Raises ConfigError unless the name can be a registry key, a folder and a host's 32-byte string."""
    if not isinstance(name, str):
        raise wrong("name", f"must be a string, is {kind_of(name)}")
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise wrong("name", f"{name[:60]!r} has {len(name)} characters; 1 to {NAME_LENGTH_MAX} are possible")
    for c in name:
        if not " " <= c <= "~" or c in NAME_FORBIDDEN:
            raise wrong("name", f"{name!r} contains {c!r}: printable ASCII without {NAME_FORBIDDEN} is possible")
    if name[0] in ". " or name[-1] == " ":
        raise wrong("name", f"{name!r} may not start with a dot or a space, nor end with a space")


# ---- from TOML -------------------------------------------------------------------------------------------------

_TOP = ("name", "device", "options", "stream", "answers", "watch")
_STREAM = ("sample_type", "rate_hz", "rates_hz", "buffer_frames", "clock", "spin_us")


def _entry_from(content: Mapping[str, object], path: Path | None) -> EntryConfig:
    _check_keys("", content, _TOP)
    for key in ("name", "device"):
        if key not in content:
            raise wrong(key, "is missing")
    stream = _checked_table("stream", content.get("stream"))
    _check_keys("stream.", stream, _STREAM)
    values = {**content, **stream, "path": path}
    values.pop("stream", None)
    if "buffer_frames" in stream:
        sizes = _checked_table("stream.buffer_frames", stream["buffer_frames"])
        _check_keys("stream.buffer_frames.", sizes, BufferSizes.__slots__)
        values["buffer_frames"] = BufferSizes(**sizes)  # type: ignore[arg-type]
    return EntryConfig(**values)  # type: ignore[arg-type]


# ---- checks ----------------------------------------------------------------------------------------------------


def wrong(key: str, what: str) -> ConfigError:
    """The error for one key; who knows the file adds the line (located)."""
    return ConfigError(f"key {key!r}: {what}", key=key)


def _check_keys(prefix: str, given: Mapping[str, object], known: tuple[str, ...]) -> None:
    for key in given:
        if key not in known:
            raise wrong(prefix + key, f"is unknown{nearest(key, known)}; known: {', '.join(known)}")


def _checked_table(key: str, value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise wrong(key, f"must be a table, is {kind_of(value)}")
    return dict(value)


def _check_choice(key: str, value: object, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, str):
        raise wrong(key, f"must be a string, is {kind_of(value)}; possible: {', '.join(allowed)}")
    if value not in allowed:
        raise wrong(key, f"{value!r} is unknown{nearest(value, allowed)}; possible: {', '.join(allowed)}")


def _check_integer(key: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong(key, f"must be an integer from {low} to {high}, is {kind_of(value)}")
    if not low <= value <= high:
        raise wrong(key, f"{number_text(value)} is outside {low} to {high}")


def _checked_rate(key: str, value: object) -> float:
    span = f"{RATE_HZ_MIN:g} to {RATE_HZ_MAX:g} Hz"
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise wrong(key, f"must be a number, {span}, is {kind_of(value)}")
    if not RATE_HZ_MIN <= value <= RATE_HZ_MAX:  # false for nan, too
        raise wrong(key, f"{number_text(value)} is outside {span}")
    return float(value)


def _checked_rates(given: object, rate_hz: float) -> tuple[float, ...]:
    key = "stream.rates_hz"
    if not isinstance(given, (list, tuple)) or not given:
        raise wrong(key, "must be an array of at least one rate, such as [44100, 48000]; leave it out to allow any")
    rates = tuple(_checked_rate(key, rate) for rate in given)
    if len(set(rates)) != len(rates):
        raise wrong(key, "names a rate twice")
    if rate_hz not in rates:
        shown = ", ".join(f"{rate:g}" for rate in rates)
        raise wrong("stream.rate_hz", f"{rate_hz:g} is not one of rates_hz ({shown})")
    return rates

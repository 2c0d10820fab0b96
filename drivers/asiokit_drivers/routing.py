"""drivers: connections between output and input channels, as users write them."""

import re
from collections.abc import Sequence

from asiokit.errors import ConfigError
from asiokit.values import Frozen

_ROUTE = re.compile(r"\s*(\d{1,4})\s*>\s*(\d{1,4})\s*(?:\*\s*([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?))?\s*")


class Route(Frozen):
    """from_host: an output channel of the host, to_host: an input channel of the host, both counted from 0."""

    __slots__ = ("from_host", "gain", "to_host")
    from_host: int
    to_host: int
    gain: float

    def __init__(self, from_host: int, to_host: int, gain: float = 1.0) -> None:
        self._set(from_host=from_host, to_host=to_host, gain=gain)


def identity(inputs: int, outputs: int) -> tuple[Route, ...]:
    """Each output to the input of its number."""
    return tuple(Route(channel, channel) for channel in range(min(inputs, outputs)))


def parse_routing(routing: Sequence[object], inputs: int, outputs: int) -> tuple[Route, ...]:
    """Connections "OUTPUT>INPUT" or "OUTPUT>INPUT*GAIN", channels counted from 1 as their names are. ConfigError."""
    routes: dict[tuple[int, int], Route] = {}
    for text in routing:
        match = _ROUTE.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ConfigError(f"key 'options.routing': {text!r} is no connection like \"1>2\" or \"1>2*0.5\"")
        from_host, to_host, gain = int(match[1]), int(match[2]), float(match[3] or 1.0)
        for word, channel, count in (("output", from_host, outputs), ("input", to_host, inputs)):
            if not 1 <= channel <= count:
                raise ConfigError(f"key 'options.routing': {text!r}: there is no {word} {channel}, only 1 to {count}")
        if (from_host, to_host) in routes:
            raise ConfigError(f"key 'options.routing': {text!r}: output {from_host} goes to input {to_host} already")
        routes[from_host, to_host] = Route(from_host - 1, to_host - 1, gain)
    return tuple(routes.values())

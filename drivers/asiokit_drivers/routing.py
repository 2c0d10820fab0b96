"""drivers: connections between output and input channels, as users write them: "1>2" or "1>2*0.5"."""

import re
from collections.abc import Sequence

from asiokit.errors import ConfigError

_ROUTE = re.compile(r"\s*(\d{1,4})\s*>\s*(\d{1,4})\s*(?:\*\s*([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?))?\s*")

Route = tuple[int, int, float]  # output channel, input channel, both counted from 0; gain


def parse_routing(
    routing: Sequence[object], inputs: int, outputs: int, option: str = "routing", source: str = "output"
) -> tuple[Route, ...]:
    """Connections "OUTPUT>INPUT" or "OUTPUT>INPUT*GAIN", channels counted from 1 as their names are. ConfigError,
    which names the option; source: what the left side is called there."""
    routes: dict[tuple[int, int], Route] = {}
    for text in routing:
        match = _ROUTE.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ConfigError(f'key \'options.{option}\': {text!r} is no connection like "1>2" or "1>2*0.5"')
        from_host, to_host, gain = int(match[1]), int(match[2]), float(match[3] or 1.0)
        for word, channel, count in ((source, from_host, outputs), ("input", to_host, inputs)):
            if not 1 <= channel <= count:
                raise ConfigError(f"key 'options.{option}': {text!r}: there is no {word} {channel}, only 1 to {count}")
        if not abs(gain) <= 1e6:
            raise ConfigError(f"key 'options.{option}': {text!r}: a gain is at most 1e6")
        if (from_host, to_host) in routes:
            raise ConfigError(f"key 'options.{option}': {text!r}: {source} {from_host} goes to input {to_host} already")
        routes[from_host, to_host] = (from_host - 1, to_host - 1, gain)
    return tuple(routes.values())

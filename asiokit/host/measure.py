"""host: what came back, against what was played: after how many frames, and with how many samples changed.

Only the samples are looked at, never what the driver says of its latency.
"""

from dataclasses import dataclass

import numpy as np

from asiokit.host.samples import Array, Planes, SampleType, decode

_NEEDLE_FRAMES = 512
_CORRELATION_FLOOR = 0.5  # of a perfect copy's peak; below it nothing of what was played came back


@dataclass(frozen=True)
class Comparison:
    """round_trip_frames is None when nothing was recognised; then nothing was compared either.

    method: "exact" when a stretch came back bit for bit, "correlation" when it had to be guessed, "none".
    first_difference: frame of the played data, None when all are equal.
    """

    round_trip_frames: int | None
    method: str
    n_compared: int
    n_differing: int
    first_difference: int | None


def _samples(planes: Planes, n_bytes: int) -> Array:
    """(channels, frames) of opaque words: equal means the same bits."""
    whole = np.ascontiguousarray(planes[:, : planes.shape[1] // n_bytes * n_bytes])
    return whole.reshape(whole.shape[0], -1, n_bytes)


def _differences(played: Array, recorded: Array, shift: int) -> tuple[int, Array]:
    n = min(played.shape[1], recorded.shape[1] - shift)
    if n <= 0:
        return 0, np.zeros((played.shape[0], 0), bool)
    return n, (played[:, :n] != recorded[:, shift : shift + n]).any(axis=2)


def _exact_shift(played: Array, recorded: Array, channel: int) -> int | None:
    """The smallest shift >= 0 at which the first sound of this channel came back bit for bit."""
    sounding = np.flatnonzero(played[channel].any(axis=1))
    if not len(sounding):
        return None
    first, n_bytes = int(sounding[0]), played.shape[2]
    needle = played[channel, first : first + _NEEDLE_FRAMES].tobytes()
    haystack = recorded[channel].tobytes()
    at = haystack.find(needle, first * n_bytes)
    while at >= 0 and at % n_bytes:
        at = haystack.find(needle, at + 1)
    return at // n_bytes - first if at >= 0 else None


def _correlation_shift(played: Planes, recorded: Planes, kind: SampleType) -> int | None:
    a, b = decode(played, kind, np.float64), decode(recorded, kind, np.float64)
    channel = int(np.argmax((a**2).sum(axis=0)))
    x, y = np.nan_to_num(a[:, channel]), np.nan_to_num(b[:, channel])
    n = 1 << (len(x) + len(y)).bit_length()
    product = np.fft.irfft(np.fft.rfft(y, n) * np.conj(np.fft.rfft(x, n)), n)[: len(y)]
    shift = int(np.argmax(np.abs(product)))
    power = np.sqrt((x**2).sum() * (y[shift : shift + len(x)] ** 2).sum())
    return shift if power > 0 and abs(product[shift]) > _CORRELATION_FLOOR * power else None


def compare(played: Planes, recorded: Planes, kind: SampleType) -> Comparison:
    """Both as planes of the same channels in the same sample type."""
    if played.shape[0] != recorded.shape[0]:
        raise ValueError(f"played has {played.shape[0]} channels, recorded {recorded.shape[0]}")
    x, y = _samples(played, kind.n_bytes), _samples(recorded, kind.n_bytes)
    shifts = {shift for c in range(len(x)) if (shift := _exact_shift(x, y, c)) is not None}
    method = "exact"
    if not shifts:
        guess = _correlation_shift(played, recorded, kind) if x.size and y.size else None
        if guess is None:
            return Comparison(None, "none", 0, 0, None)
        shifts, method = {guess}, "correlation"
    shift = min(shifts, key=lambda candidate: int(_differences(x, y, candidate)[1].sum()))
    n, differing = _differences(x, y, shift)
    frames = np.flatnonzero(differing.any(axis=0))
    return Comparison(
        round_trip_frames=shift,
        method=method,
        n_compared=n * len(x),
        n_differing=int(differing.sum()),
        first_difference=int(frames[0]) if len(frames) else None,
    )

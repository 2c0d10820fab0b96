"""host: ASIO's sample types and numpy arrays. Written for the host alone, so that it can convict the driver's own.

Floats are full scale at +-1. Integers are full scale at their own width: an int16 array and an int32 array that hold
the same sound differ by 65536. Planes are uint8 (channels, bytes): what a driver's buffers hold, channel after channel.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Planes = npt.NDArray[np.uint8]
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class SampleType:
    """One PCM type. n_bits is the width of the value, n_bytes of the word that carries it."""

    code: int
    name: str
    n_bytes: int
    n_bits: int
    is_float: bool
    order: str  # numpy's: "<" or ">"

    @classmethod
    def from_code(cls, code: int) -> "SampleType":
        """Raises ValueError for DSD and for numbers that are no sample type."""
        try:
            return SAMPLE_TYPES[code]
        except KeyError:
            raise ValueError(f"sample type {code} is not one of ASIO's PCM types; this host plays PCM only") from None


_SHAPES = [  # name, code of the big-endian one, bytes, bits, is float
    ("Int16", 0, 2, 16, False),
    ("Int24", 1, 3, 24, False),
    ("Int32", 2, 4, 32, False),
    ("Float32", 3, 4, 32, True),
    ("Float64", 4, 8, 64, True),
    ("Int32_16", 8, 4, 16, False),
    ("Int32_18", 9, 4, 18, False),
    ("Int32_20", 10, 4, 20, False),
    ("Int32_24", 11, 4, 24, False),
]


def _name(shape: str, order: str) -> str:
    """As the interface spells it: Int16LSB, Int32LSB16."""
    word, _, width = shape.partition("_")
    return word + order + width


SAMPLE_TYPES = {
    code + offset: SampleType(code + offset, _name(name, order), n_bytes, n_bits, is_float, mark)
    for name, code, n_bytes, n_bits, is_float in _SHAPES
    for offset, order, mark in ((0, "MSB", ">"), (16, "LSB", "<"))
}


def type_name(code: int) -> str:
    """Also for the DSD types, which this host can name but not play."""
    dsd = {32: "DSDInt8LSB1", 33: "DSDInt8MSB1", 40: "DSDInt8NER8"}
    return SAMPLE_TYPES[code].name if code in SAMPLE_TYPES else dsd.get(code, f"type {code}")


def _pack(words: Array, kind: SampleType) -> Planes:
    """(channels, frames) of int64 or float to bytes."""
    if kind.is_float:
        packed = words.astype(f"{kind.order}f{kind.n_bytes}")
    elif kind.n_bytes == 3:
        wide = np.ascontiguousarray(words, f"{kind.order}i4")
        first = 0 if kind.order == "<" else 1
        packed = wide.view(np.uint8).reshape(*wide.shape, 4)[:, :, first : first + 3]
    else:
        packed = words.astype(f"{kind.order}i{kind.n_bytes}")
    return np.ascontiguousarray(packed).view(np.uint8).reshape(words.shape[0], words.shape[1] * kind.n_bytes)


def _unpack(planes: Planes, kind: SampleType) -> Array:
    """Bytes to (channels, frames) of native int64 or float."""
    n_channels, n_frames = planes.shape[0], planes.shape[1] // kind.n_bytes
    planes = np.ascontiguousarray(planes[:, : n_frames * kind.n_bytes])
    if kind.is_float:
        return planes.view(f"{kind.order}f{kind.n_bytes}").astype(f"f{kind.n_bytes}")
    if kind.n_bytes == 3:
        wide = np.zeros((n_channels, n_frames, 4), np.uint8)
        first = 1 if kind.order == "<" else 0  # into the upper three bytes, and down again: this carries the sign
        wide[:, :, first : first + 3] = planes.reshape(n_channels, n_frames, 3)
        words: Array = wide.view(f"{kind.order}i4")[:, :, 0].astype(np.int64) >> 8
        return words
    return planes.view(f"{kind.order}i{kind.n_bytes}").astype(np.int64)


def _no_room(kind: SampleType, n_bits: int) -> ValueError:
    return ValueError(f"{kind.name} has no room for all {n_bits} bits of these samples; pass floats to round them")


def encode(data: Array, kind: SampleType) -> Planes:
    """(frames, channels) of float or of int16 / int32 to planes of `kind`.

    Floats: round to nearest, clip at full scale, NaN becomes silence. Integers: bit for bit; ValueError when `kind` has
    no room for all bits that are set.
    """
    data = np.atleast_2d(np.asarray(data).T)
    if np.issubdtype(data.dtype, np.floating):
        if kind.is_float:
            return _pack(data, kind)
        top = float(1 << (kind.n_bits - 1))
        scaled = np.rint(np.where(np.isnan(data), 0.0, data.astype(np.float64)) * top)
        return _pack(np.clip(scaled, -top, top - 1).astype(np.int64), kind)
    if data.dtype not in (np.int16, np.int32):
        raise ValueError(f"samples are float, int16 or int32, not {data.dtype}")
    n_bits = 8 * data.dtype.itemsize
    words = data.astype(np.int64)
    if kind.is_float:
        values = words / float(1 << (n_bits - 1))
        exact = values if kind.n_bytes == 8 else values.astype(np.float32).astype(np.float64)
        if not np.array_equal(values, exact):
            raise _no_room(kind, n_bits)
        return _pack(values, kind)
    shift = n_bits - kind.n_bits
    if shift <= 0:
        return _pack(words << -shift, kind)
    if np.any(words & ((1 << shift) - 1)):
        raise _no_room(kind, n_bits)
    return _pack(words >> shift, kind)


def decode(planes: Planes, kind: SampleType, dtype: npt.DTypeLike = np.float32) -> Array:
    """Planes of `kind` to (frames, channels) of float32, float64, int16 or int32; narrower targets are rounded."""
    words, target = _unpack(planes, kind), np.dtype(dtype)
    if target.kind == "f":
        values = words if kind.is_float else words / float(1 << (kind.n_bits - 1))
        return np.ascontiguousarray(values.T.astype(target))
    if target not in (np.int16, np.int32):
        raise ValueError(f"samples are float32, float64, int16 or int32, not {target}")
    n_bits = 8 * target.itemsize
    if not kind.is_float and kind.n_bits <= n_bits:
        return np.ascontiguousarray((words << (n_bits - kind.n_bits)).T.astype(target))
    values = words if kind.is_float else words / float(1 << (kind.n_bits - 1))
    top = float(1 << (n_bits - 1))
    scaled = np.rint(np.where(np.isnan(values), 0.0, values.astype(np.float64)) * top)
    return np.ascontiguousarray(np.clip(scaled, -top, top - 1).T.astype(target))

"""Conversion on the host's side, against arithmetic written a second time, one sample at a time."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asiokit.host.samples import SAMPLE_TYPES, SampleType, decode, encode, type_name

ALL = sorted(SAMPLE_TYPES)
INTEGERS = [code for code in ALL if not SAMPLE_TYPES[code].is_float]


def one_sample(value: float, kind: SampleType) -> bytes:
    """What the type's definition says, without numpy."""
    order = "little" if kind.order == "<" else "big"
    if kind.is_float:
        return struct.pack(kind.order + ("f" if kind.n_bytes == 4 else "d"), value)
    top = 1 << (kind.n_bits - 1)
    if math.isnan(value):
        number = 0
    elif math.isinf(value):
        number = top - 1 if value > 0 else -top
    else:
        number = min(max(round(value * top), -top), top - 1)  # Python rounds halves to even too
    return number.to_bytes(kind.n_bytes, order, signed=True)


@pytest.mark.parametrize("code", ALL, ids=lambda code: SAMPLE_TYPES[code].name)
@given(values=st.lists(st.floats(-1.5, 1.5, width=32), min_size=1, max_size=50))
def test_floats_are_rounded_and_clipped(code, values):
    kind = SAMPLE_TYPES[code]
    planes = encode(np.array(values, np.float32)[:, None], kind)
    assert planes.tobytes() == b"".join(one_sample(value, kind) for value in values)


@pytest.mark.parametrize("code", INTEGERS, ids=lambda code: SAMPLE_TYPES[code].name)
def test_what_no_integer_can_say(code):
    kind = SAMPLE_TYPES[code]
    values = [math.nan, math.inf, -math.inf, 1.0, -1.0, 1e30, -1e30, 0.0, -0.0]
    planes = encode(np.array(values)[:, None], kind)
    assert planes.tobytes() == b"".join(one_sample(value, kind) for value in values)


@pytest.mark.parametrize("code", ALL, ids=lambda code: SAMPLE_TYPES[code].name)
def test_16_bits_survive_every_type(code):
    every = np.arange(-32768, 32768).astype(np.int16).reshape(-1, 2)
    planes = encode(every, SAMPLE_TYPES[code])
    assert planes.shape == (2, 32768 * SAMPLE_TYPES[code].n_bytes)
    assert np.array_equal(decode(planes, SAMPLE_TYPES[code], np.int16), every)
    assert np.array_equal(decode(planes, SAMPLE_TYPES[code]), every / np.float32(32768))


@pytest.mark.parametrize("code", [c for c in ALL if SAMPLE_TYPES[c].n_bits >= 24], ids=lambda c: SAMPLE_TYPES[c].name)
def test_24_bits_in_32_survive_where_there_is_room(code):
    words = np.random.default_rng(1).integers(-(2**23), 2**23, (5000, 2)).astype(np.int32) << 8
    words[:2] = [[-(2**31), 2**31 - 256], [256, -256]]
    planes = encode(words, SAMPLE_TYPES[code])
    assert np.array_equal(decode(planes, SAMPLE_TYPES[code], np.int32), words)


@pytest.mark.parametrize(("code", "word"), [(16, 1 << 15), (17, 1 << 7), (27, 1), (25, 1 << 13), (19, (1 << 25) + 1)])
def test_integers_are_never_rounded(code, word):
    with pytest.raises(ValueError, match="has no room for all 32 bits"):
        encode(np.array([[word]], np.int32), SAMPLE_TYPES[code])


def test_other_arrays_are_refused():
    with pytest.raises(ValueError, match="not int64"):
        encode(np.zeros((4, 1), np.int64), SAMPLE_TYPES[19])
    with pytest.raises(ValueError, match="not int8"):
        decode(np.zeros((1, 4), np.uint8), SAMPLE_TYPES[19], np.int8)
    with pytest.raises(ValueError, match="PCM only"):
        SampleType.from_code(32)


def test_names_are_the_interfaces_own():
    assert [type_name(code) for code in (0, 1, 17, 19, 20, 8, 27, 33, 99)] == [
        "Int16MSB",
        "Int24MSB",
        "Int24LSB",
        "Float32LSB",
        "Float64LSB",
        "Int32MSB16",
        "Int32LSB24",
        "DSDInt8MSB1",
        "type 99",
    ]
    assert len(ALL) == 18

"""setup side: the PCM sample types of ASIO by the names that settings use. Plain Python, no compiled module needed."""

from types import MappingProxyType
from typing import NamedTuple


class SampleType(NamedTuple):
    """One sample type. `bits` are the significant ones, right-aligned where the sample is wider."""

    number: int  # ASIO's
    width: int  # bytes
    bits: int


_LSB = {
    "int16": SampleType(16, 2, 16),
    "int24": SampleType(17, 3, 24),
    "int32": SampleType(18, 4, 32),
    "int32_16": SampleType(24, 4, 16),
    "int32_18": SampleType(25, 4, 18),
    "int32_20": SampleType(26, 4, 20),
    "int32_24": SampleType(27, 4, 24),
    "float32": SampleType(19, 4, 32),
    "float64": SampleType(20, 8, 64),
}

# The least significant byte first; "_msb": the other way round, ASIO's number then is 16 lower.
SAMPLE_TYPES = MappingProxyType(
    {**_LSB, **{f"{name}_msb": kind._replace(number=kind.number - 16) for name, kind in _LSB.items()}}
)

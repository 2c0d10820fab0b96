"""tests of the converters against numpy, which does the same arithmetic in double precision and by other means."""

import ctypes
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from asiokit.rt.convert import deinterleave, from_float32, interleave, levels, to_float32, width_of
from hypothesis import given
from hypothesis import strategies as st

from asiokit.sample_types import SAMPLE_TYPES

INTEGERS = [name for name in SAMPLE_TYPES if name.startswith("int")]
FLOATS = [name for name in SAMPLE_TYPES if name.startswith("float")]

F32 = npt.NDArray[np.float32]

# Everything between a quiet NaN with a payload and the smallest subnormal, both signs; full scale and its neighbours.
ONE_BELOW, ONE_ABOVE = np.nextafter(np.float32(1), np.float32(0)), np.nextafter(np.float32(1), np.float32(2))
SPECIALS = np.array(
    [0.0, np.nan, np.inf, 1.0, ONE_BELOW, ONE_ABOVE, 1.5, 2.0, 1e30, 3.4e38, 1e-45, 1e-38, 0.5, 0.25, 1e-10], np.float32
)
SPECIALS = np.concatenate([SPECIALS, -SPECIALS])


def order(name: str) -> str:
    return ">" if name.endswith("_msb") else "<"


def pack(codes: npt.NDArray[np.int64], name: str) -> bytes:
    """Integer codes as the bytes of a sample type."""
    kind = SAMPLE_TYPES[name]
    if kind.width == 3:
        quads = codes.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3]
        return (quads[:, ::-1] if name.endswith("_msb") else quads).tobytes()
    return codes.astype(f"{order(name)}i{kind.width}").tobytes()


def expected(samples: F32, name: str) -> bytes:
    """What from_float32 has to give."""
    kind = SAMPLE_TYPES[name]
    if name in FLOATS:
        with np.errstate(invalid="ignore"):
            return samples.astype(f"{order(name)}f{kind.width}").tobytes()
    scale = 2.0 ** (kind.bits - 1)
    with np.errstate(invalid="ignore"):  # a signalling NaN warns when it is widened
        scaled = np.nan_to_num(samples.astype(np.float64) * scale, nan=0.0, posinf=1e300, neginf=-1e300)
    return pack(np.clip(np.rint(scaled), -scale, scale - 1).astype(np.int64), name)


def halves(bits: int) -> F32:
    """Values that lie exactly between two codes, and their float32 neighbours on both sides."""
    codes = np.unique(np.concatenate([np.arange(-70, 70), (2.0 ** np.arange(bits)), -(2.0 ** np.arange(bits))]))
    ties = ((codes + 0.5) / 2.0 ** (bits - 1)).astype(np.float32)
    infinity = np.float32(np.inf)
    return np.concatenate([ties, np.nextafter(ties, infinity), np.nextafter(ties, -infinity)])


def test_table() -> None:
    assert len(SAMPLE_TYPES) == 18 and len({kind.number for kind in SAMPLE_TYPES.values()}) == 18
    for name, kind in SAMPLE_TYPES.items():
        assert width_of(name) == width_of(kind.number) == kind.width
        assert kind.bits <= 8 * kind.width


def test_table_needs_no_compiled_module() -> None:
    code = "import sys, asiokit.sample_types; print([m for m in sys.modules if m.startswith('asiokit.')])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "['asiokit.sample_types']"


@pytest.mark.parametrize("level", levels())
@pytest.mark.parametrize("name", SAMPLE_TYPES)
def test_random_loud_and_special(name: str, level: str) -> None:
    rng = np.random.default_rng(1)
    loud = rng.uniform(-1.3, 1.3, 40_001).astype(np.float32)
    quiet = (loud * 2.0 ** rng.integers(-40, 3, loud.size)).astype(np.float32)
    samples = np.concatenate([loud, quiet, halves(SAMPLE_TYPES[name].bits), np.tile(SPECIALS, 3)])
    with np.errstate(over="ignore"):
        assert bytes(from_float32(samples, name, level)) == expected(samples, name)


@pytest.mark.parametrize("name", SAMPLE_TYPES)
@given(bits=st.lists(st.integers(0, 2**32 - 1), max_size=67))
def test_any_bits(name: str, bits: list[int]) -> None:
    samples = np.array(bits, np.uint32).view(np.float32)
    made = np.frombuffer(from_float32(samples, name), np.uint8)
    wanted = np.frombuffer(expected(samples, name), np.uint8)
    if name.startswith("float64"):  # which NaN, is the machine's business
        kind = f"{order(name)}f8"
        np.testing.assert_array_equal(made.view(kind), wanted.view(kind))
    else:
        np.testing.assert_array_equal(made, wanted)


@pytest.mark.parametrize("name", INTEGERS)
def test_specials_one_by_one(name: str) -> None:
    full = 2 ** (SAMPLE_TYPES[name].bits - 1)

    def code(x: float) -> bytes:
        return bytes(from_float32(np.array([x], np.float32), name))

    def as_bytes(value: int) -> bytes:
        return pack(np.array([value]), name)

    assert code(np.nan) == code(-np.nan) == code(0.0) == code(-0.0) == as_bytes(0)
    assert code(np.inf) == code(1.0) == code(1e30) == as_bytes(full - 1)
    assert code(-np.inf) == code(-1.0) == code(-1e30) == as_bytes(-full)
    assert code(0.5 / full) == code(-0.5 / full) == as_bytes(0)  # ties go to the even code
    assert code(1.5 / full) == code(2.5 / full) == as_bytes(2)
    assert code(-1.5 / full) == code(-2.5 / full) == as_bytes(-2)


def round_trip(codes: npt.NDArray[np.int64], name: str) -> None:
    data = pack(codes, name)
    samples = np.frombuffer(to_float32(data, name), np.float32)
    np.testing.assert_array_equal(samples, codes / 2.0 ** (SAMPLE_TYPES[name].bits - 1))
    assert bytes(from_float32(samples, name)) == data


@pytest.mark.parametrize("name", [name for name in INTEGERS if SAMPLE_TYPES[name].bits <= 20])
def test_every_code_of_up_to_20_bits(name: str) -> None:
    full = 2 ** (SAMPLE_TYPES[name].bits - 1)
    round_trip(np.arange(-full, full), name)


@pytest.mark.parametrize("name", [name for name in INTEGERS if SAMPLE_TYPES[name].bits == 24])
def test_every_code_of_24_bits(name: str) -> None:
    edges = np.linspace(-(2**23), 2**23, 17).astype(int)
    for begin, end in pairwise(edges):
        round_trip(np.arange(begin, end), name)


@pytest.mark.parametrize("name", ["int32", "int32_msb"])
def test_codes_of_32_bits(name: str) -> None:
    step = 256 * 61
    round_trip(np.arange(-(2**31), 2**31, step), name)  # low 8 bits 0: float32 holds them all
    codes = np.random.default_rng(2).integers(-(2**31), 2**31, 100_000)
    samples = np.frombuffer(to_float32(pack(codes, name), name), np.float32)
    np.testing.assert_array_equal(samples, (codes / 2.0**31).astype(np.float32))


@pytest.mark.parametrize("name", [name for name in INTEGERS if "_1" in name or "_2" in name])
def test_a_host_that_does_not_extend_the_sign(name: str) -> None:
    bits = SAMPLE_TYPES[name].bits
    codes = np.array([-1, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 0, 5], np.int64)
    cut = codes & (2**bits - 1)
    np.testing.assert_array_equal(
        np.frombuffer(to_float32(pack(cut, name), name), np.float32), codes / 2.0 ** (bits - 1)
    )


@pytest.mark.parametrize("name", ["float32", "float32_msb"])
@given(bits=st.lists(st.integers(0, 2**32 - 1), max_size=67))
def test_float32_passes_bit_for_bit(name: str, bits: list[int]) -> None:
    data = np.array(bits, f"{order(name)}u4").tobytes()  # signalling NaNs and all
    assert bytes(to_float32(data, name)) == np.array(bits, np.uint32).tobytes()
    assert bytes(from_float32(np.array(bits, np.uint32), name)) == data


@pytest.mark.parametrize("name", ["float64", "float64_msb"])
@given(values=st.lists(st.floats(), max_size=67))
def test_float64_is_narrowed_to_nearest(name: str, values: list[float]) -> None:
    wide = np.array(values, f"{order(name)}f8")
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(np.frombuffer(to_float32(wide, name), np.float32), wide.astype(np.float32))


@pytest.mark.parametrize("name", SAMPLE_TYPES)
def test_any_length_at_any_address_and_not_a_byte_more(name: str) -> None:
    width = width_of(name)
    source = np.random.default_rng(3).uniform(-1.1, 1.1, 80).astype(np.float32)
    for n_samples in [*range(20), 31, 63, 65]:
        wanted = expected(source[:n_samples], name)
        for offset in range(4):
            room = bytearray(offset + 4 * n_samples)
            room[offset:] = source[:n_samples].tobytes()
            made = from_float32(memoryview(room)[offset:], name)
            assert bytes(made) == wanted and len(made) == n_samples * width
            shifted = bytearray(offset) + made
            back = to_float32(memoryview(shifted)[offset:], name)
            assert bytes(back) == bytes(to_float32(bytes(made), name)) and len(back) == 4 * n_samples


class Converters(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_void_p) for name in ("from_float32", "to_float32", "interleave", "deinterleave"))

    def run(self, is_written: bool) -> Callable[..., None]:
        """from_float32 (is_written) or to_float32."""
        kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
        return kind(self.from_float32 if is_written else self.to_float32)


# Without optimisation the intrinsics are other code. -O3 is how the package has them, so all other tests test that too.
@pytest.fixture(
    scope="module",
    params=["-O0 -fsanitize=undefined -fno-sanitize-recover=all", pytest.param("-O3", marks=pytest.mark.slow)],
)
def compiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The converters by themselves, the pointers as the engine gets them."""
    sources = Path(__file__).parents[2] / "sdk_shim"
    library = tmp_path_factory.mktemp("convert") / "convert.so"
    flags = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC", *request.param.split()]
    files = [str(path) for path in sorted(sources.glob("convert*.c"))]
    subprocess.run(["cc", *flags, f"-I{sources}", *files, "-o", str(library)], check=True)
    loaded = ctypes.CDLL(str(library))
    loaded.sample_type_width.restype = ctypes.c_size_t
    return loaded


@pytest.mark.parametrize("name", SAMPLE_TYPES)
def test_pointers_write_what_is_asked_for_and_nothing_beside_it(name: str, compiled: ctypes.CDLL) -> None:
    number, width, _bits = SAMPLE_TYPES[name]
    assert compiled.sample_type_width(number) == width
    samples = np.random.default_rng(4).uniform(-1.1, 1.1, 67).astype(np.float32)
    codes = expected(samples, name)
    floats = bytes(to_float32(codes, name))
    found = Converters()
    for level, n_samples, offset in product(range(len(levels())), (0, 1, 2, 3, 5, 16, 64, 67), (0, 1, 3, 8)):
        assert compiled.convert_find(number, level, ctypes.byref(found)) == 1
        for is_written, source_bytes, wanted in (
            (True, samples.tobytes(), codes[: n_samples * width]),
            (False, codes, floats[: n_samples * 4]),
        ):
            source = (ctypes.c_ubyte * (len(source_bytes) + offset)).from_buffer_copy(bytes(offset) + source_bytes)
            target = (ctypes.c_ubyte * (len(wanted) + 64)).from_buffer_copy(b"\xa5" * (len(wanted) + 64))
            found.run(is_written)(ctypes.addressof(target) + offset, ctypes.addressof(source) + offset, n_samples)
            rest = 64 - offset
            assert bytes(target) == b"\xa5" * offset + wanted + b"\xa5" * rest


@pytest.mark.parametrize("name", SAMPLE_TYPES)
def test_pointers_of_frames(name: str, compiled: ctypes.CDLL) -> None:
    number = SAMPLE_TYPES[name].number
    samples = np.random.default_rng(5).uniform(-1.1, 1.1, 65 * 33).astype(np.float32)
    found, kind = (
        Converters(),
        ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t),
    )
    for level, (n_channels, n_frames) in product(range(len(levels())), ((1, 5), (2, 33), (5, 17), (9, 33), (65, 3))):
        assert compiled.convert_find(number, level, ctypes.byref(found)) == 1
        planes = np.ascontiguousarray(samples[: n_channels * n_frames].reshape(n_channels, n_frames))
        wanted = interleave(planes, name, "portable")
        made, back = np.zeros(len(wanted), np.uint8), np.zeros_like(planes)
        of_planes = (ctypes.c_void_p * n_channels)(*(plane.ctypes.data for plane in planes))
        of_back = (ctypes.c_void_p * n_channels)(*(plane.ctypes.data for plane in back))
        kind(found.interleave)(made.ctypes.data, ctypes.addressof(of_planes), n_channels, n_frames)
        assert made.tobytes() == wanted
        kind(found.deinterleave)(ctypes.addressof(of_back), made.ctypes.data, n_channels, n_frames)
        assert back.tobytes() == deinterleave(wanted, n_channels, name, "portable")


def test_pointers_of_what_is_no_pcm(compiled: ctypes.CDLL) -> None:
    for number in (-1, 5, 7, 12, 15, 21, 28, 32, 33, 40, 2**31 - 1):
        assert compiled.convert_find(number, 0, ctypes.byref(Converters())) == 0
        assert compiled.sample_type_width(number) == 0


def test_refusals() -> None:
    with pytest.raises(ValueError, match="sample type 'int25' is unknown: it is one of int16, int24"):
        from_float32(b"", "int25")
    for number in (-1, 5, 32, 33, 40, 1000):  # DSD among them
        with pytest.raises(ValueError, match=f"ASIO sample type {number} is no PCM type"):
            to_float32(b"", number)
    with pytest.raises(ValueError, match="7 bytes are not whole samples of int24, 3 bytes each"):
        to_float32(b"1234567", "int24")
    with pytest.raises(ValueError, match="5 bytes are not whole float32 samples"):
        from_float32(b"12345", "int16")

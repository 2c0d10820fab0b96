"""tests of the converters' levels: each gives the bytes of the portable one, and touches nothing beside its buffers.

Buffers lie against pages that may be neither read nor written, so that a byte too much ends the test run.
"""

import ctypes
import mmap
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pytest
from asiokit.rt.convert import deinterleave, from_float32, interleave, levels, to_float32, width_of
from hypothesis import given
from hypothesis import strategies as st

from asiokit.sample_types import SAMPLE_TYPES

HERE = levels()
FAST = HERE[1:]
SOURCES = Path(__file__).parents[2] / "sdk_shim"
FILES = sorted(SOURCES.glob("convert*.c"))

Bytes = npt.NDArray[np.uint8]


def any_floats(n: int, seed: int = 1) -> npt.NDArray[np.float32]:
    """Sound at all levels, a tenth of it NaNs, infinities, numbers that are halves of codes, and any bits at all."""
    rng = np.random.default_rng(seed)
    samples = (rng.uniform(-1.2, 1.2, n) * 2.0 ** rng.choice([0, 0, 0, -3, -9, -20], n)).astype(np.float32)
    specials = np.array([0, np.nan, -np.nan, np.inf, -np.inf, 1, -1, 0.99999994, -0.99999994, 1e9, -1e9, 3e38, 1e-45],
                        np.float32)  # fmt: skip
    halves = ((rng.integers(-300, 300, n) + 0.5) / 2.0 ** rng.choice([15, 17, 19, 23, 31], n)).astype(np.float32)
    bits = rng.integers(0, 2**32, n, np.uint32).view(np.float32)
    kind = rng.integers(0, 30, n)
    return np.select([kind == 0, kind == 1, kind == 2], [rng.choice(specials, n), halves, bits], samples)


def any_codes(n_bytes: int, seed: int = 2) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, n_bytes, np.uint8)


# ---- room between pages that can't be touched ----


class Room:
    """Some bytes after which, and before which, the process may touch nothing."""

    def __init__(self, n_bytes: int) -> None:
        page = mmap.PAGESIZE
        n_inside = -(-n_bytes // page) * page
        n_all = n_inside + 2 * page
        if sys.platform == "win32":
            kernel = ctypes.WinDLL("kernel32")
            kernel.VirtualAlloc.restype = ctypes.c_void_p
            kernel.VirtualAlloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_uint32]
            address = kernel.VirtualAlloc(None, n_all, 0x2000, 1)  # reserved only
            assert address and kernel.VirtualAlloc(address + page, n_inside, 0x1000, 4)  # committed
        else:
            self.map = mmap.mmap(-1, n_all)
            address = ctypes.addressof(ctypes.c_ubyte.from_buffer(self.map))
            protect = ctypes.CDLL(None, use_errno=True).mprotect
            protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
            assert protect(address, page, 0) == 0 and protect(address + page + n_inside, page, 0) == 0
        self.begin, self.end = address + page, address + page + n_inside
        self.bytes: Bytes = np.ctypeslib.as_array((ctypes.c_ubyte * n_inside).from_address(self.begin))

    def place(self, n_bytes: int, is_last: bool) -> int:
        """An address for so many bytes: the last ones of the room, or the first ones."""
        return self.end - n_bytes if is_last else self.begin

    def at(self, address: int, n_bytes: int) -> Bytes:
        return self.bytes[address - self.begin : address - self.begin + n_bytes]


@pytest.fixture(scope="module")
def rooms() -> tuple[Room, Room]:
    return Room(66 * 42 * 8), Room(66 * 42 * 8)


def check_surroundings(room: Room, address: int, n_bytes: int) -> None:
    """Of a buffer that had 64 bytes of 0xA5 on both sides, as far as the room goes."""
    begin = address - room.begin
    around = np.concatenate([room.bytes[max(begin - 64, 0) : begin], room.bytes[begin + n_bytes :][:64]])
    assert (around == 0xA5).all()


def lay(room: Room, address: int, data: Bytes) -> None:
    room.at(address, len(data))[:] = data


def clear(room: Room, address: int, n_bytes: int) -> None:
    begin = address - room.begin
    room.bytes[max(begin - 64, 0) : begin + n_bytes + 64] = 0xA5


SHAPES = [(c, f) for c in (*range(1, 18), 31, 33, 64, 65) for f in range(41)]


@pytest.mark.parametrize("name", SAMPLE_TYPES)
def test_frames_of_any_shape(rt: ModuleType, rooms: tuple[Room, Room], name: str) -> None:
    number, width, _bits = SAMPLE_TYPES[name]
    planes, frames = rooms
    samples, codes = any_floats(65 * 41).view(np.uint8), any_codes(65 * 41 * width)
    for n_channels, n_frames in SHAPES:
        n = n_channels * n_frames
        plane = samples[: 4 * n].view(np.float32).reshape(n_channels, n_frames)
        joined = bytes(interleave(plane, name, "portable"))
        split = bytes(deinterleave(codes[: n * width], n_channels, name, "portable"))
        for level, is_last in product(range(1, len(HERE)), (False, True)):
            # planes to frames
            p, f = planes.place(4 * n, is_last), frames.place(n * width, is_last)
            lay(planes, p, samples[: 4 * n])
            clear(frames, f, n * width)
            rt.frames_at(number, level, True, f, p, 4 * n_frames, n_channels, n_frames)
            assert frames.at(f, n * width).tobytes() == joined, (HERE[level], n_channels, n_frames)
            check_surroundings(frames, f, n * width)
            # and back, the planes apart from one another
            step = 4 * n_frames + 8
            n_bytes = step * n_channels - 8
            p = planes.place(n_bytes, is_last)
            lay(frames, f, codes[: n * width])
            clear(planes, p, n_bytes)
            rt.frames_at(number, level, False, f, p, step, n_channels, n_frames)
            made = np.concatenate([planes.at(p, n_bytes), np.full(8, 0xA5, np.uint8)]).reshape(n_channels, step)
            assert made[:, : 4 * n_frames].tobytes() == split, (HERE[level], n_channels, n_frames)
            assert (made[:, 4 * n_frames :] == 0xA5).all()
            check_surroundings(planes, p, n_bytes)


@pytest.mark.parametrize("level", FAST)
@pytest.mark.parametrize("name", SAMPLE_TYPES)
def test_runs_of_any_length(rt: ModuleType, rooms: tuple[Room, Room], name: str, level: str) -> None:
    number, width, _bits = SAMPLE_TYPES[name]
    floats, codes = rooms
    samples, given_codes = any_floats(140, 3).view(np.uint8), any_codes(140 * width, 4)
    written = from_float32(samples, name, "portable")
    read = to_float32(given_codes, name, "portable")
    for n in (*range(70), 95, 96, 97, 127, 128, 129):
        for is_last in (False, True):
            f, c = floats.place(4 * n, is_last), codes.place(width * n, is_last)
            lay(floats, f, samples[: 4 * n])
            clear(codes, c, width * n)
            rt.run_at(number, HERE.index(level), True, c, f, n)
            assert codes.at(c, width * n).tobytes() == written[: width * n]
            check_surroundings(codes, c, width * n)
            lay(codes, c, given_codes[: width * n])
            clear(floats, f, 4 * n)
            rt.run_at(number, HERE.index(level), False, f, c, n)
            assert floats.at(f, 4 * n).tobytes() == read[: 4 * n]
            check_surroundings(floats, f, 4 * n)


# ---- the same bytes as portable ----


@pytest.mark.parametrize("level", FAST)
@pytest.mark.parametrize("name", SAMPLE_TYPES)
def test_all_kinds_of_numbers(name: str, level: str) -> None:
    samples = any_floats(100_003, 5)
    assert from_float32(samples, name, level) == from_float32(samples, name, "portable")
    codes = any_codes(width_of(name) * 100_003, 6)
    assert to_float32(codes, name, level) == to_float32(codes, name, "portable")


@pytest.mark.parametrize("level", HERE)
@pytest.mark.parametrize("name", [name for name in SAMPLE_TYPES if SAMPLE_TYPES[name].bits in (16, 24)])
def test_codes_come_back(name: str, level: str) -> None:
    width, bits = width_of(name), SAMPLE_TYPES[name].bits
    codes = np.arange(-(2 ** (bits - 1)), 2 ** (bits - 1), 1 if bits == 16 else 37, np.int32)
    quads = codes.astype(">i4" if name.endswith("_msb") else "<i4").view(np.uint8).reshape(-1, 4)
    data = (quads[:, 4 - width :] if name.endswith("_msb") else quads[:, :width]).tobytes()
    samples = to_float32(data, name, level)
    np.testing.assert_array_equal(np.frombuffer(samples, np.float32), codes / 2.0 ** (bits - 1))
    assert from_float32(samples, name, level) == data


@pytest.mark.parametrize("level", FAST)
@given(data=st.data(), name=st.sampled_from(list(SAMPLE_TYPES)), n_channels=st.integers(1, 20))
def test_any_bits_in_any_shape(level: str, data: st.DataObject, name: str, n_channels: int) -> None:
    n_frames = data.draw(st.integers(0, 40))
    seed = data.draw(st.integers(0, 2**31))
    bits = np.random.default_rng(seed).integers(0, 2**32, (n_channels, n_frames), np.uint32).view(np.float32)
    joined = interleave(bits, name, level)
    assert joined == interleave(bits, name, "portable")
    assert deinterleave(joined, n_channels, name, level) == deinterleave(joined, n_channels, name, "portable")


@pytest.mark.parametrize("level", HERE)
@pytest.mark.parametrize("name", SAMPLE_TYPES)
def test_frames_are_the_channels_side_by_side(name: str, level: str) -> None:
    """Against numpy: the portable level too."""
    planes = any_floats(7 * 50, 7).reshape(7, 50)
    joined = interleave(planes, name, level)
    one_by_one = np.frombuffer(from_float32(planes, name, level), np.uint8).reshape(7, 50, -1)
    assert bytes(joined) == one_by_one.swapaxes(0, 1).tobytes()
    back = np.frombuffer(deinterleave(joined, 7, name, level), np.uint32)
    np.testing.assert_array_equal(back, np.frombuffer(to_float32(one_by_one, name, level), np.uint32))


def test_more_channels_than_anybody_has(rt: ModuleType) -> None:
    planes = any_floats(1030 * 17, 8).reshape(1030, 17)
    for name in ("int16", "int24", "int32_20_msb", "float64"):
        joined = interleave(planes, name)
        assert joined == interleave(planes, name, "portable")
        assert deinterleave(joined, 1030, name) == deinterleave(joined, 1030, name, "portable")


# ---- what is there, and what is refused ----


def test_levels(rt: ModuleType) -> None:
    names = ("portable", "sse2", "avx2", "avx512")
    assert names[: len(HERE)] == HERE and rt.best_level() == len(HERE) - 1
    assert tuple(rt.level_name(level) for level in range(4)) == names
    assert rt.level_name(-1) is None and rt.level_name(4) is None


def test_find_refuses_what_is_not_there(rt: ModuleType) -> None:
    for kind in SAMPLE_TYPES.values():
        assert all(rt.has_converters(kind.number, level) for level in range(len(HERE)))
        assert not any(rt.has_converters(kind.number, level) for level in (-1, len(HERE), 4, 2**31 - 1))
    for number in (-1, 5, 7, 12, 15, 21, 28, 32, 33, 40, 2**31 - 1):
        assert not any(rt.has_converters(number, level) for level in range(len(HERE)))


def test_refusals() -> None:
    planes = np.zeros((2, 4), np.float32)
    with pytest.raises(ValueError, match="converter level 'neon' is not there: this machine has portable"):
        interleave(planes, "int16", "neon")
    with pytest.raises(ValueError, match="sample type 'int25' is unknown: it is one of int16, int24"):
        interleave(planes, "int25")
    with pytest.raises(ValueError, match="expected 'const float' but got 'double'"):
        interleave(planes.astype(np.float64), "int16")
    with pytest.raises(ValueError, match=r"expected 2, got 1"):
        interleave(planes[0], "int16")
    with pytest.raises(ValueError, match="not C-contiguous"):
        interleave(planes.T, "int16")
    with pytest.raises(ValueError, match="0 channels can't be taken apart: at least 1 is needed"):
        deinterleave(b"", 0, "int16")
    with pytest.raises(ValueError, match="7 bytes are not whole frames of 2 x int24, 6 bytes each"):
        deinterleave(b"1234567", 2, "int24")


def test_nothing_makes_nothing() -> None:
    for shape in ((0, 4), (4, 0), (0, 0)):
        assert interleave(np.zeros(shape, np.float32), "int24") == b""
    assert deinterleave(b"", 5, "int24") == b""


# ---- the sources by other compilers and flags ----

STRICT = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{SOURCES}")


def test_pointers_of_a_build_without_vectors(tmp_path: Path) -> None:
    """What ARM64 and a strange compiler get."""
    library = tmp_path / "convert.so"
    command = [
        "cc",
        *STRICT,
        "-O1",
        "-DCONVERT_ONLY_PORTABLE",
        "-shared",
        "-fPIC",
        *map(str, FILES),
        "-o",
        str(library),
    ]
    subprocess.run(command, check=True)
    loaded = ctypes.CDLL(str(library))
    room = ctypes.create_string_buffer(64)
    assert loaded.convert_best_level() == 0
    assert loaded.convert_find(16, 0, room) == 1 and loaded.convert_find(16, 1, room) == 0


def compilers() -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "x86_64-w64-mingw32-gcc", ("-O2", "-Wa,-muse-unaligned-vector-move")
    yield "aarch64-linux-gnu-gcc", ("-O2",)
    yield "clang", ("-O2",)


@pytest.mark.parametrize(("compiler", "flags"), list(compilers()), ids=[name for name, _ in compilers()])
def test_pointers_of_compilers(compiler: str, flags: tuple[str, ...]) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"there is no {compiler}")
    subprocess.run([compiler, *STRICT, *flags, "-fsyntax-only", *map(str, FILES)], check=True)


def test_pointers_refuse_fast_math() -> None:
    for path in FILES:
        done = subprocess.run(
            ["cc", *STRICT, "-ffast-math", "-fsyntax-only", str(path)], capture_output=True, text=True
        )
        assert done.returncode != 0 and "-ffast-math removes the rounding" in done.stderr, path

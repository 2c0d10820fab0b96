"""bench: other people's code as anchors, found at run time; what is not installed is None."""

import ctypes
import ctypes.util
import functools
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

PA_FLOAT32, PA_INT32, PA_INT24, PA_INT16 = 1, 2, 4, 8  # PaSampleFormat
PA_DITHER_OFF = 2


@functools.cache
def portaudio() -> ctypes.CDLL | None:
    """PortAudio's own objects, out of the static library of its development package (the shared one hides them)."""
    archive = next(iter(sorted(Path("/usr/lib").glob("*/libportaudio.a"))), None)
    if archive is None or not shutil.which("cc") or not shutil.which("ar"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        parts = ["pa_converters.o", "pa_dither.o", "pa_ringbuffer.o"]
        try:
            subprocess.run(["ar", "x", str(archive), *parts], cwd=folder, check=True, capture_output=True)
            subprocess.run(["cc", "-shared", "-o", "pa.so", *parts], cwd=folder, check=True, capture_output=True)
            library = ctypes.CDLL(str(Path(folder, "pa.so")))
        except (OSError, subprocess.CalledProcessError):
            return None
    library.PaUtil_SelectConverter.restype = ctypes.c_void_p
    library.PaUtil_SelectConverter.argtypes = [ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong]
    return library


def portaudio_converter(from_format: int, to_format: int) -> int | None:
    """The address of PortAudio's converter, clipping and without dither."""
    library = portaudio()
    return None if library is None else library.PaUtil_SelectConverter(from_format, to_format, PA_DITHER_OFF)


class PaRing:
    """A PaUtilRingBuffer of bytes; address, write and read are addresses."""

    def __init__(self, n_bytes: int) -> None:
        library = portaudio()
        if library is None:
            raise LookupError("PortAudio's development package is not installed")
        self.data = ctypes.create_string_buffer(n_bytes)
        self.ring = ctypes.create_string_buffer(256)  # more than the struct
        library.PaUtil_InitializeRingBuffer.argtypes = [
            *(ctypes.c_void_p, ctypes.c_long, ctypes.c_long, ctypes.c_void_p)
        ]
        if library.PaUtil_InitializeRingBuffer(self.ring, 1, n_bytes, self.data):
            raise ValueError(f"{n_bytes} is not a power of two")
        self.address = ctypes.addressof(self.ring)
        self.write = _address(library.PaUtil_WriteRingBuffer)
        self.read = _address(library.PaUtil_ReadRingBuffer)


class JackRing:
    """A jack_ringbuffer_t; address, write and read are addresses."""

    def __init__(self, n_bytes: int) -> None:
        name = ctypes.util.find_library("jack")
        if name is None:
            raise LookupError("libjack is not installed")
        self.library = ctypes.CDLL(name)
        self.library.jack_ringbuffer_create.restype = ctypes.c_void_p
        self.library.jack_ringbuffer_create.argtypes = [ctypes.c_size_t]
        self.library.jack_ringbuffer_free.argtypes = [ctypes.c_void_p]
        self.address = self.library.jack_ringbuffer_create(n_bytes)
        self.write = _address(self.library.jack_ringbuffer_write)
        self.read = _address(self.library.jack_ringbuffer_read)

    def close(self) -> None:
        self.library.jack_ringbuffer_free(self.address)


def _address(function: object) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0  # type: ignore[arg-type]


def cyclictest(period_us: int, seconds: float) -> dict[int, int] | None:
    """Wake-ups by lateness in us, of cyclictest with SCHED_FIFO; None if it is not installed or not permitted."""
    program = shutil.which("cyclictest")
    if program is None:
        return None
    n = max(1, round(seconds * 1e6 / period_us))
    command = [program, "--quiet", "--mlockall", "--priority=80", "--threads=1", f"--interval={period_us}"]
    done = subprocess.run([*command, f"--loops={n}", "--histogram=20000"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    rows = re.findall(r"^(\d+)\s+(\d+)\s*$", done.stdout, re.MULTILINE)
    return {int(us): int(count) for us, count in rows if int(count)} or None


def quantile_us(histogram: dict[int, int], share: float) -> float:
    """In the middle of the microsecond in which this share of all wake-ups is reached."""
    wanted, seen = share * sum(histogram.values()), 0
    for us in sorted(histogram):
        seen += histogram[us]
        if seen >= wanted:
            return us + 0.5
    raise ValueError("no wake-ups")

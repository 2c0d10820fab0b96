"""tests of the file player: an hour of 32 channels, far beyond what the head of a WAV file can say."""

import ctypes
import importlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from inprocess import opened, wait_for

from asiokit.config import BufferSizes
from asiokit.host.session import Session

N_CHANNELS, N_FRAMES, RATE_HZ = 32, 512, 48000
HOUR_FRAMES = 3600 * RATE_HZ
CHUNK = 1 << 20


def host_that_plays() -> Any:
    """A C function for each of the host's cycles: 24 bits, other ones for each frame and channel."""
    numba = pytest.importorskip("numba")
    types, pointer_to = numba.types, importlib.import_module("asiokit.device.by_numba").pointer_to

    @numba.cfunc(types.void(types.voidptr, types.int64, types.intp))
    def fill(context, cycle, index):  # type: ignore[no-untyped-def]
        channels = numba.carray(context, 2 * N_CHANNELS, np.uintp)
        for c in range(N_CHANNELS):
            samples = numba.carray(pointer_to(channels[2 * c + index]), N_FRAMES, np.float32)
            for frame in range(N_FRAMES):
                code = ((cycle * N_FRAMES + frame) * 2654435761 + c * 40503) & 0xFFFFFF
                samples[frame] = np.float32((code - 0x800000) / 8388608.0)

    return fill


def expected(begin: int, n: int) -> np.ndarray:
    frames = np.arange(begin, begin + n, dtype=np.int64)[:, None]
    codes = (frames * 2654435761 + np.arange(N_CHANNELS) * 40503) & 0xFFFFFF
    return ((codes - 0x800000) << 8).astype(np.int32)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_an_hour_of_32_channels(tmp_path: Path) -> None:
    """In freewheel, as fast as the disk takes it; every sample of the file is looked at."""
    free = shutil.disk_usage(tmp_path).free
    if free < 25e9:
        pytest.skip(f"needs 17 GB of disk and leaves some; {free / 1e9:.0f} GB are free")
    fill = host_that_plays()
    path = tmp_path / "hour.wav"
    n_cycles = HOUR_FRAMES // N_FRAMES
    with (
        opened(
            "fileplayer",
            clock="freewheel",
            buffer_frames=BufferSizes(N_FRAMES, N_FRAMES),
            options={"record": str(path), "outputs": N_CHANNELS},
        ) as driver,
        Session(driver.native, outputs=list(range(N_CHANNELS)), n_frames=N_FRAMES) as session,
    ):
        halves = (ctypes.c_void_p * (2 * N_CHANNELS))(
            *(session.half(False, c, half) for c in range(N_CHANNELS) for half in range(2))
        )
        session.act("hook", every=1, hook=fill.address, context=ctypes.addressof(halves), owner=halves)
        session.start()
        assert wait_for(lambda: session.n_switches > n_cycles, 1000)
        session.stop()
        statistics = driver.statistics["device"]
    assert (statistics["lost_blocks"], statistics["problem"]) == (0, "")
    with soundfile.SoundFile(path) as file:
        assert file.format == "RF64" and file.frames >= HOUR_FRAMES and file.channels == N_CHANNELS
        assert not file.read(N_FRAMES, dtype="int32").any()  # the host's first block is heard in the second cycle
        for begin in range(0, HOUR_FRAMES - N_FRAMES, CHUNK):
            n = min(CHUNK, HOUR_FRAMES - N_FRAMES - begin)
            np.testing.assert_array_equal(file.read(n, dtype="int32"), expected(begin, n))
    path.unlink()

"""drivers: what a file player plays: files in a row, as one stream of frames at the driver's rate. [one thread]"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import soundfile  # type: ignore[import-untyped]

from asiokit.errors import DeviceError

Array = npt.NDArray[Any]

CHUNK_FRAMES = 8192  # of a file, when it has to be resampled


class AudioFile(NamedTuple):
    """What a file's header says."""

    path: str
    n_frames: int
    n_channels: int
    rate_hz: int
    subtype: str


def look(path: str) -> AudioFile:
    """Reads the header. DeviceError names the file and what is wrong with it."""
    if not Path(path).is_file():
        raise DeviceError(f"audio file {path}: there is no such file; a relative one is looked for beside the entry's")
    try:
        facts = soundfile.info(path)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise DeviceError(f"audio file {path}: can't be read: {error}") from error
    if facts.frames < 1:
        raise DeviceError(f"audio file {path}: has no samples")
    return AudioFile(path, facts.frames, facts.channels, facts.samplerate, facts.subtype)


class Playlist:
    """Files one after the other, without a gap, once or for ever.

    A file at another rate than rate_hz is resampled (soxr, `quality` of its names); files of one rate in a row, and the
    seam from the end back to the beginning, go through it in one piece, as if they were one recording. dtype: float32,
    or int32 or float64 for files at the driver's own rate only. Channels that a file lacks are silent.
    """

    def __init__(
        self,
        files: Sequence[AudioFile],
        rate_hz: float,
        *,
        loops: bool = False,
        quality: str = "HQ",
        dtype: str = "float32",
    ) -> None:
        self.files = tuple(files)
        self.rate_hz = rate_hz
        self.loops = loops
        self.quality = quality
        self.dtype = np.dtype(dtype)
        self.n_channels = max(file.n_channels for file in files)
        self._ends = []  # of each file, in seconds from the beginning
        end = Fraction(0)
        for file in self.files:
            end += Fraction(file.n_frames, file.rate_hz)
            self._ends.append(end)
        self.n_frames = max(1, round(end * Fraction(rate_hz)))
        self._open: Any = None
        self._resampler: Any = None
        self.locate(0)

    @property
    def has_ended(self) -> bool:
        """There is nothing more to read, as a read that met the end has found out."""
        return self._index is None and not self._n_ready

    def locate(self, frame: int) -> None:
        """Goes on at that frame, counted at the driver's rate; beyond the end is the end, or around with `loops`."""
        frame = max(0, frame)
        if self.loops:
            frame %= self.n_frames
        self.close()
        self._resampler = None
        self._ready: list[Array] = []
        self._n_ready = 0
        self._n_empty = 0
        self.position = min(frame, self.n_frames)
        self._skip = 0  # frames of the next file that are left out
        at = Fraction(frame) / Fraction(self.rate_hz)
        begin = Fraction(0)
        for index, (file, end) in enumerate(zip(self.files, self._ends, strict=True)):
            if at < end:
                self._index: int | None = index
                self._skip = int((at - begin) * file.rate_hz)
                return
            begin = end
        self._index = None

    def read(self, n_frames: int) -> Array:
        """The next frames: (frames, channels). Fewer than asked for only at the end. DeviceError."""
        while self._n_ready < n_frames and self._index is not None:
            self._more(n_frames - self._n_ready)
        parts = []
        n = 0
        while n < n_frames and self._ready:
            part = self._ready[0][: n_frames - n]
            parts.append(part)
            n += len(part)
            if len(part) == len(self._ready[0]):
                self._ready.pop(0)
            else:
                self._ready[0] = self._ready[0][len(part) :]
        self._n_ready -= n
        self.position += n
        self.position = self.position % self.n_frames if self.loops else min(self.position, self.n_frames)
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else np.zeros((0, self.n_channels), self.dtype)

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _more(self, n_wanted: int) -> None:
        """Reads on in the current file."""
        assert self._index is not None
        file = self.files[self._index]
        is_resampled = file.rate_hz != self.rate_hz
        data = self._read_file(file, CHUNK_FRAMES if is_resampled else n_wanted)
        self._n_empty = 0 if len(data) else self._n_empty + 1
        if self._n_empty > len(self.files):
            raise DeviceError(f"audio file {file.path}: has no samples any more")
        if len(data) == 0:
            self._next_file()
        if is_resampled:
            following = None if self._index is None else self.files[self._index]
            data = self._resampled(file, data, is_last=following is None or following.rate_hz != file.rate_hz)
        if len(data):
            self._ready.append(data)
            self._n_ready += len(data)

    def _read_file(self, file: AudioFile, n_frames: int) -> Array:
        try:
            if self._open is None:
                self._open = soundfile.SoundFile(file.path)
                if self._skip:
                    self._open.seek(min(self._skip, self._open.frames))
                    self._skip = 0
            data: Array = self._open.read(n_frames, dtype=self.dtype.name, always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
            raise DeviceError(f"audio file {file.path}: can't be read any more: {error}") from error
        if data.shape[1] == self.n_channels:
            return data
        padded = np.zeros((len(data), self.n_channels), self.dtype)
        n_both = min(data.shape[1], self.n_channels)
        padded[:, :n_both] = data[:, :n_both]
        return padded

    def _next_file(self) -> None:
        assert self._index is not None
        if self.loops and len(self.files) == 1:
            self._open.seek(0)  # a short loop shall not be opened a thousand times a second
            return
        self.close()
        self._index += 1
        if self._index == len(self.files):
            self._index = 0 if self.loops else None

    def _resampled(self, file: AudioFile, data: Array, is_last: bool) -> Array:
        if self._resampler is None:
            import soxr  # type: ignore[import-untyped]  # noqa: PLC0415 - only where rates differ

            self._resampler = soxr.ResampleStream(
                file.rate_hz, self.rate_hz, self.n_channels, dtype="float32", quality=self.quality
            )
        made: Array = self._resampler.resample_chunk(np.ascontiguousarray(data), last=is_last)
        if is_last:
            self._resampler = None
        return made

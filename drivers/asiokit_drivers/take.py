"""drivers: one recording of a file player, in a file of its own. [one thread]"""

import contextlib
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import soundfile  # type: ignore[import-untyped]

from asiokit.errors import DeviceError

# libsndfile's commands (its documentation, "command.html"), which soundfile has no names for.
UPDATE_HEADER_AUTO = 0x1061
RF64_AUTO_DOWNGRADE = 0x1210
# Formats whose head says how long the file is; the others are streams, whole at any time or of no use before the end.
WITH_HEADER = ("RF64", "W64", "AIFF", "CAF", "AU")


class Kind(NamedTuple):
    """How samples are written. made_as: the sample type that they are converted to; shift: to the top of its word."""

    subtype: str
    dtype: str
    made_as: str
    shift: int = 0


KINDS = {
    "int16": Kind("PCM_16", "int16", "int16"),
    "int24": Kind("PCM_24", "int32", "int32_24", 8),
    "int32": Kind("PCM_32", "int32", "int32"),
    "float32": Kind("FLOAT", "float32", "float32"),
}
# of what has no such subtype: a format that loses samples anyway
LOSSY = Kind("", "float32", "float32")


def format_of(path: str) -> str:
    """libsndfile's name of the format that a file's ending means. DeviceError if there is none."""
    name = Path(path).suffix.lstrip(".").upper()
    name = {"WAV": "RF64", "AIF": "AIFF", "OGA": "OGG"}.get(name, name)
    if name == "OPUS":
        name = "OGG"
    if name not in soundfile.available_formats():
        raise DeviceError(f"recording {path}: unknown kind of audio file; .wav, .flac, .aiff, .w64, .ogg are possible")
    return name


def kind_of(path: str, wanted: str) -> Kind:
    """How to write samples of the wanted type into such a file. DeviceError if it can't hold them."""
    file_format = format_of(path)
    possible = soundfile.available_subtypes(file_format)
    kind = KINDS[wanted]
    if kind.subtype in possible:
        return kind
    if not any(subtype.startswith("PCM") for subtype in possible):
        subtype = "OPUS" if Path(path).suffix.lower() == ".opus" else soundfile.default_subtype(file_format)
        return LOSSY._replace(subtype=subtype)
    fitting = ", ".join(name for name, other in KINDS.items() if other.subtype in possible)
    raise DeviceError(f"recording {path}: this kind of file can't hold {wanted}; possible: {fitting}")


def check_target(path: str, wanted: str) -> None:
    """Could a recording be written there? DeviceError says why not."""
    kind_of(path, wanted)
    folder = Path(path).parent
    if not folder.is_dir():
        raise DeviceError(f"recording {path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise DeviceError(f"recording {path}: the folder {folder} may not be written to")


def make_new(path: str) -> str:
    """An empty file of that name, or with the next number behind it: nothing that is there is lost. OSError."""
    stem, suffix = os.path.splitext(path)
    number = 1
    while True:
        name = path if number == 1 else f"{stem}-{number}{suffix}"
        try:
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            return name
        except FileExistsError:
            number += 1


class Take:
    """Written as it comes. The header is kept true, so that after a crash the file is as long as it was written.

    A .wav file becomes RF64 when it passes 4 GB. DeviceError when the file can't be made.
    """

    def __init__(self, path: str, rate_hz: float, n_channels: int, wanted: str) -> None:
        self.kind = kind_of(path, wanted)
        self.rate_hz = rate_hz
        self.n_channels = n_channels
        self.n_frames = 0
        self.problem = ""
        file_format = format_of(path)
        try:
            self.path = make_new(path)
            self._file: Any = soundfile.SoundFile(
                self.path, "w", round(rate_hz), n_channels, self.kind.subtype, format=file_format
            )
        except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
            raise DeviceError(f"recording {path}: can't be made: {error}") from error
        for command in (RF64_AUTO_DOWNGRADE, UPDATE_HEADER_AUTO) if file_format in WITH_HEADER else ():
            soundfile._snd.sf_command(self._file._file, command, soundfile._ffi.NULL, 1)

    def write(self, frames: npt.NDArray[Any]) -> None:
        """(frames, channels) of kind.dtype. After a failure `problem` says what it was, and nothing more is written."""
        if self.problem:
            return
        try:
            self._file.write(frames)
        # libsndfile's errors, and soundfile's assertion that all of it was written
        except (soundfile.LibsndfileError, RuntimeError, OSError, AssertionError) as error:
            self._failed(error)
            return
        self.n_frames += len(frames)
        if self._file.frames != self.n_frames:  # python -O has no assertions
            self._failed(OSError("not everything could be written"))

    def write_silence(self, n_frames: int) -> None:
        while n_frames > 0 and not self.problem:
            n = min(n_frames, 65536)
            self.write(np.zeros((n, self.n_channels), self.kind.dtype))
            n_frames -= n

    def close(self) -> None:
        try:
            self._file.close()
        except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        free = 0
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(os.path.dirname(os.path.abspath(self.path))).free
        self.problem = self.problem or (
            f"recording {self.path} has ended after {self.n_frames / self.rate_hz:.1f} s: "
            f"{error or 'not everything could be written'} ({free / 1e6:.0f} MB are free on that disk)"
        )

"""cli: audio files to and from numpy, without losing a bit that the file or the driver has."""

from pathlib import Path
from typing import Any

import numpy as np
import soundfile  # type: ignore[import-untyped]

from asiokit.errors import AsiokitError
from asiokit.host.samples import Array, SampleType

_DTYPES = {"PCM_S8": "int16", "PCM_U8": "int16", "PCM_16": "int16", "PCM_24": "int32", "PCM_32": "int32"}
_DTYPES |= {"FLOAT": "float32", "DOUBLE": "float64"}


def read(path: str | Path, dtype: str | None = None) -> tuple[Array, int, dict[str, Any]]:
    """(samples (frames, channels), rate in Hz, what it is). Integer files give int16 or int32, others floats."""
    if not Path(path).is_file():
        raise AsiokitError(f"{path}: there is no such file")
    try:
        with soundfile.SoundFile(str(path)) as file:
            about = {
                "name": Path(path).name,
                "format": file.format,
                "subtype": file.subtype,
                "channels": file.channels,
                "seconds": file.frames / file.samplerate,
            }
            data = file.read(dtype=dtype or _DTYPES.get(file.subtype, "float32"), always_2d=True)
            return data, file.samplerate, about
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise AsiokitError(f"{path}: not an audio file that can be read: {error}") from error


def subtype_for(path: str | Path, kind: SampleType) -> str:
    """The subtype that keeps every bit of `kind`, or the nearest that this file format has."""
    file_format = Path(path).suffix.lstrip(".").upper()
    try:
        possible = soundfile.available_subtypes(file_format)
    except (ValueError, TypeError):
        possible = {}
    if not possible:
        known = ", ".join(sorted(f".{name.lower()}" for name in soundfile.available_formats()))
        raise AsiokitError(f"{path}: unknown kind of audio file; possible: {known}")
    if kind.is_float:
        wanted = ["DOUBLE", "FLOAT"] if kind.n_bits == 64 else ["FLOAT"]
        wanted += ["PCM_32", "PCM_24", "PCM_16"]
    else:
        wanted = [name for name, bits in (("PCM_16", 16), ("PCM_24", 24), ("PCM_32", 32)) if bits >= kind.n_bits]
        wanted += ["DOUBLE", "PCM_24", "PCM_16"]
    return next((name for name in wanted if name in possible), soundfile.default_subtype(file_format))


def write(path: str | Path, data: Array, rate_hz: float, subtype: str) -> None:
    """`data` in the dtype that dtype_for(subtype) names."""
    try:
        soundfile.write(str(path), data, int(rate_hz), subtype=subtype)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise AsiokitError(f"{path}: can't be written: {error}") from error


def dtype_for(subtype: str) -> np.dtype[Any]:
    return np.dtype(_DTYPES.get(subtype, "float32"))

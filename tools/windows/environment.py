"""tools: the whole Windows environment in one object."""

import sys
from dataclasses import dataclass
from pathlib import Path

from tools.windows import python as windows_python
from tools.windows import wine
from tools.windows.steps import locked, require_tools
from tools.windows.versions import PYTHONS, WindowsPython

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "windows"
# the running Python's standard library is at hand, and it has setuptools and Cython
_OWN = ".".join(map(str, sys.version_info[:2]))
DEFAULT = _OWN if _OWN in PYTHONS else "3.11"


@dataclass(frozen=True)
class Environment:
    version: WindowsPython
    cache: Path
    python_home: Path  # python.exe, pythonXY.dll, DLLs, Lib
    sdk: Path  # include, lib
    prefix_template: Path

    @property
    def portaudio(self) -> Path:
        """PortAudio with ASIO, built by its own project: a real host."""
        data = self.python_home / "Lib" / "site-packages" / "_sounddevice_data"
        return data / "portaudio-binaries" / "libportaudio64bit-asio.dll"


def ensure(cache: Path = CACHE, version: str = DEFAULT) -> Environment:
    """Assembles what is not there yet. Raises Missing or Failed; both say what to do."""
    require_tools()
    python = PYTHONS[version]
    cache = cache.resolve()
    with locked(cache):
        home, sdk = windows_python.assemble(cache, python)
        return Environment(python, cache, home, sdk, wine.make_template(cache))

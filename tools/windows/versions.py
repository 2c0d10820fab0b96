"""tools: every version that the Windows environment is pinned to, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WindowsPython:
    """One Windows CPython. panda3d's wheel carries its original DLLs; numpy is None where no wheel works in Wine 8."""

    minor: tuple[int, int]
    panda3d: str
    numpy: str | None

    @property
    def dotted(self) -> str:
        return f"{self.minor[0]}.{self.minor[1]}"

    @property
    def digits(self) -> str:
        return f"{self.minor[0]}{self.minor[1]}"


# numpy 2 needs crealf of ucrtbase, which Wine 8 lacks; 1.26 has no wheel for 3.13. This bounds the tests, not asiokit.
PYTHONS = {
    python.dotted: python
    for python in (
        WindowsPython((3, 11), "1.10.16", "1.26.4"),
        WindowsPython((3, 12), "1.10.16", "1.26.4"),
        WindowsPython((3, 13), "1.10.16", None),
        WindowsPython((3, 14), "1.10.16", None),
    )
}

# Unpacked into Lib/site-packages: a real ASIO host (sounddevice brings PortAudio with ASIO), asiokit's needs, pytest.
WHEELS = {
    "sounddevice": "0.5.6",
    "soundfile": "0.14.0",
    "soxr": "1.1.0",
    "cffi": "2.1.1",
    "pycparser": "3.0",
    "typing-extensions": "4.16.0",
    "pytest": "9.2.0",
    "pytest-timeout": "2.4.0",
    "hypothesis": "6.170.15",
    "sortedcontainers": "2.4.0",
    "pluggy": "1.7.0",
    "iniconfig": "2.3.1",
    "packaging": "26.3",
    "colorama": "0.4.6",
    "pygments": "2.21.0",
}

# Debian's names of what has to be installed; Wine 8 and GCC 12 (Debian 12) or later.
DEBIAN_PACKAGES = ("wine", "wine64", "gcc-mingw-w64-x86-64", "mingw-w64-tools")

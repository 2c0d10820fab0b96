"""asiokit: your own ASIO driver, in Python."""

import os

__version__ = "0.1.0"
__all__ = ["CDevice", "Device", "PyDevice", "get_include", "get_pxd_path", "option"]


def get_include() -> str:
    """The folder of asiokit_device.h and the other C headers, for a compiler's include path."""
    here = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(here, "include")
    # a checkout has them where they are written
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(here), "sdk_shim")


def get_pxd_path() -> str:
    """The folder from which Cython finds `asiokit.device` by cimport, for cythonize(..., include_path=[...])."""
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def __getattr__(name: str) -> object:
    # on demand: whoever needs only the version shall not load compiled modules
    if name not in ("CDevice", "Device", "PyDevice", "option"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415

    return getattr(importlib.import_module("asiokit.device"), name)

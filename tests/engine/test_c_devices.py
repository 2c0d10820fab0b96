"""CDevice: C functions as devices, by address and from a shared library without any Python."""

import ctypes
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from header_example import header_example

import asiokit
from asiokit import CDevice
from asiokit.config import parse_entry
from asiokit.discovery import device_of
from asiokit.errors import DeviceError
from asiokit.testing import opened, play_through

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="compiles C; tests/wine brings a compiled one")

HALF = header_example()
HIDDEN = "#pragma GCC visibility push(hidden)\n"
PLAYED = np.random.default_rng(2).uniform(-1, 1, (2, 640)).astype(np.float32)


def library(folder: Path, source: str, compiler: str = "cc", standard: str = "c11") -> Path:
    file = folder / ("device.c" if compiler == "cc" else "device.cpp")
    file.write_text(source)
    flags = [f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{asiokit.get_include()}"]
    subprocess.run([compiler, *flags, file, "-o", file.with_suffix(".so")], check=True)
    return file.with_suffix(".so")


def variant(old: str, new: str) -> str:
    assert old in HALF
    return HALF.replace(old, new)


def assert_halved(heard: np.ndarray) -> None:
    np.testing.assert_array_equal(heard[:, 64:], PLAYED[:, :-64] / 2)


def test_the_example_in_the_header(tmp_path: Path) -> None:
    assert_halved(play_through(CDevice.from_library(library(tmp_path, HALF)), PLAYED))


def test_the_example_by_address_and_state(tmp_path: Path) -> None:
    """State that Python has: two devices of one function differ."""
    loaded = ctypes.CDLL(str(library(tmp_path, HALF)))
    address = ctypes.cast(loaded.process, ctypes.c_void_p).value
    assert address
    for gain in (0.25, 2.0):
        state = ctypes.c_float(gain)
        device = CDevice(address, ctypes.addressof(state), keepalive=(loaded, state))
        np.testing.assert_array_equal(play_through(device, PLAYED)[:, 64:], PLAYED[:, :-64] * np.float32(gain))


@pytest.mark.skipif(shutil.which("c++") is None, reason="no c++")
def test_in_cpp(tmp_path: Path) -> None:
    text = """
    #include <asiokit_device.h>
    static int half(void *, asiokit_block_t *block) {
        for (int32_t i = 0; i < block->n_to_host; i++)
            for (int32_t frame = 0; frame < block->n_frames; frame++)
                static_cast<float *>(block->to_host[i])[frame] =
                    static_cast<const float *>(block->from_host[i])[frame] / 2;
        return 0;
    }
    extern "C" {
    extern const asiokit_device_t asiokit_device;
    const asiokit_device_t asiokit_device = {sizeof asiokit_device, ASIOKIT_DEVICE_ABI, 2, 2, half, nullptr};
    }
    """
    assert_halved(play_through(CDevice.from_library(library(tmp_path, text, "c++", "c++17")), PLAYED))


def test_a_hidden_one_is_shown_by_the_attribute(tmp_path: Path) -> None:
    shown = f'{HIDDEN}__attribute__((visibility("default"))) const asiokit_device_t asiokit'
    made = library(tmp_path, variant("const asiokit_device_t asiokit", shown))
    assert_halved(play_through(CDevice.from_library(made), PLAYED))


def test_a_class_around_one_is_a_device_in_a_file(tmp_path: Path) -> None:
    """As the docstring says: for an entry, whose device is a class."""
    made = library(tmp_path, HALF)
    lines = [
        "from pathlib import Path",
        "from asiokit import CDevice",
        "class Half(CDevice):",
        f"    def __new__(cls): return CDevice.from_library(Path(__file__).with_name({made.name!r}))",
    ]
    (tmp_path / "half.py").write_text("\n".join(lines))
    entry = parse_entry(f'name = "Half"\ndevice = "{tmp_path / "half.py"}:Half"\n', tmp_path / "half.toml")
    device_class, options = device_of(entry)
    assert_halved(play_through(device_class(**options), PLAYED))


def test_a_relative_path_is_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library(tmp_path, HALF)
    monkeypatch.chdir(tmp_path)
    assert CDevice.from_library("device.so").inputs == 2


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("ASIOKIT_DEVICE_ABI,", "ASIOKIT_DEVICE_ABI + 1,", "is a device for ABI 2, and this asiokit has 1: build it"),
        ("{sizeof(asiokit_device_t)", "{24", "says it has 24 bytes, and this asiokit's has 32: build it against"),
        ("{sizeof(asiokit_device_t)", "{40", "says it has 40 bytes, and this asiokit's has 32: build it against"),
        ("process, &half", "0, &half", "the process function of its asiokit_device is NULL"),
        ("const asiokit_device_t asiokit_device", "const asiokit_device_t other", "exports no asiokit_device"),
        ("const asiokit_device_t asiokit", f"{HIDDEN}const asiokit_device_t asiokit", "exports no asiokit_device"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, old: str, new: str, text: str) -> None:
    made = library(tmp_path, variant(old, new))
    with pytest.raises(DeviceError, match=re.escape(str(made))) as refused:
        CDevice.from_library(made)
    assert text in str(refused.value)


def test_what_is_no_library_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("not a library")
    for name in ("text.so", "gone.so"):
        with pytest.raises(DeviceError, match=rf"{name} can't be loaded as a device: "):
            CDevice.from_library(tmp_path / name)


def test_impossible_channels_are_refused_by_init(tmp_path: Path) -> None:
    made = library(tmp_path, variant("2, 2, process", "-1, 2, process"))
    with pytest.raises(DeviceError, match="inputs must be an integer from 0"), opened(CDevice.from_library(made)):
        pass


def test_null_is_no_function() -> None:
    with pytest.raises(DeviceError, match="not NULL"):
        CDevice(0)

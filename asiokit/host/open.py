"""host: from what a person types to an initialised driver: a registered name, a path to a library, device:CLASS.

- `asiokit loopback`: a registered name
- `./libasiokit.so`: a library; `./libasiokit.so,NAME` asks it for that entry (cwASIO's instance name)
- `driver.dll,{CLSID}`: the same on Windows; without CLSID the one that is registered for this file
- `device:loopback,channels=8`: opened in this process, through the hook that asiokit.cli installs
"""

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path

from asiokit.errors import DriverError, InstallError
from asiokit.host.native import NativeDriver, error_name
from asiokit.host.registry import find_driver, registered_drivers

# A callable(spec) -> address of an asio_driver_t with one reference, set by the composition root (asiokit.cli): the
# host itself must not know the driver side.
in_process_opener: Callable[[str], int] | None = None

DEVICE_PREFIX = "device:"
_SET_INSTANCE_NAME = 0x7F000001
_NOT_PRESENT = -1000


def is_library(spec: str) -> bool:
    """True for what names a file rather than a registered driver."""
    path = spec.partition(",")[0]
    return "/" in path or (os.sep in path) or path.lower().endswith((".so", ".dll"))


def open_driver(spec: str, *, initialize: bool = True, sys_handle: int = 0) -> NativeDriver:
    """Opens and, unless told not to, initialises a driver; close it by release().

    Raises InstallError when there is no such driver, DriverError when it does not load or init() fails.
    On Windows the calling thread enters a single-threaded apartment first, as hosts do.
    """
    if spec.startswith(DEVICE_PREFIX):
        if in_process_opener is None:
            raise DriverError(_NOT_PRESENT, f"{spec}: this process has no way to open a device in-process")
        driver = NativeDriver.from_address(in_process_opener(spec))
    elif is_library(spec):
        path, _, entry = spec.partition(",")
        driver = _open_library(path, entry.strip())
    else:
        driver = _open_registered(spec)
    if initialize:
        try:
            if not driver.init(sys_handle):
                text = driver.error_message() or "the driver gives no reason"
                raise DriverError(_NOT_PRESENT, f"{spec}: init failed: {text}")
        except BaseException:
            driver.release()
            raise
    return driver


if sys.platform == "win32":
    _CLSCTX_INPROC_SERVER = 1
    _CHANGED_MODE = -2147417850  # RPC_E_CHANGED_MODE: the thread is in an apartment already; any will do
    _IID_CLASS_FACTORY = "{00000001-0000-0000-C000-000000000046}"
    _keep: list[object] = []

    def _ole32() -> ctypes.WinDLL:
        ole32 = ctypes.WinDLL("ole32")
        result = ole32.CoInitialize(None)
        if result < 0 and result != _CHANGED_MODE:
            raise DriverError(_NOT_PRESENT, f"CoInitialize failed: 0x{result & 0xFFFFFFFF:08x}")
        return ole32

    def _guid(text: str) -> ctypes.Array[ctypes.c_char]:
        guid = ctypes.create_string_buffer(16)
        if ctypes.WinDLL("ole32").CLSIDFromString(ctypes.c_wchar_p(text), guid) < 0:
            raise InstallError(f"{text!r} is no class id; it looks like {{01234567-89ab-cdef-0123-456789abcdef}}")
        return guid

    def _fail(what: str, result: int) -> DriverError:
        return DriverError(_NOT_PRESENT, f"{what}: 0x{result & 0xFFFFFFFF:08x} {ctypes.FormatError(result)}")

    def _open_registered(name: str) -> NativeDriver:
        entry = find_driver(name)
        clsid, found = _guid(entry.clsid), ctypes.c_void_p()
        # ASIO hosts ask for the class under its own number: there is no interface id
        result = _ole32().CoCreateInstance(clsid, None, _CLSCTX_INPROC_SERVER, clsid, ctypes.byref(found))
        if result < 0 or not found.value:
            raise _fail(f"{name}: CoCreateInstance failed for {entry.clsid} ({entry.path})", result)
        return NativeDriver.from_address(found.value)

    def _open_library(path: str, entry: str) -> NativeDriver:
        file = Path(path).resolve()
        if not entry:
            entry = next((d.clsid for d in registered_drivers() if d.path and Path(d.path).resolve() == file), "")
        if not entry:
            raise InstallError(f"{path}: no registered driver uses this file; name the class: {path},{{CLSID}}")
        _ole32()
        try:
            library = ctypes.WinDLL(str(file))
            get_class_object = library.DllGetClassObject
        except (OSError, AttributeError) as error:
            raise DriverError(_NOT_PRESENT, f"{path}: not a COM library: {error}") from error
        _keep.append(library)
        clsid, factory, found = _guid(entry), ctypes.c_void_p(), ctypes.c_void_p()
        result = get_class_object(clsid, _guid(_IID_CLASS_FACTORY), ctypes.byref(factory))
        if result < 0 or not factory.value:
            raise _fail(f"{path}: DllGetClassObject({entry}) failed", result)
        methods = ctypes.cast(
            ctypes.cast(factory, ctypes.POINTER(ctypes.c_void_p))[0] or 0, ctypes.POINTER(ctypes.c_void_p)
        )
        create = ctypes.WINFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 4)(methods[3] or 0)
        release = ctypes.WINFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p)(methods[2] or 0)
        result = create(factory, None, ctypes.addressof(clsid), ctypes.addressof(found))
        release(factory)
        if result < 0 or not found.value:
            raise _fail(f"{path}: CreateInstance({entry}) failed", result)
        return NativeDriver.from_address(found.value, library)

else:

    def _open_registered(name: str) -> NativeDriver:
        entry = find_driver(name)
        if not entry.path:
            raise InstallError(f"{name}: the entry names no library; register the driver again")
        return _open_library(entry.path, entry.name)

    def _open_library(path: str, entry: str) -> NativeDriver:
        if not Path(path).is_file():
            raise InstallError(f"{path}: there is no such file" + (f", but {entry!r} points to it" if entry else ""))
        try:
            library = ctypes.CDLL(str(Path(path).resolve()), mode=os.RTLD_NOW | os.RTLD_LOCAL)
            instantiate = library.instantiateDriver
        except (OSError, AttributeError) as error:
            raise DriverError(_NOT_PRESENT, f"{path}: not a cwASIO driver: {error}") from error
        instantiate.restype, instantiate.argtypes = ctypes.c_void_p, []
        address = instantiate()
        if not address:
            raise DriverError(_NOT_PRESENT, f"{path}: instantiateDriver returned nothing; see the driver's log")
        driver = NativeDriver.from_address(address, library)
        if entry:
            _choose_entry(driver, path, entry)
        return driver

    def _choose_entry(driver: NativeDriver, path: str, entry: str) -> None:
        """Success: known. InvalidParameter: the library serves one driver and does not care."""
        name = ctypes.create_string_buffer(os.fsencode(entry))
        code = driver.future(_SET_INSTANCE_NAME, ctypes.addressof(name))
        if code == _NOT_PRESENT:
            reason = driver.error_message() or error_name(code)
            driver.release()
            raise DriverError(code, f"{path}: it has no entry {entry!r}: {reason}")

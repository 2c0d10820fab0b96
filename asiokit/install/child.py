"""setup side: what asiokit doctor does in a process of its own, so that a crash is a finding and not an end.

Run by path in the Python that a driver entry is registered with; imports nothing of asiokit, because that may be what
is broken. Prints one line of JSON behind MARK: the answer, or {"error": ...}.

    child.py load LIBRARY                        can the library be loaded, and does it export what hosts call?
    child.py device FOLDER CONFIG                is the entry valid, and does its device class load?
    child.py open LIBRARY NAME CLSID             make the driver as a host does, init, getErrorMessage, release
    child.py wake FOLDER                         how late does a stream's thread wake, and what was it granted?
"""

import ctypes
import json
import sys
import time
from collections.abc import Callable

MARK = "asiokit-doctor:"
EXPORTS = {
    "win32": ["DllGetClassObject", "DllCanUnloadNow", "DllRegisterServer", "DllUnregisterServer"],
    "linux": ["instantiateDriver", "releaseDriver", "registerDriver", "unregisterDriver"],
}
RELEASE, INIT, GET_NAME, GET_ERROR_MESSAGE, FUTURE = 2, 3, 4, 6, 22  # slots of the vtable
SET_INSTANCE_NAME, ASIO_SUCCESS = 0x7F000001, 0x3F4847A0
PROBE_PERIOD_NS, PROBE_EDGES = 1_000_000, 500
CLSCTX_INPROC_SERVER = 1
RTLD_NOW = 2  # with RTLD_LOCAL, 0: as cwASIO hosts open a driver


def load(library: str) -> dict[str, object]:
    loaded = ctypes.CDLL(library)
    missing = [name for name in EXPORTS[sys.platform] if not hasattr(loaded, name)]
    return {"error": f"does not export {', '.join(missing)}"} if missing else {}


def device(folder: str, config: str) -> dict[str, object]:
    if folder not in sys.path:
        sys.path.append(folder)
    from asiokit.config import load_entry  # noqa: PLC0415 - a mistake in the package must become an answer
    from asiokit.discovery import device_of  # noqa: PLC0415

    entry = load_entry(config)
    device_of(entry)
    return {"name": entry.name, "device": entry.device}


def open_driver(library: str, name: str, clsid: str) -> dict[str, object]:
    began = time.perf_counter()
    driver = _windows_instance(clsid) if sys.platform == "win32" else _linux_instance(library)
    table = ctypes.cast(driver, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]

    def call(slot: int, result: object, *arguments: object) -> int:
        # what is made by no platform's COM headers: the instance first, the platform's long
        kinds = [ctypes.c_void_p, *(type(argument) for argument in arguments)]
        value = ctypes.CFUNCTYPE(result, *kinds)(table[slot] or 0)(driver, *arguments)  # type: ignore[arg-type]
        return int(value or 0)

    text = ctypes.create_string_buffer(512)  # a driver may write 124 bytes; a broken one more
    try:
        if sys.platform != "win32":
            answer = call(FUTURE, ctypes.c_long, ctypes.c_long(SET_INSTANCE_NAME), ctypes.c_char_p(name.encode()))
            if answer != ASIO_SUCCESS:
                return {"error": f"the driver does not know the entry {name!r} (future answers {answer})"}
        done = call(INIT, ctypes.c_long, ctypes.c_void_p(None))
        took_ms = (time.perf_counter() - began) * 1e3
        if done != 1:
            call(GET_ERROR_MESSAGE, None, text)
            return {"error": text.value.decode("utf-8", "replace") or f"init answers {done}, and no text why"}
        call(GET_NAME, None, text)
        return {"name": text.value.decode("utf-8", "replace"), "ms": round(took_ms, 1)}
    finally:
        call(RELEASE, ctypes.c_uint32)


def _linux_instance(library: str) -> ctypes.c_void_p:
    loaded = ctypes.CDLL(library, mode=RTLD_NOW)
    loaded.instantiateDriver.restype = ctypes.c_void_p
    instance = loaded.instantiateDriver()
    if not instance:
        raise OSError("instantiateDriver returns NULL")
    return ctypes.c_void_p(instance)


def _windows_instance(clsid: str) -> ctypes.c_void_p:
    ole32 = ctypes.OleDLL("ole32")  # type: ignore[attr-defined, unused-ignore]  # every failing HRESULT is an OSError
    guid, instance = ctypes.create_string_buffer(16), ctypes.c_void_p()
    ole32.CoInitializeEx(None, 0)
    ole32.CLSIDFromString(ctypes.c_wchar_p(clsid), guid)
    # ASIO hosts ask for the class's own id as the interface
    ole32.CoCreateInstance(guid, None, CLSCTX_INPROC_SERVER, guid, ctypes.byref(instance))
    return instance


def wake(folder: str) -> dict[str, object]:
    if folder not in sys.path:
        sys.path.append(folder)
    from asiokit.rt.clock import measure_wake  # type: ignore[import-not-found]  # noqa: PLC0415

    measured = measure_wake(PROBE_PERIOD_NS, PROBE_EDGES)
    late_ns = sorted(memoryview(measured.pop("late_ns")).cast("q"))
    return {
        **measured,
        "period_us": PROBE_PERIOD_NS // 1000,
        "n": PROBE_EDGES,
        "p50_us": late_ns[PROBE_EDGES // 2] / 1000,
        "p99_us": late_ns[PROBE_EDGES * 99 // 100] / 1000,
        "wine": _wine_version(),
    }


def _wine_version() -> str:
    if sys.platform != "win32":
        return ""
    version = getattr(ctypes.CDLL("ntdll"), "wine_get_version", None)
    if version is None:
        return ""
    version.restype = ctypes.c_char_p
    return str(version().decode("ascii", "replace"))


COMMANDS: dict[str, Callable[..., dict[str, object]]] = {
    "load": load,
    "device": device,
    "open": open_driver,
    "wake": wake,
}


def main(arguments: list[str]) -> None:
    try:
        answer = COMMANDS[arguments[0]](*arguments[1:])
    except Exception as error:
        # asiokit's own errors are made to be read; of others the kind is half of the message
        is_ours = type(error).__module__ == "asiokit.errors"
        answer = {"error": str(error) if is_ours else f"{type(error).__name__}: {error}"}
    print(f"\n{MARK}{json.dumps(answer)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

"""entry: where a host's request becomes a driver object. One of the two composition roots (the other is the CLI).

The shim imports this module once and takes its capsule: a struct of C functions (sdk_shim/entry.h) that may be called
from any thread. Imports here and below are on the way from a host's dlopen to init, so they are few.
"""
import sys

from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport int32_t, uint32_t, uintptr_t
from libc.string cimport strncpy

from asiokit.abi.asio cimport asio_driver_t
from asiokit.com.driver cimport Driver

from asiokit import install
from asiokit.com.driver import drivers
from asiokit.config import load_entry
from asiokit.discovery import default_entry, device_of
from asiokit.errors import AsiokitError, DeviceError

cdef extern from "entry.h" nogil:
    const char *ASIOKIT_ENTRY_CAPSULE
    enum:
        ASIOKIT_ENTRY_ABI

    ctypedef struct asiokit_entry_t:
        uint32_t size
        uint32_t abi
        int32_t (*create)(const char *name, const char *config, asio_driver_t **driver, char *error,
                          uint32_t error_size) noexcept nogil
        int32_t (*enroll)(const char *name, int32_t on, char *error, uint32_t error_size) noexcept nogil

__all__ = ["EntrySource", "create_driver", "drivers"]


class EntrySource:
    """Which entry a driver object serves: a file, a name to be looked up, or the default entry."""

    def __init__(self, name: str | None = None, path=None, config=None) -> None:
        """config: an EntryConfig made in memory, instead of a file."""
        self.path = path
        self.config = config
        self.wanted = name
        self.name = name if name is not None else config.name if config is not None else "asiokit"

    def choose(self, name: str) -> bool:
        """Before init: shall it be this entry? False if there is none of that name."""
        path = install.find_entry(name)
        if path is None:
            return False
        self.path, self.wanted, self.name, self.config = path, name, name, None
        return True

    def load(self) -> tuple:
        """The entry's settings and its device, made but not opened. AsiokitError."""
        config = self.config or self._find()
        device_class, options = device_of(config)
        try:
            device = device_class(**options)
        except AsiokitError:
            raise
        except Exception as error:
            raise DeviceError(f"device {config.device!r} can't be made: {type(error).__name__}: {error}") from error
        if config.watch and config.path is not None:
            from asiokit.watch import watch  # most entries are not watched
            watch(config, device)
        return config, device

    def _find(self):
        if self.path is None and self.wanted is not None:
            self.path = install.find_entry(self.wanted)
            if self.path is None:
                raise DeviceError(f"no driver entry is named {self.wanted!r}: asiokit list shows them")
        return default_entry() if self.path is None else load_entry(self.path)


cdef bytes clsid_of(name):
    """What hosts pass as interface id; elsewhere nobody asks."""
    if sys.platform != "win32" or name is None:
        return None
    return install.clsid(name).bytes_le


def create_driver(source) -> int:
    """A new driver object's address, with one reference: the caller releases it through slot 2 of its vtable."""
    return Driver(source, clsid_of(source.wanted)).hand_over()


cdef int32_t answer(char *error, uint32_t error_size, object exception) noexcept:
    cdef bytes text = (str(exception) or type(exception).__name__).encode("utf-8", "replace")
    if error is not NULL and error_size > 0:
        strncpy(error, text, error_size - 1)
        error[error_size - 1] = 0
    return -1


cdef int32_t entry_create(const char *name, const char *config, asio_driver_t **driver, char *error,
                          uint32_t error_size) noexcept with gil:
    cdef uintptr_t address
    try:
        source = EntrySource(None if name is NULL else name.decode(), None if config is NULL else config.decode())
        address = create_driver(source)
        driver[0] = <asio_driver_t *>address
        return 0
    except BaseException as exception:
        return answer(error, error_size, exception)


cdef int32_t entry_enroll(const char *name, int32_t on, char *error, uint32_t error_size) noexcept with gil:
    try:
        install.enroll(None if name is NULL else name.decode(), bool(on))
        return 0
    except BaseException as exception:
        return answer(error, error_size, exception)


cdef asiokit_entry_t ENTRY
ENTRY.size = sizeof(ENTRY)
ENTRY.abi = ASIOKIT_ENTRY_ABI
ENTRY.create = entry_create
ENTRY.enroll = entry_enroll

capsule = PyCapsule_New(&ENTRY, ASIOKIT_ENTRY_CAPSULE, NULL)

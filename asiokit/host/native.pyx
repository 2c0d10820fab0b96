"""host: one ASIO driver object behind its vtable, ours or a vendor's. [any thread]

Thin on purpose: every method is one call of the driver with the GIL released (a driver may wait for its own threads,
and these may want the GIL), and every code that is not OK becomes errors.DriverError with the driver's own text.
asiokit.host.raw calls the same slots with any argument at all and returns the code.
"""
from libc.stdint cimport int32_t, uint32_t, uintptr_t
from libc.string cimport memset, memcpy

from asiokit.abi.asio cimport (
    ASIO_NAME_SIZE,
    ASIO_NO_CLOCK,
    ASIO_NOT_PRESENT,
    ASIO_OK,
    ASIO_SUCCESS,
    asio_bool_t,
    asio_channel_info_t,
    asio_clock_source_t,
    asio_driver_t,
    asio_error_t,
    asio_guid_t,
    asio_long_t,
    asio_samples_t,
    asio_samples_to_int64,
    asio_stamp_to_int64,
    asio_time_stamp_t,
)

from asiokit.errors import DriverError

ERROR_NAMES = {
    0: "ASE_OK",
    0x3F4847A0: "ASE_SUCCESS",
    -1000: "ASE_NotPresent",
    -999: "ASE_HWMalfunction",
    -998: "ASE_InvalidParameter",
    -997: "ASE_InvalidMode",
    -996: "ASE_SPNotAdvancing",
    -995: "ASE_NoClock",
    -994: "ASE_NoMemory",
}

# Drivers write 32 and 124 bytes; some write more. A host that gives them room sees it instead of dying of it.
cdef enum:
    TEXT_ROOM = 512
    MAX_CLOCK_SOURCES = 64


def error_name(code: int) -> str:
    """The name of an ASIO code, or "code N" for one that is none."""
    return ERROR_NAMES.get(code, f"code {code}")


cdef str text_of(const char *text, Py_ssize_t room):
    cdef Py_ssize_t n = 0
    while n < room and text[n] != 0:
        n += 1
    return text[:n].decode("utf-8", "replace")


cdef class NativeDriver:
    """Holds one reference; release() gives it back, the end of this object does so too."""

    def __cinit__(self):
        self.driver = NULL

    def __init__(self):
        raise TypeError("drivers come from asiokit.host.open.open_driver() or NativeDriver.from_address()")

    @staticmethod
    def from_address(address: int, owner: object = None) -> NativeDriver:
        """Takes over one reference to the asio_driver_t at `address`. `owner` (the library) lives as long as this."""
        if not address:
            raise DriverError(ASIO_NOT_PRESENT, "there is no driver object at address 0")
        cdef NativeDriver self = NativeDriver.__new__(NativeDriver)
        self.driver = <asio_driver_t *><uintptr_t>address
        self.owner = owner
        return self

    def __dealloc__(self):
        cdef asio_driver_t *driver = self.driver
        self.driver = NULL
        if driver is not NULL:
            with nogil:
                driver.vtable.release(driver)

    def detach(self) -> int:
        """The address, and with it the reference: releasing it is the caller's business now. 0 after release()."""
        cdef asio_driver_t *driver = self.driver
        self.driver = NULL
        return <uintptr_t>driver

    cdef asio_driver_t *alive(self) except NULL:
        if self.driver is NULL:
            raise DriverError(ASIO_NOT_PRESENT, "the driver has been released")
        return self.driver

    @property
    def address(self) -> int:
        """Where the driver object is; 0 after release()."""
        return <uintptr_t>self.driver

    def check(self, code: int, what: str) -> None:
        """Raises DriverError unless `code` is OK or SUCCESS."""
        if code in (ASIO_OK, ASIO_SUCCESS):
            return
        text = self.error_message()
        raise DriverError(code, f"{what} failed with {error_name(code)}" + (f": {text}" if text else ""))

    # ---- 0 ... 6: the object, and who it is ----

    def query_interface(self, iid: bytes) -> int:
        """Asks for the interface with these 16 bytes. Returns its address (one reference more), 0 if there is none."""
        if len(iid) != 16:
            raise ValueError(f"an interface id has 16 bytes, not {len(iid)}")
        cdef asio_driver_t *driver = self.alive()
        cdef asio_guid_t guid
        cdef void *found = NULL
        cdef const char *data = iid
        cdef int32_t result
        memcpy(&guid, data, sizeof(guid))
        with nogil:
            result = driver.vtable.query_interface(driver, &guid, &found)
        return <uintptr_t>found if result == 0 else 0

    def add_ref(self) -> int:
        """Returns the new number of references."""
        cdef asio_driver_t *driver = self.alive()
        cdef uint32_t n
        with nogil:
            n = driver.vtable.add_ref(driver)
        return n

    def release(self) -> int:
        """Gives our reference back and returns how many the driver says are left. Again: does nothing, returns 0."""
        cdef asio_driver_t *driver = self.driver
        cdef uint32_t n
        if driver is NULL:
            return 0
        self.driver = NULL
        with nogil:
            n = driver.vtable.release(driver)
        return n

    def init(self, sys_handle: int = 0) -> bool:
        """True when the driver answered exactly 1. error_message() says why not."""
        cdef asio_driver_t *driver = self.alive()
        cdef void *handle = <void *><uintptr_t>sys_handle
        cdef asio_bool_t answer
        with nogil:
            answer = driver.vtable.init(driver, handle)
        return answer == 1

    def name(self) -> str:
        cdef asio_driver_t *driver = self.alive()
        cdef char text[TEXT_ROOM]
        memset(text, 0, sizeof(text))
        with nogil:
            driver.vtable.get_driver_name(driver, text)
        return text_of(text, TEXT_ROOM)

    def version(self) -> int:
        cdef asio_driver_t *driver = self.alive()
        cdef asio_long_t version
        with nogil:
            version = driver.vtable.get_driver_version(driver)
        return version

    def error_message(self) -> str:
        cdef asio_driver_t *driver = self.alive()
        cdef char text[TEXT_ROOM]
        memset(text, 0, sizeof(text))
        with nogil:
            driver.vtable.get_error_message(driver, text)
        return text_of(text, TEXT_ROOM)

    # ---- 7, 8: motion ----

    def start(self) -> None:
        cdef asio_driver_t *driver = self.alive()
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.start(driver)
        self.check(code, "start")

    def stop(self) -> None:
        cdef asio_driver_t *driver = self.alive()
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.stop(driver)
        self.check(code, "stop")

    # ---- 9 ... 18: questions and settings ----

    def get_channels(self) -> tuple[int, int]:
        """(inputs, outputs)."""
        cdef asio_driver_t *driver = self.alive()
        cdef asio_long_t n_in = 0, n_out = 0
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.get_channels(driver, &n_in, &n_out)
        self.check(code, "getChannels")
        return n_in, n_out

    def get_latencies(self) -> tuple[int, int]:
        """(input, output) in frames at the current rate."""
        cdef asio_driver_t *driver = self.alive()
        cdef asio_long_t n_in = 0, n_out = 0
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.get_latencies(driver, &n_in, &n_out)
        self.check(code, "getLatencies")
        return n_in, n_out

    def get_buffer_size(self) -> tuple[int, int, int, int]:
        """(smallest, largest, preferred, granularity) in frames; granularity -1: powers of two."""
        cdef asio_driver_t *driver = self.alive()
        cdef asio_long_t smallest = 0, largest = 0, preferred = 0, granularity = 0
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.get_buffer_size(driver, &smallest, &largest, &preferred, &granularity)
        self.check(code, "getBufferSize")
        return smallest, largest, preferred, granularity

    def can_sample_rate(self, rate_hz: float) -> bool:
        """False on NoClock and NotPresent; other codes raise."""
        cdef asio_driver_t *driver = self.alive()
        cdef double rate = rate_hz
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.can_sample_rate(driver, rate)
        if code in (ASIO_NO_CLOCK, ASIO_NOT_PRESENT):
            return False
        self.check(code, f"canSampleRate({rate_hz:g})")
        return True

    def get_sample_rate(self) -> float:
        cdef asio_driver_t *driver = self.alive()
        cdef double rate = 0
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.get_sample_rate(driver, &rate)
        self.check(code, "getSampleRate")
        return rate

    def set_sample_rate(self, rate_hz: float) -> None:
        cdef asio_driver_t *driver = self.alive()
        cdef double rate = rate_hz
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.set_sample_rate(driver, rate)
        self.check(code, f"setSampleRate({rate_hz:g})")

    def get_clock_sources(self) -> list[tuple[int, int, int, bool, str]]:
        """(index, associated channel, associated group, is current, name) of each."""
        cdef asio_driver_t *driver = self.alive()
        cdef asio_clock_source_t sources[MAX_CLOCK_SOURCES]
        cdef asio_long_t n = MAX_CLOCK_SOURCES
        cdef asio_error_t code
        memset(sources, 0, sizeof(sources))
        with nogil:
            code = driver.vtable.get_clock_sources(driver, sources, &n)
        self.check(code, "getClockSources")
        return [
            (sources[i].index, sources[i].associated_channel, sources[i].associated_group,
             sources[i].is_current_source == 1, text_of(sources[i].name, ASIO_NAME_SIZE))
            for i in range(min(max(n, 0), MAX_CLOCK_SOURCES))
        ]

    def set_clock_source(self, index: int) -> None:
        cdef asio_driver_t *driver = self.alive()
        cdef asio_long_t number = index
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.set_clock_source(driver, number)
        self.check(code, f"setClockSource({index})")

    def get_sample_position(self) -> tuple[int, int]:
        """(position in frames, its time on the host's clock in ns)."""
        cdef asio_driver_t *driver = self.alive()
        cdef asio_samples_t position
        cdef asio_time_stamp_t t
        cdef asio_error_t code
        memset(&position, 0, sizeof(position))
        memset(&t, 0, sizeof(t))
        with nogil:
            code = driver.vtable.get_sample_position(driver, &position, &t)
        self.check(code, "getSamplePosition")
        return asio_samples_to_int64(position), asio_stamp_to_int64(t)

    def get_channel_info(self, channel: int, is_input: bool) -> tuple[bool, int, int, str]:
        """(is active, group, sample type, name)."""
        cdef asio_driver_t *driver = self.alive()
        cdef asio_channel_info_t info
        cdef asio_error_t code
        memset(&info, 0, sizeof(info))
        info.channel = channel
        info.is_input = 1 if is_input else 0
        with nogil:
            code = driver.vtable.get_channel_info(driver, &info)
        self.check(code, f"getChannelInfo({'input' if is_input else 'output'} {channel})")
        return info.is_active == 1, info.channel_group, info.type, text_of(info.name, ASIO_NAME_SIZE)

    # ---- 20 ... 23; createBuffers belongs to asiokit.host.session ----

    def dispose_buffers(self) -> None:
        cdef asio_driver_t *driver = self.alive()
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.dispose_buffers(driver)
        self.check(code, "disposeBuffers")

    def control_panel(self) -> bool:
        """Opens the driver's panel; False when it has none."""
        cdef asio_driver_t *driver = self.alive()
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.control_panel(driver)
        if code == ASIO_NOT_PRESENT:
            return False
        self.check(code, "controlPanel")
        return True

    def future(self, selector: int, params: int = 0) -> int:
        """The code, whatever it is: NotPresent and InvalidParameter are answers here. params: an address, or 0."""
        cdef asio_driver_t *driver = self.alive()
        cdef asio_long_t number = selector
        cdef void *pointer = <void *><uintptr_t>params
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.future(driver, number, pointer)
        return code

    def output_ready(self) -> bool:
        """True when the driver makes use of it, False on NotPresent."""
        cdef asio_driver_t *driver = self.alive()
        cdef asio_error_t code
        with nogil:
            code = driver.vtable.output_ready(driver)
        if code == ASIO_NOT_PRESENT:
            return False
        self.check(code, "outputReady")
        return True

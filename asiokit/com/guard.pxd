# com: the object that a host holds, and the guard. Its first field is the vtable pointer; the rest is ours.
from cpython.object cimport PyObject
from libc.stdint cimport int32_t, int64_t

from asiokit.abi.asio cimport (asio_driver_vtable_t, asio_error_t, asio_guid_t, asio_long_t)
from asiokit.engine.state cimport engine_t

# In the order of answers.METHODS.
cdef enum method_t:
    METHOD_INIT
    METHOD_START
    METHOD_STOP
    METHOD_GET_CHANNELS
    METHOD_GET_LATENCIES
    METHOD_GET_BUFFER_SIZE
    METHOD_CAN_SAMPLE_RATE
    METHOD_GET_SAMPLE_RATE
    METHOD_SET_SAMPLE_RATE
    METHOD_GET_CLOCK_SOURCES
    METHOD_SET_CLOCK_SOURCE
    METHOD_GET_SAMPLE_POSITION
    METHOD_GET_CHANNEL_INFO
    METHOD_CREATE_BUFFERS
    METHOD_DISPOSE_BUFFERS
    METHOD_CONTROL_PANEL
    METHOD_FUTURE
    METHOD_COUNT

cdef enum:
    ERROR_SLOTS = 8
    ERROR_WORDS = 16           # 124 bytes and 4 more

ctypedef asio_error_t (*control_fn)(void *device, asio_long_t selector, void *params) noexcept nogil

ctypedef struct driver_t:
    const asio_driver_vtable_t *vtable
    int32_t refs
    engine_t *engine
    PyObject *face             # its Driver (driver.pyx); one reference of ours
    asio_guid_t clsid
    int32_t has_clsid
    control_fn control         # the device's; NULL until init has succeeded
    void *control_context
    # answers, copied from the table at init
    int32_t answers[METHOD_COUNT][4]
    int32_t can_report_overload
    int32_t unsupported_rate
    int32_t bad_buffer_size
    int32_t bad_buffer_info
    int32_t unknown_selector
    int32_t bad_clock_source
    # the last error: a ring of words, so that a reader and writers on other threads need no lock
    int32_t error_next         # how many slots have been taken
    int32_t error_head         # the newest slot that is complete
    int64_t errors[ERROR_SLOTS][ERROR_WORDS]
    int32_t logged[METHOD_COUNT]         # per method: states whose refusal stands in the log already

ctypedef asio_error_t (*do_fn)(driver_t *d, void *arguments) noexcept nogil

cdef extern from "Python.h":
    ctypedef struct PyThreadState:
        pass

cdef const char *method_names[METHOD_COUNT]

cdef void remember(driver_t *d, const char *text) noexcept nogil
cdef asio_error_t fail(driver_t *d, asio_error_t code, const char *text) noexcept nogil
cdef asio_error_t refuse(driver_t *d, int method) noexcept nogil
cdef bint python_lives() noexcept nogil
cdef PyThreadState *give_up_gil() noexcept nogil
cdef void take_back_gil(PyThreadState *held) noexcept nogil
cdef asio_error_t locked(driver_t *d, int method, do_fn do, void *arguments) noexcept nogil
cdef asio_error_t caught(driver_t *d, str method, object error) noexcept
cdef asio_error_t null_pointer(driver_t *d, int method) noexcept nogil

"""com: the guard that every call of the vtable passes: state, lock, GIL, and what is said of a failure. [any thread]

A failure is a code, a text for getErrorMessage, and a line in the log; nothing else of it reaches the host.
"""
from libc.stdint cimport int32_t, int64_t, uint32_t
from libc.stdio cimport snprintf
from libc.string cimport memset

from asiokit.abi.asio cimport (ASIO_ERROR_TEXT_SIZE, ASIO_HW_MALFUNCTION, ASIO_INVALID_MODE, ASIO_INVALID_PARAMETER,
                               ASIO_NO_MEMORY, ASIO_NOT_PRESENT, ASIO_OK, asio_error_t)
from asiokit.abi.atomic cimport (atomic_add_i32, atomic_load_i32, atomic_or_i32, atomic_store_i32,
                                 atomic_store_relaxed_i64)
from asiokit.engine.state cimport (STATE_RUNNING, engine_acquire, engine_log, engine_on_stream_thread, engine_release,
                                   engine_t)
from asiokit.rt.gate cimport gate_is_closed
from asiokit.rt.system cimport mutex_lock, mutex_try_lock, mutex_unlock, now_ns, sleep_until

from asiokit.com.answers import METHODS
from asiokit.errors import AsiokitError, DriverError

cdef extern from "Python.h" nogil:
    int Py_IsInitialized()
    int PyGILState_Check()
    PyThreadState *PyEval_SaveThread()
    void PyEval_RestoreThread(PyThreadState *thread)

cdef const char *method_names[METHOD_COUNT]
cdef list _names = [name.encode() for name in METHODS]
for i in range(METHOD_COUNT):
    method_names[i] = _names[i]

cdef const char *state_names[4]
state_names[0] = b"not initialized: call init first"
state_names[1] = b"initialized, but has no buffers: call createBuffers first"
state_names[2] = b"prepared, but not running"
state_names[3] = b"running: call stop first"


cdef void remember(driver_t *d, const char *text) noexcept nogil:
    """For getErrorMessage. Each writer has a slot of its own, written before it becomes the newest one."""
    cdef int32_t slot = <int32_t>(<uint32_t>atomic_add_i32(&d.error_next, 1) % ERROR_SLOTS)
    cdef int64_t words[ERROR_WORDS]
    cdef int32_t i
    memset(words, 0, sizeof(words))
    snprintf(<char *>words, ASIO_ERROR_TEXT_SIZE, b"%s", text)
    for i in range(ERROR_WORDS):
        atomic_store_relaxed_i64(&d.errors[slot][i], words[i])
    atomic_store_i32(&d.error_head, slot)


cdef asio_error_t fail(driver_t *d, asio_error_t code, const char *text) noexcept nogil:
    remember(d, text)
    engine_log(d.engine, text)
    return code


cdef asio_error_t refuse(driver_t *d, int method) noexcept nogil:
    """OK, or the table's code when the state does not allow the call. Logged once a state: some hosts keep asking."""
    cdef char text[ASIO_ERROR_TEXT_SIZE]
    cdef int32_t state = atomic_load_i32(&d.engine.state)
    cdef asio_error_t code = d.answers[method][state]
    if code == ASIO_OK:
        return ASIO_OK
    if code == ASIO_NOT_PRESENT:
        snprintf(text, sizeof(text), b"%s: this driver has none", method_names[method])
    else:
        snprintf(text, sizeof(text), b"%s: the driver is %s", method_names[method], state_names[state])
    remember(d, text)
    if not atomic_or_i32(&d.logged[method], 1 << state) & (1 << state):
        engine_log(d.engine, text)
    return code


cdef bint python_lives() noexcept nogil:
    """False once the interpreter has ended; after that the GIL can't be had."""
    return Py_IsInitialized() != 0


cdef PyThreadState *give_up_gil() noexcept nogil:
    """Before the control lock is asked for: the order is always lock, then GIL, and a Python host may come with it."""
    return PyEval_SaveThread() if PyGILState_Check() else NULL


cdef void take_back_gil(PyThreadState *held) noexcept nogil:
    if held is not NULL:
        PyEval_RestoreThread(held)


cdef bint lock_from_inside(engine_t *e) noexcept nogil:
    """[stream thread, in the host's switch] False: whoever holds the lock waits for this very switch to return."""
    while not mutex_try_lock(e.lock):
        if gate_is_closed(e.run_gate) and atomic_load_i32(&e.state) == STATE_RUNNING:
            return False
        sleep_until(now_ns() + 100000)
    return True


cdef asio_error_t locked(driver_t *d, int method, do_fn do, void *arguments) noexcept nogil:
    """A call that changes the state, alone among such calls."""
    cdef asio_error_t code
    cdef PyThreadState *held
    cdef engine_t *e = d.engine
    if not python_lives():
        return fail(d, ASIO_NOT_PRESENT, b"Python has ended in this process; the driver can't be used any more")
    held = give_up_gil()
    engine_acquire(e)
    if not engine_on_stream_thread(e):
        mutex_lock(e.lock)
    elif not lock_from_inside(e):
        engine_release(e)
        take_back_gil(held)
        if method == METHOD_STOP:
            # it is being stopped, or paused for another rate: then it shall not go on
            atomic_store_i32(&e.stop_asked, 1)
            return ASIO_OK
        return fail(d, ASIO_INVALID_MODE, b"another thread is changing the driver's state: return from bufferSwitch")
    code = refuse(d, method)
    if code == ASIO_OK:
        code = do(d, arguments)
    mutex_unlock(e.lock)
    engine_release(e)
    take_back_gil(held)
    return code


cdef asio_error_t caught(driver_t *d, str method, object error) noexcept:
    """An exception as a code, a text and a log line."""
    cdef bytes text
    cdef asio_error_t code = ASIO_HW_MALFUNCTION
    if isinstance(error, DriverError):
        code = error.code
    elif isinstance(error, MemoryError):
        code = ASIO_NO_MEMORY
    message = str(error) or type(error).__name__
    if not isinstance(error, AsiokitError):
        message = f"{method}: {type(error).__name__}: {message}"
    text = message.encode("ascii", "replace")
    return fail(d, code, text)


cdef asio_error_t null_pointer(driver_t *d, int method) noexcept nogil:
    cdef char text[ASIO_ERROR_TEXT_SIZE]
    snprintf(text, sizeof(text), b"%s: a pointer is NULL", method_names[method])
    return fail(d, ASIO_INVALID_PARAMETER, text)

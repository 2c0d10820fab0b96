"""com: the IASIO vtable and its 24 slots. [any thread]

Three kinds of calls. Questions are answered from the engine's plain state: no GIL, no lock, from any thread, from
inside the buffer switch too. Changes (init, start, stop, ...) pass through the guard's `locked`: control lock, state
check by the table, then a `do_` function that takes the GIL and lets no exception out. Counting references is neither.
"""
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int32_t, int64_t, uint32_t, uintptr_t
from libc.stdio cimport snprintf
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset, strlen

from asiokit.abi.asio cimport (ASIO_ERROR_TEXT_SIZE, ASIO_FUTURE_SET_INSTANCE_NAME, ASIO_INVALID_PARAMETER,
                               ASIO_NAME_SIZE, ASIO_NOT_PRESENT, ASIO_OK, asio_bool_t, asio_buffer_info_t,
                               asio_callbacks_t, asio_channel_info_t, asio_clock_source_t, asio_driver_t,
                               asio_driver_vtable_t, asio_error_t, asio_guid_t, asio_long_t, asio_rate_t,
                               asio_samples_from_int64, asio_samples_t, asio_stamp_from_int64, asio_time_stamp_t)
from asiokit.abi.atomic cimport (atomic_add_i32, atomic_exchange_i32, atomic_load_i32, atomic_load_i64,
                                 atomic_load_relaxed_i64, atomic_store_i32)
from asiokit.com.future cimport answer_future, set_instance_name
from asiokit.com.guard cimport (ERROR_WORDS, METHOD_CAN_SAMPLE_RATE, METHOD_CONTROL_PANEL, METHOD_CREATE_BUFFERS,
                                METHOD_DISPOSE_BUFFERS, METHOD_FUTURE, METHOD_GET_BUFFER_SIZE, METHOD_GET_CHANNEL_INFO,
                                METHOD_GET_CHANNELS, METHOD_GET_CLOCK_SOURCES, METHOD_GET_LATENCIES,
                                METHOD_GET_SAMPLE_POSITION, METHOD_GET_SAMPLE_RATE, METHOD_INIT,
                                METHOD_SET_CLOCK_SOURCE, METHOD_SET_SAMPLE_RATE, METHOD_START, METHOD_STOP,
                                PyThreadState, caught, control_fn, driver_t, fail, give_up_gil, locked, method_names,
                                null_pointer, python_lives, refuse, remember, take_back_gil)
from asiokit.device.base cimport Device
from asiokit.engine.engine cimport Engine
from asiokit.engine.state cimport (STATE_LOADED, channel_t, engine_acquire, engine_can_frames, engine_can_rate,
                                   engine_log, engine_on_stream_thread, engine_rate, engine_release, engine_t)
from asiokit.rt.status cimport status_read
from asiokit.rt.system cimport event_set, mutex_lock, mutex_unlock

from traceback import format_exception

from asiokit import __version__
from asiokit.com.answers import answer_table

cdef asio_long_t VERSION = 0
for part in __version__.split("."):
    VERSION = VERSION * 100 + int(part)


# ---- IUnknown -------------------------------------------------------------------------------------------------------

cdef asio_guid_t IID_IUNKNOWN
memset(&IID_IUNKNOWN, 0, sizeof(IID_IUNKNOWN))
IID_IUNKNOWN.data4[0] = 0xC0
IID_IUNKNOWN.data4[7] = 0x46

cdef int32_t S_OK = 0
cdef int32_t E_POINTER = -2147467261      # 0x80004003
cdef int32_t E_NOINTERFACE = -2147467262  # 0x80004002


cdef int32_t c_query_interface(asio_driver_t *self, const asio_guid_t *iid, void **out) noexcept nogil:
    """IUnknown and, as all of ASIO does, the CLSID. A NULL iid is cwASIO's way to ask for the driver."""
    cdef driver_t *d = <driver_t *>self
    if out is NULL:
        return E_POINTER
    out[0] = NULL
    if (iid is NULL or memcmp(iid, &IID_IUNKNOWN, sizeof(asio_guid_t)) == 0
            or d.has_clsid and memcmp(iid, &d.clsid, sizeof(asio_guid_t)) == 0):
        atomic_add_i32(&d.refs, 1)
        out[0] = self
        return S_OK
    return E_NOINTERFACE


cdef uint32_t c_add_ref(asio_driver_t *self) noexcept nogil:
    return <uint32_t>(atomic_add_i32(&(<driver_t *>self).refs, 1) + 1)


cdef uint32_t c_release(asio_driver_t *self) noexcept nogil:
    """The last one stops, disposes and closes, whatever the state and whichever the thread."""
    cdef driver_t *d = <driver_t *>self
    cdef int32_t left = atomic_add_i32(&d.refs, -1) - 1
    cdef PyThreadState *held
    cdef engine_t *e
    if left > 0:
        return <uint32_t>left
    if python_lives():
        held = give_up_gil()
        e = d.engine
        engine_acquire(e)
        mutex_lock(e.lock)
        do_close(d)
        mutex_unlock(e.lock)
        engine_release(e)
        take_back_gil(held)
    # else: the process is ending; what is left goes with it
    return 0


cdef void do_close(driver_t *d) noexcept with gil:
    cdef Driver face = <Driver>d.face
    try:
        face.engine.close()
    except BaseException as error:
        caught(d, "Release", error)
    living.remove(face)
    # frees d
    Py_DECREF(face)


# ---- init, names, errors --------------------------------------------------------------------------------------------

cdef asio_bool_t c_init(asio_driver_t *self, void *sys_handle) noexcept nogil:
    """1 or 0. The handle is never looked at: hosts pass windows, modules, NULL, and garbage."""
    cdef driver_t *d = <driver_t *>self
    return locked(d, METHOD_INIT, do_init, NULL) == ASIO_OK


cdef asio_error_t do_init(driver_t *d, void *arguments) noexcept with gil:
    cdef Driver face = <Driver>d.face
    if atomic_load_i32(&d.engine.state) != STATE_LOADED:
        return ASIO_OK
    try:
        face.initialize()
        return ASIO_OK
    except BaseException as error:
        face.engine.log("init failed\n" + "".join(format_exception(error)))
        return caught(d, "init", error)


cdef void c_get_driver_name(asio_driver_t *self, char *name) noexcept nogil:
    if name is not NULL:
        memcpy(name, (<driver_t *>self).engine.name, strlen((<driver_t *>self).engine.name) + 1)


cdef asio_long_t c_get_driver_version(asio_driver_t *self) noexcept nogil:
    return VERSION


cdef void c_get_error_message(asio_driver_t *self, char *text) noexcept nogil:
    """The latest failure, or an empty text."""
    cdef driver_t *d = <driver_t *>self
    cdef int32_t slot = atomic_load_i32(&d.error_head)
    cdef int64_t words[ERROR_WORDS]
    cdef int32_t i
    if text is NULL:
        return
    for i in range(ERROR_WORDS):
        words[i] = atomic_load_relaxed_i64(&d.errors[slot][i])
    snprintf(text, ASIO_ERROR_TEXT_SIZE, b"%.123s", <const char *>words)


# ---- questions ------------------------------------------------------------------------------------------------------

cdef asio_error_t c_get_channels(asio_driver_t *self, asio_long_t *n_in, asio_long_t *n_out) noexcept nogil:
    cdef driver_t *d = <driver_t *>self
    cdef asio_error_t code = refuse(d, METHOD_GET_CHANNELS)
    if code != ASIO_OK:
        return code
    if n_in is NULL or n_out is NULL:
        return null_pointer(d, METHOD_GET_CHANNELS)
    n_in[0] = d.engine.n_inputs
    n_out[0] = d.engine.n_outputs
    return ASIO_OK


cdef asio_error_t c_get_latencies(asio_driver_t *self, asio_long_t *n_in, asio_long_t *n_out) noexcept nogil:
    """Before createBuffers: those of the preferred size."""
    cdef driver_t *d = <driver_t *>self
    cdef asio_error_t code = refuse(d, METHOD_GET_LATENCIES)
    if code != ASIO_OK:
        return code
    if n_in is NULL or n_out is NULL:
        return null_pointer(d, METHOD_GET_LATENCIES)
    n_in[0] = <asio_long_t>atomic_load_i64(&d.engine.latency_input)
    n_out[0] = <asio_long_t>atomic_load_i64(&d.engine.latency_output)
    return ASIO_OK


cdef asio_error_t c_get_buffer_size(asio_driver_t *self, asio_long_t *n_min, asio_long_t *n_max,
                                    asio_long_t *n_preferred, asio_long_t *granularity) noexcept nogil:
    cdef driver_t *d = <driver_t *>self
    cdef asio_error_t code = refuse(d, METHOD_GET_BUFFER_SIZE)
    if code != ASIO_OK:
        return code
    if n_min is NULL or n_max is NULL or n_preferred is NULL or granularity is NULL:
        return null_pointer(d, METHOD_GET_BUFFER_SIZE)
    n_min[0] = d.engine.min_frames
    n_max[0] = d.engine.max_frames
    n_preferred[0] = d.engine.preferred_frames
    granularity[0] = d.engine.granularity
    return ASIO_OK


cdef asio_error_t rate_refused(driver_t *d, int method, double rate_hz) noexcept nogil:
    cdef char text[ASIO_ERROR_TEXT_SIZE]
    snprintf(text, sizeof(text), b"%s: %g Hz is not possible with this driver", method_names[method], rate_hz)
    remember(d, text)
    # hosts try long lists of rates: the answer to a mere question is no event
    if method != METHOD_CAN_SAMPLE_RATE:
        engine_log(d.engine, text)
    return d.unsupported_rate


cdef asio_error_t c_can_sample_rate(asio_driver_t *self, asio_rate_t rate_hz) noexcept nogil:
    cdef driver_t *d = <driver_t *>self
    cdef asio_error_t code = refuse(d, METHOD_CAN_SAMPLE_RATE)
    if code != ASIO_OK:
        return code
    return ASIO_OK if engine_can_rate(d.engine, rate_hz) else rate_refused(d, METHOD_CAN_SAMPLE_RATE, rate_hz)


cdef asio_error_t c_get_sample_rate(asio_driver_t *self, asio_rate_t *rate_hz) noexcept nogil:
    cdef driver_t *d = <driver_t *>self
    cdef asio_error_t code = refuse(d, METHOD_GET_SAMPLE_RATE)
    if code != ASIO_OK:
        return code
    if rate_hz is NULL:
        return null_pointer(d, METHOD_GET_SAMPLE_RATE)
    rate_hz[0] = engine_rate(d.engine)
    return ASIO_OK


cdef asio_error_t c_get_clock_sources(asio_driver_t *self, asio_clock_source_t *sources,
                                      asio_long_t *n) noexcept nogil:
    """Writes at most *n, says how many there are."""
    cdef driver_t *d = <driver_t *>self
    cdef engine_t *e = d.engine
    cdef int32_t i
    cdef asio_error_t code = refuse(d, METHOD_GET_CLOCK_SOURCES)
    if code != ASIO_OK:
        return code
    if sources is NULL or n is NULL:
        return null_pointer(d, METHOD_GET_CLOCK_SOURCES)
    if n[0] < 1:
        return fail(d, ASIO_INVALID_PARAMETER, b"getClockSources: there must be room for one source at least")
    for i in range(e.n_clock_sources):
        if i < n[0]:
            sources[i] = e.clock_sources[i]
            sources[i].is_current_source = i == atomic_load_i32(&e.clock_source)
    n[0] = e.n_clock_sources
    return ASIO_OK


cdef asio_error_t c_get_sample_position(asio_driver_t *self, asio_samples_t *position,
                                        asio_time_stamp_t *time) noexcept nogil:
    """The pair of the current switch, as its time info has it."""
    cdef driver_t *d = <driver_t *>self
    cdef int64_t frames, time_ns
    cdef asio_error_t code
    # a switch may still be under way when stop has changed the state
    if not engine_on_stream_thread(d.engine):
        code = refuse(d, METHOD_GET_SAMPLE_POSITION)
        if code != ASIO_OK:
            return code
    if position is NULL or time is NULL:
        return null_pointer(d, METHOD_GET_SAMPLE_POSITION)
    status_read(&d.engine.status, &frames, &time_ns)
    position[0] = asio_samples_from_int64(frames)
    time[0] = asio_stamp_from_int64(time_ns)
    return ASIO_OK


cdef asio_error_t c_get_channel_info(asio_driver_t *self, asio_channel_info_t *info) noexcept nogil:
    cdef driver_t *d = <driver_t *>self
    cdef engine_t *e = d.engine
    cdef channel_t *channel
    cdef asio_error_t code = refuse(d, METHOD_GET_CHANNEL_INFO)
    if code != ASIO_OK:
        return code
    if info is NULL:
        return null_pointer(d, METHOD_GET_CHANNEL_INFO)
    if not 0 <= info.channel < (e.n_inputs if info.is_input else e.n_outputs):
        return fail(d, ASIO_INVALID_PARAMETER, b"getChannelInfo: there is no such channel")
    channel = &(e.inputs if info.is_input else e.outputs)[info.channel]
    info.is_active = atomic_load_i32(&channel.is_active)
    info.channel_group = channel.group
    info.type = e.sample_type
    memcpy(info.name, channel.name, ASIO_NAME_SIZE)
    return ASIO_OK


cdef asio_error_t c_future(asio_driver_t *self, asio_long_t selector, void *params) noexcept nogil:
    cdef driver_t *d = <driver_t *>self
    cdef asio_error_t code
    if selector == ASIO_FUTURE_SET_INSTANCE_NAME:
        return locked(d, METHOD_FUTURE, set_instance_name, params)
    code = refuse(d, METHOD_FUTURE)
    if code != ASIO_OK:
        return code
    return answer_future(d, selector, params)


cdef asio_error_t c_output_ready(asio_driver_t *self) noexcept nogil:
    """The same answer in every state: OK where it shortens the latency."""
    cdef engine_t *e = (<driver_t *>self).engine
    if not e.output_ready:
        return ASIO_NOT_PRESENT
    atomic_store_i32(&e.output_seen, 1)
    atomic_exchange_i32(&e.output_done, 1)
    if atomic_load_i32(&e.output_waiting):
        event_set(e.output_event)
    return ASIO_OK


# ---- changes --------------------------------------------------------------------------------------------------------

cdef asio_error_t c_start(asio_driver_t *self) noexcept nogil:
    return locked(<driver_t *>self, METHOD_START, do_start, NULL)


cdef asio_error_t do_start(driver_t *d, void *arguments) noexcept with gil:
    try:
        (<Driver>d.face).engine.start()
        return ASIO_OK
    except BaseException as error:
        return caught(d, "start", error)


cdef asio_error_t c_stop(asio_driver_t *self) noexcept nogil:
    return locked(<driver_t *>self, METHOD_STOP, do_stop, NULL)


cdef asio_error_t do_stop(driver_t *d, void *arguments) noexcept with gil:
    try:
        (<Driver>d.face).engine.stop()
        return ASIO_OK
    except BaseException as error:
        return caught(d, "stop", error)


cdef asio_error_t c_set_sample_rate(asio_driver_t *self, asio_rate_t rate_hz) noexcept nogil:
    return locked(<driver_t *>self, METHOD_SET_SAMPLE_RATE, do_set_sample_rate, &rate_hz)


cdef asio_error_t do_set_sample_rate(driver_t *d, void *arguments) noexcept with gil:
    cdef double rate_hz = (<double *>arguments)[0]
    if not engine_can_rate(d.engine, rate_hz):
        return rate_refused(d, METHOD_SET_SAMPLE_RATE, rate_hz)
    try:
        (<Driver>d.face).engine.set_rate(rate_hz)
        return ASIO_OK
    except BaseException as error:
        return caught(d, "setSampleRate", error)


cdef asio_error_t c_set_clock_source(asio_driver_t *self, asio_long_t index) noexcept nogil:
    return locked(<driver_t *>self, METHOD_SET_CLOCK_SOURCE, do_set_clock_source, &index)


cdef asio_error_t do_set_clock_source(driver_t *d, void *arguments) noexcept with gil:
    cdef asio_long_t index = (<asio_long_t *>arguments)[0]
    if not 0 <= index < d.engine.n_clock_sources:
        return fail(d, d.bad_clock_source, b"setClockSource: there is no such clock source")
    try:
        (<Driver>d.face).engine.set_clock_source(index)
        return ASIO_OK
    except BaseException as error:
        return caught(d, "setClockSource", error)


ctypedef struct create_arguments_t:
    asio_buffer_info_t *infos
    asio_long_t n_infos
    asio_long_t n_frames
    const asio_callbacks_t *callbacks


cdef asio_error_t c_create_buffers(asio_driver_t *self, asio_buffer_info_t *infos, asio_long_t n_infos,
                                   asio_long_t n_frames, const asio_callbacks_t *callbacks) noexcept nogil:
    cdef create_arguments_t arguments
    arguments.infos = infos
    arguments.n_infos = n_infos
    arguments.n_frames = n_frames
    arguments.callbacks = callbacks
    return locked(<driver_t *>self, METHOD_CREATE_BUFFERS, do_create_buffers, &arguments)


cdef asio_error_t check_create(driver_t *d, create_arguments_t *a) noexcept nogil:
    cdef char text[ASIO_ERROR_TEXT_SIZE]
    cdef engine_t *e = d.engine
    cdef asio_long_t i, j
    if a.infos is NULL or a.callbacks is NULL:
        return null_pointer(d, METHOD_CREATE_BUFFERS)
    if a.callbacks.buffer_switch is NULL and a.callbacks.buffer_switch_time_info is NULL:
        return fail(d, ASIO_INVALID_PARAMETER, b"createBuffers: neither bufferSwitch nor bufferSwitchTimeInfo is given")
    if not engine_can_frames(e, a.n_frames):
        snprintf(text, sizeof(text), b"createBuffers: %ld frames are not possible; %d to %d (granularity %d) are",
                 a.n_frames, e.min_frames, e.max_frames, e.granularity)
        return fail(d, d.bad_buffer_size, text)
    if not 1 <= a.n_infos <= e.n_inputs + e.n_outputs:
        return fail(d, d.bad_buffer_info, b"createBuffers: the number of channels is not possible")
    for i in range(a.n_infos):
        if not 0 <= a.infos[i].channel_num < (e.n_inputs if a.infos[i].is_input else e.n_outputs):
            return fail(d, d.bad_buffer_info, b"createBuffers: a channel does not exist")
        for j in range(i):
            if (a.infos[j].channel_num == a.infos[i].channel_num
                    and (a.infos[j].is_input != 0) == (a.infos[i].is_input != 0)):
                return fail(d, d.bad_buffer_info, b"createBuffers: a channel is asked for twice")
    return ASIO_OK


cdef asio_error_t do_create_buffers(driver_t *d, void *arguments) noexcept nogil:
    cdef asio_error_t code = check_create(d, <create_arguments_t *>arguments)
    return code if code != ASIO_OK else do_create_buffers_gil(d, <create_arguments_t *>arguments)


cdef asio_error_t do_create_buffers_gil(driver_t *d, create_arguments_t *a) noexcept with gil:
    try:
        (<Driver>d.face).engine.create_buffers(a.infos, a.n_infos, a.n_frames, a.callbacks)
        return ASIO_OK
    except BaseException as error:
        return caught(d, "createBuffers", error)


cdef asio_error_t c_dispose_buffers(asio_driver_t *self) noexcept nogil:
    return locked(<driver_t *>self, METHOD_DISPOSE_BUFFERS, do_dispose_buffers, NULL)


cdef asio_error_t do_dispose_buffers(driver_t *d, void *arguments) noexcept with gil:
    try:
        (<Driver>d.face).engine.dispose_buffers()
        return ASIO_OK
    except BaseException as error:
        return caught(d, "disposeBuffers", error)


cdef asio_error_t c_control_panel(asio_driver_t *self) noexcept nogil:
    return refuse(<driver_t *>self, METHOD_CONTROL_PANEL)


# ---- the object -----------------------------------------------------------------------------------------------------

cdef asio_driver_vtable_t VTABLE
VTABLE.query_interface = c_query_interface
VTABLE.add_ref = c_add_ref
VTABLE.release = c_release
VTABLE.init = c_init
VTABLE.get_driver_name = c_get_driver_name
VTABLE.get_driver_version = c_get_driver_version
VTABLE.get_error_message = c_get_error_message
VTABLE.start = c_start
VTABLE.stop = c_stop
VTABLE.get_channels = c_get_channels
VTABLE.get_latencies = c_get_latencies
VTABLE.get_buffer_size = c_get_buffer_size
VTABLE.can_sample_rate = c_can_sample_rate
VTABLE.get_sample_rate = c_get_sample_rate
VTABLE.set_sample_rate = c_set_sample_rate
VTABLE.get_clock_sources = c_get_clock_sources
VTABLE.set_clock_source = c_set_clock_source
VTABLE.get_sample_position = c_get_sample_position
VTABLE.get_channel_info = c_get_channel_info
VTABLE.create_buffers = c_create_buffers
VTABLE.dispose_buffers = c_dispose_buffers
VTABLE.control_panel = c_control_panel
VTABLE.future = c_future
VTABLE.output_ready = c_output_ready

# Every driver object that a host of this process holds. [GIL]
cdef list living = []


cdef class Driver:
    """The Python side of one driver object. Made by asiokit.entry; lives until the host's last Release.

    source says which entry this is: `name`, `choose(name) -> bool` (before init), `load() -> (config, device)`.
    """

    def __cinit__(self):
        self.c = <driver_t *>calloc(1, sizeof(driver_t))
        if self.c is NULL:
            raise MemoryError("no memory for a driver object")

    def __init__(self, source, bytes clsid=None):
        """clsid: the 16 bytes that hosts pass as interface id on Windows."""
        self.source = source
        self.engine = Engine()
        self.c.vtable = &VTABLE
        self.c.engine = self.engine.state
        self.c.face = <PyObject *>self
        if clsid is not None:
            memcpy(&self.c.clsid, <const char *>clsid, sizeof(asio_guid_t))
            self.c.has_clsid = 1
        self.engine.set_name(source.name)
        self._set_answers({})

    def __dealloc__(self):
        free(self.c)

    cdef uintptr_t hand_over(self):
        """The address for the host, with one reference; from now on the host decides how long this object lives."""
        self.c.refs = 1
        Py_INCREF(self)
        living.append(self)
        return <uintptr_t>self.c

    def _set_answers(self, overrides) -> None:
        codes, options = answer_table(overrides)
        for method, row in enumerate(codes):
            for state, code in enumerate(row):
                self.c.answers[method][state] = code
        self.c.can_report_overload = options["canReportOverload"]
        self.c.unsupported_rate = options["unsupportedRate"]
        self.c.bad_buffer_size = options["badBufferSize"]
        self.c.bad_buffer_info = options["badBufferInfo"]
        self.c.unknown_selector = options["unknownSelector"]
        self.c.bad_clock_source = options["badClockSource"]

    def initialize(self) -> None:
        """[control thread, under the control lock] From loaded to initialized; raises what the host shall read."""
        config, device = self.source.load()
        self._set_answers(config.answers)
        self.engine.initialize(config, device)
        self.c.control_context = <void *>device
        self.c.control = <control_fn>(<Device>device).control

    @property
    def address(self) -> int:
        """Of the COM object, as a host holds it."""
        return <uintptr_t>self.c


def drivers() -> list:
    """Every driver object that a host of this process holds, oldest first."""
    return list(living)

"""com: future(), the driver's answers beyond the vtable. [any thread, no GIL but for the instance name]

Unknown selectors are InvalidParameter; known ones that this device has no part in are NotPresent; yes is SUCCESS,
never 0 (docs/asio-semantics.md 20 to 24).
"""
from asiokit.abi.asio cimport (ASIO_FORMAT_INVALID, ASIO_FORMAT_PCM, ASIO_FUTURE_CAN_DO_IO_FORMAT,
                               ASIO_FUTURE_CAN_INPUT_GAIN, ASIO_FUTURE_CAN_INPUT_METER, ASIO_FUTURE_CAN_INPUT_MONITOR,
                               ASIO_FUTURE_CAN_OUTPUT_GAIN, ASIO_FUTURE_CAN_OUTPUT_METER,
                               ASIO_FUTURE_CAN_REPORT_OVERLOAD, ASIO_FUTURE_CAN_TIME_CODE, ASIO_FUTURE_CAN_TIME_INFO,
                               ASIO_FUTURE_CAN_TRANSPORT, ASIO_FUTURE_DISABLE_TIME_CODE_READ,
                               ASIO_FUTURE_ENABLE_TIME_CODE_READ, ASIO_FUTURE_GET_INPUT_METER,
                               ASIO_FUTURE_GET_INTERNAL_BUFFER_SAMPLES, ASIO_FUTURE_GET_IO_FORMAT,
                               ASIO_FUTURE_GET_OUTPUT_METER, ASIO_FUTURE_SET_INPUT_GAIN,
                               ASIO_FUTURE_SET_INPUT_MONITOR, ASIO_FUTURE_SET_IO_FORMAT,
                               ASIO_FUTURE_SET_OUTPUT_GAIN, ASIO_FUTURE_TRANSPORT, ASIO_INVALID_MODE,
                               ASIO_INVALID_PARAMETER, ASIO_NOT_PRESENT, ASIO_SUCCESS,
                               asio_channel_controls_t, asio_error_t, asio_input_monitor_t,
                               asio_internal_buffer_info_t, asio_io_format_t, asio_long_t)
from asiokit.abi.atomic cimport atomic_load_i32, atomic_store_i32
from asiokit.com.guard cimport driver_t, fail, remember
from asiokit.engine.state cimport STATE_INITIALIZED, STATE_LOADED, engine_t


cdef asio_error_t set_instance_name(driver_t *d, void *params) noexcept nogil:
    """cwASIO: which entry shall this instance be? An empty name only asks whether that can be said. [control lock]"""
    cdef const char *name = <const char *>params
    if name is NULL or name[0] == 0:
        return ASIO_SUCCESS
    return set_instance_name_gil(d, name)


cdef asio_error_t set_instance_name_gil(driver_t *d, const char *name) noexcept with gil:
    cdef object face = <object>d.face
    try:
        wanted = name.decode("utf-8")
        if wanted == face.source.name:
            return ASIO_SUCCESS
        if atomic_load_i32(&d.engine.state) != STATE_LOADED:
            return fail(d, ASIO_INVALID_MODE, b"future: the instance name can only be set before init")
        if face.source.choose(wanted):
            return ASIO_SUCCESS
        return fail(d, ASIO_NOT_PRESENT,
                    f"future: there is no driver entry named {wanted!r}: see asiokit list".encode()[:123])
    except BaseException as error:
        return fail(d, ASIO_NOT_PRESENT, f"future: {error}".encode("utf-8", "replace")[:123])


cdef bint channel_exists(engine_t *e, asio_long_t channel, bint is_input) noexcept nogil:
    return 0 <= channel < (e.n_inputs if is_input else e.n_outputs)


cdef asio_error_t absent(driver_t *d, const char *text) noexcept nogil:
    """No, to a question: hosts ask them all, so it is no line in the log."""
    remember(d, text)
    return ASIO_NOT_PRESENT


cdef asio_error_t ask_device(driver_t *d, asio_long_t selector, void *params) noexcept nogil:
    cdef asio_error_t code
    if d.control is NULL:
        return fail(d, ASIO_INVALID_MODE, b"future: call init first")
    code = d.control(d.control_context, selector, params)
    if code == ASIO_NOT_PRESENT:
        return absent(d, b"future: this device does not have what the selector is for")
    if code != ASIO_SUCCESS:
        return fail(d, code, b"future: the device refuses")
    return code


cdef asio_error_t io_format(driver_t *d, asio_long_t selector, asio_io_format_t *io) noexcept nogil:
    """PCM is what there is; a refused format is marked invalid in place."""
    if selector == ASIO_FUTURE_GET_IO_FORMAT:
        io.format_type = ASIO_FORMAT_PCM
        return ASIO_SUCCESS
    if io.format_type != ASIO_FORMAT_PCM:
        io.format_type = ASIO_FORMAT_INVALID
        return absent(d, b"future: only the PCM format is supported")
    if selector == ASIO_FUTURE_SET_IO_FORMAT and atomic_load_i32(&d.engine.state) > STATE_INITIALIZED:
        return fail(d, ASIO_INVALID_MODE, b"future: the format can only be set before createBuffers")
    return ASIO_SUCCESS


cdef asio_error_t answer_future(driver_t *d, asio_long_t selector, void *params) noexcept nogil:
    cdef engine_t *e = d.engine
    cdef asio_channel_controls_t *controls = <asio_channel_controls_t *>params
    cdef asio_input_monitor_t *monitor = <asio_input_monitor_t *>params

    if selector == ASIO_FUTURE_CAN_TIME_INFO:
        return ASIO_SUCCESS
    if selector == ASIO_FUTURE_CAN_REPORT_OVERLOAD:
        # a host that never asks is never told
        if d.can_report_overload != ASIO_NOT_PRESENT:
            atomic_store_i32(&e.overload_wanted, 1)
        return d.can_report_overload

    if selector in (ASIO_FUTURE_CAN_TIME_CODE, ASIO_FUTURE_ENABLE_TIME_CODE_READ, ASIO_FUTURE_DISABLE_TIME_CODE_READ):
        if not e.has_time_code:
            return absent(d, b"future: this device has no time code")
        if selector != ASIO_FUTURE_CAN_TIME_CODE:
            atomic_store_i32(&e.time_code_wanted, selector == ASIO_FUTURE_ENABLE_TIME_CODE_READ)
        return ASIO_SUCCESS

    if selector in (ASIO_FUTURE_CAN_INPUT_MONITOR, ASIO_FUTURE_CAN_TRANSPORT, ASIO_FUTURE_CAN_INPUT_GAIN,
                    ASIO_FUTURE_CAN_INPUT_METER, ASIO_FUTURE_CAN_OUTPUT_GAIN, ASIO_FUTURE_CAN_OUTPUT_METER):
        return ask_device(d, selector, NULL)

    if selector in (ASIO_FUTURE_SET_INPUT_GAIN, ASIO_FUTURE_GET_INPUT_METER, ASIO_FUTURE_SET_OUTPUT_GAIN,
                    ASIO_FUTURE_GET_OUTPUT_METER, ASIO_FUTURE_SET_INPUT_MONITOR, ASIO_FUTURE_TRANSPORT,
                    ASIO_FUTURE_SET_IO_FORMAT, ASIO_FUTURE_GET_IO_FORMAT, ASIO_FUTURE_CAN_DO_IO_FORMAT,
                    ASIO_FUTURE_GET_INTERNAL_BUFFER_SAMPLES):
        if params is NULL:
            return fail(d, ASIO_INVALID_PARAMETER, b"future: this selector needs a structure, but params is NULL")

    if selector in (ASIO_FUTURE_SET_INPUT_GAIN, ASIO_FUTURE_GET_INPUT_METER):
        if d.control is not NULL and not channel_exists(e, controls.channel, True):
            return fail(d, ASIO_INVALID_PARAMETER, b"future: there is no such input channel")
        return ask_device(d, selector, params)
    if selector in (ASIO_FUTURE_SET_OUTPUT_GAIN, ASIO_FUTURE_GET_OUTPUT_METER):
        if d.control is not NULL and not channel_exists(e, controls.channel, False):
            return fail(d, ASIO_INVALID_PARAMETER, b"future: there is no such output channel")
        return ask_device(d, selector, params)
    if selector == ASIO_FUTURE_SET_INPUT_MONITOR:
        if d.control is not NULL and monitor.input != -1 and not channel_exists(e, monitor.input, True):
            return fail(d, ASIO_INVALID_PARAMETER, b"future: there is no such input channel")
        return ask_device(d, selector, params)
    if selector == ASIO_FUTURE_TRANSPORT:
        return ask_device(d, selector, params)

    if selector in (ASIO_FUTURE_SET_IO_FORMAT, ASIO_FUTURE_GET_IO_FORMAT, ASIO_FUTURE_CAN_DO_IO_FORMAT):
        return io_format(d, selector, <asio_io_format_t *>params)
    if selector == ASIO_FUTURE_GET_INTERNAL_BUFFER_SAMPLES:
        if atomic_load_i32(&e.state) == STATE_LOADED:
            return fail(d, ASIO_INVALID_MODE, b"future: call init first")
        (<asio_internal_buffer_info_t *>params).input_samples = <asio_long_t>e.internal_input_frames
        (<asio_internal_buffer_info_t *>params).output_samples = <asio_long_t>e.internal_output_frames
        return ASIO_SUCCESS
    return fail(d, d.unknown_selector, b"future: unknown selector")

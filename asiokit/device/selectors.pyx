"""device: what a host may ask a device beyond audio, answered by the methods that a Python device has. [any thread]

A device can what it has a method for: nothing else needs to be declared. ASIO's scales go from 0 to 0x7fffffff; here
they are shares, from 0.0 to 1.0.
"""
from asiokit.abi.asio cimport (ASIO_FUTURE_CAN_INPUT_GAIN, ASIO_FUTURE_CAN_INPUT_METER, ASIO_FUTURE_CAN_INPUT_MONITOR,
                               ASIO_FUTURE_CAN_OUTPUT_GAIN, ASIO_FUTURE_CAN_OUTPUT_METER, ASIO_FUTURE_CAN_TRANSPORT,
                               ASIO_FUTURE_GET_INPUT_METER, ASIO_FUTURE_GET_OUTPUT_METER, ASIO_FUTURE_SET_INPUT_GAIN,
                               ASIO_FUTURE_SET_INPUT_MONITOR, ASIO_FUTURE_SET_OUTPUT_GAIN, ASIO_FUTURE_TRANSPORT,
                               ASIO_HW_MALFUNCTION, ASIO_INVALID_PARAMETER, ASIO_NOT_PRESENT, ASIO_SUCCESS,
                               ASIO_TRANSPORT_ARM, ASIO_TRANSPORT_ARM_OFF, ASIO_TRANSPORT_ARM_ON,
                               ASIO_TRANSPORT_LOCATE, ASIO_TRANSPORT_MONITOR, ASIO_TRANSPORT_MONITOR_OFF,
                               ASIO_TRANSPORT_MONITOR_ON, ASIO_TRANSPORT_PUNCH_IN, ASIO_TRANSPORT_PUNCH_OUT,
                               ASIO_TRANSPORT_START, ASIO_TRANSPORT_STOP, asio_channel_controls_t, asio_error_t,
                               asio_input_monitor_t, asio_long_t, asio_samples_to_int64, asio_transport_parameters_t)
from asiokit.rt.system cimport log_write

cdef double FULL_SCALE = 0x7fffffff

# selector -> the method that answers it
METHODS = {
    ASIO_FUTURE_CAN_INPUT_GAIN: "set_input_gain", ASIO_FUTURE_SET_INPUT_GAIN: "set_input_gain",
    ASIO_FUTURE_CAN_OUTPUT_GAIN: "set_output_gain", ASIO_FUTURE_SET_OUTPUT_GAIN: "set_output_gain",
    ASIO_FUTURE_CAN_INPUT_METER: "input_meter", ASIO_FUTURE_GET_INPUT_METER: "input_meter",
    ASIO_FUTURE_CAN_OUTPUT_METER: "output_meter", ASIO_FUTURE_GET_OUTPUT_METER: "output_meter",
    ASIO_FUTURE_CAN_INPUT_MONITOR: "set_input_monitor", ASIO_FUTURE_SET_INPUT_MONITOR: "set_input_monitor",
    ASIO_FUTURE_CAN_TRANSPORT: "transport", ASIO_FUTURE_TRANSPORT: "transport",
}
QUESTIONS = {ASIO_FUTURE_CAN_INPUT_GAIN, ASIO_FUTURE_CAN_OUTPUT_GAIN, ASIO_FUTURE_CAN_INPUT_METER,
             ASIO_FUTURE_CAN_OUTPUT_METER, ASIO_FUTURE_CAN_INPUT_MONITOR, ASIO_FUTURE_CAN_TRANSPORT}
COMMANDS = {
    ASIO_TRANSPORT_START: "start", ASIO_TRANSPORT_STOP: "stop", ASIO_TRANSPORT_LOCATE: "locate",
    ASIO_TRANSPORT_PUNCH_IN: "punch_in", ASIO_TRANSPORT_PUNCH_OUT: "punch_out",
    ASIO_TRANSPORT_ARM_ON: "arm_on", ASIO_TRANSPORT_ARM_OFF: "arm_off",
    ASIO_TRANSPORT_MONITOR_ON: "monitor_on", ASIO_TRANSPORT_MONITOR_OFF: "monitor_off",
    ASIO_TRANSPORT_ARM: "arm", ASIO_TRANSPORT_MONITOR: "monitor",
}


cdef double share(asio_long_t value, str what) except -1:
    if not 0 <= value <= FULL_SCALE:
        raise ValueError(f"a {what} of {value} is outside 0 to 0x7fffffff")
    return value / FULL_SCALE


cdef asio_long_t level(object value) except -1:
    """0 to 0x7fffffff of a share; what is above full scale is full scale."""
    return <asio_long_t>(min(max(float(value), 0.0), 1.0) * FULL_SCALE)


cdef tuple tracks_of(const asio_transport_parameters_t *params):
    """The tracks that are switched on in 16 words of 32 bits."""
    cdef int track
    return tuple([track for track in range(512) if params.track_switches[track // 32] >> track % 32 & 1])


cdef void perform(object method, asio_long_t selector, void *params) except *:
    cdef asio_channel_controls_t *channel = <asio_channel_controls_t *>params
    cdef asio_input_monitor_t *monitor = <asio_input_monitor_t *>params
    cdef asio_transport_parameters_t *transport = <asio_transport_parameters_t *>params
    if selector in (ASIO_FUTURE_SET_INPUT_GAIN, ASIO_FUTURE_SET_OUTPUT_GAIN):
        method(channel.channel, share(channel.gain, "gain"))
    elif selector in (ASIO_FUTURE_GET_INPUT_METER, ASIO_FUTURE_GET_OUTPUT_METER):
        channel.meter = level(method(channel.channel))
    elif selector == ASIO_FUTURE_SET_INPUT_MONITOR:
        method(None if monitor.input == -1 else monitor.input, monitor.output, share(monitor.gain, "gain"),
               bool(monitor.state), share(monitor.pan, "pan"))
    else:
        if transport.command not in COMMANDS:
            raise ValueError(f"there is no transport command {transport.command}")
        method(COMMANDS[transport.command], asio_samples_to_int64(transport.sample_position), transport.track,
               tracks_of(transport))


cdef asio_error_t answer_selector(object device, asio_long_t selector, void *params) noexcept nogil:
    """Success, not present (there is no method, or it raises NotImplementedError), invalid parameter (ValueError), or
    malfunction; whatever else is raised is logged."""
    with gil:
        return answer_selector_gil(device, selector, params)


cdef asio_error_t answer_selector_gil(object device, asio_long_t selector, void *params) noexcept:
    try:
        method = getattr(device, METHODS.get(selector, ""), None)
        if not callable(method):
            return ASIO_NOT_PRESENT
        if selector not in QUESTIONS:
            perform(method, selector, params)
        return ASIO_SUCCESS
    except NotImplementedError:
        return ASIO_NOT_PRESENT
    except ValueError as error:
        return said(device, error, ASIO_INVALID_PARAMETER)
    except BaseException as error:
        return said(device, error, ASIO_HW_MALFUNCTION)


cdef asio_error_t said(object device, object error, asio_error_t code) noexcept:
    """In the log; the host gets the code."""
    try:
        log_write(b"device", f"device {type(device).__name__}: future: {type(error).__name__}: {error}"
                  .encode("utf-8", "replace"))
    except BaseException:
        pass  # an error that can't even be shown
    return code

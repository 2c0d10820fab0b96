"""tests: a device with everything that future() can ask for: gains, meters, monitor, transport, time code.

Written as a third party would: it cimports asiokit.device and asiokit.abi, nothing else.
"""
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy

from asiokit.abi.asio cimport (ASIO_FUTURE_CAN_INPUT_GAIN, ASIO_FUTURE_CAN_INPUT_METER, ASIO_FUTURE_CAN_INPUT_MONITOR,
                               ASIO_FUTURE_CAN_OUTPUT_GAIN, ASIO_FUTURE_CAN_OUTPUT_METER, ASIO_FUTURE_CAN_TRANSPORT,
                               ASIO_FUTURE_GET_INPUT_METER, ASIO_FUTURE_GET_OUTPUT_METER, ASIO_FUTURE_SET_INPUT_GAIN,
                               ASIO_FUTURE_SET_INPUT_MONITOR, ASIO_FUTURE_SET_OUTPUT_GAIN, ASIO_FUTURE_TRANSPORT,
                               ASIO_INVALID_PARAMETER, ASIO_NOT_PRESENT, ASIO_SUCCESS, ASIO_TC_RUNNING, ASIO_TC_VALID,
                               asio_channel_controls_t, asio_error_t, asio_input_monitor_t, asio_long_t,
                               asio_samples_from_int64, asio_samples_to_int64, asio_time_code_t,
                               asio_transport_parameters_t)
from asiokit.device cimport Device, block_t
from asiokit.device.base cimport REQUEST_LATENCIES, REQUEST_OVERLOAD, REQUEST_RESET

cdef enum:
    N = 4


cdef class ConsoleDevice(Device):
    """4 channels each way. Output i goes to input i, times both gains (0x20000000 is unity, as ASIO has it).

    requests_at: the cycle in which process() asks for what needs no GIL. refuses: has nothing of it all.
    """
    cdef dict __dict__
    cdef asio_long_t gain_in[N]
    cdef asio_long_t gain_out[N]
    cdef float peak_in[N]
    cdef float peak_out[N]
    cdef asio_input_monitor_t monitor
    cdef asio_transport_parameters_t transport
    cdef int32_t n_monitor
    cdef int32_t n_transport
    cdef int64_t n_cycles
    cdef public int64_t requests_at
    cdef public bint refuses

    inputs = N
    outputs = N
    has_time_code = True

    def __cinit__(self, *arguments, **fields):
        cdef int i
        self.requests_at = -1
        for i in range(N):
            self.gain_in[i] = self.gain_out[i] = 0x20000000

    def __init__(self, **fields):
        for name, value in fields.items():
            setattr(self, name, value)

    @property
    def gains(self) -> tuple:
        return tuple([self.gain_in[i] for i in range(N)]), tuple([self.gain_out[i] for i in range(N)])

    @property
    def last_monitor(self) -> tuple:
        """(how many, input, output, gain, state, pan)."""
        return (self.n_monitor, self.monitor.input, self.monitor.output, self.monitor.gain, self.monitor.state,
                self.monitor.pan)

    @property
    def last_transport(self) -> tuple:
        """(how many, command, position, track)."""
        return (self.n_transport, self.transport.command, asio_samples_to_int64(self.transport.sample_position),
                self.transport.track)

    cdef int process(self, block_t *block) noexcept nogil:
        cdef int32_t i, frame
        cdef float gain, value
        cdef float *to_host
        cdef const float *from_host
        for i in range(N):
            to_host = <float *>block.to_host[i]
            from_host = <const float *>block.from_host[i]
            gain = <float>self.gain_in[i] / 0x20000000 * (<float>self.gain_out[i] / 0x20000000)
            for frame in range(block.n_frames):
                value = from_host[frame]
                to_host[frame] = gain * value
                if value > self.peak_out[i]:
                    self.peak_out[i] = value
                if to_host[frame] > self.peak_in[i]:
                    self.peak_in[i] = to_host[frame]
        if self.n_cycles == self.requests_at and self.request is not NULL:
            self.request(self.request_context, REQUEST_RESET | REQUEST_OVERLOAD, 0, 0)
            self.request(self.request_context, REQUEST_LATENCIES, 17, 19)
        self.n_cycles += 1
        return 0

    cdef void time_code(self, const block_t *block, asio_time_code_t *code) noexcept nogil:
        code.speed = 1.0
        code.time_code_samples = asio_samples_from_int64(<int64_t>3600 * 48000 + block.position)
        code.flags = ASIO_TC_VALID | ASIO_TC_RUNNING

    cdef asio_error_t control(self, asio_long_t selector, void *params) noexcept nogil:
        cdef asio_channel_controls_t *channel = <asio_channel_controls_t *>params
        if self.refuses:
            return ASIO_NOT_PRESENT
        if selector in (ASIO_FUTURE_CAN_INPUT_GAIN, ASIO_FUTURE_CAN_OUTPUT_GAIN, ASIO_FUTURE_CAN_INPUT_METER,
                        ASIO_FUTURE_CAN_OUTPUT_METER, ASIO_FUTURE_CAN_INPUT_MONITOR, ASIO_FUTURE_CAN_TRANSPORT):
            return ASIO_SUCCESS
        if selector == ASIO_FUTURE_SET_INPUT_GAIN or selector == ASIO_FUTURE_SET_OUTPUT_GAIN:
            if channel.gain < 0:
                return ASIO_INVALID_PARAMETER
            if selector == ASIO_FUTURE_SET_INPUT_GAIN:
                self.gain_in[channel.channel] = channel.gain
            else:
                self.gain_out[channel.channel] = channel.gain
            return ASIO_SUCCESS
        if selector == ASIO_FUTURE_GET_INPUT_METER:
            channel.meter = <asio_long_t>(self.peak_in[channel.channel] * 0x20000000)
            return ASIO_SUCCESS
        if selector == ASIO_FUTURE_GET_OUTPUT_METER:
            channel.meter = <asio_long_t>(self.peak_out[channel.channel] * 0x20000000)
            return ASIO_SUCCESS
        if selector == ASIO_FUTURE_SET_INPUT_MONITOR:
            self.monitor = (<asio_input_monitor_t *>params)[0]
            self.n_monitor += 1
            return ASIO_SUCCESS
        if selector == ASIO_FUTURE_TRANSPORT:
            self.transport = (<asio_transport_parameters_t *>params)[0]
            self.n_transport += 1
            return ASIO_SUCCESS
        return ASIO_NOT_PRESENT


cdef class EarlyDevice(Device):
    """Takes its output at the end of the buffer switch, so that outputReady pays. Output i returns at input i.

    n_after_stop: blocks that came when stop() had been called.
    """
    cdef dict __dict__
    cdef readonly int n_blocks
    cdef readonly int n_after_stop
    cdef bint is_running

    inputs = 2
    outputs = 2
    output_ready = True

    def start(self):
        self.is_running = True

    def stop(self):
        self.is_running = False

    cdef int process(self, block_t *block) noexcept nogil:
        cdef int i
        self.n_blocks += 1
        if not self.is_running:
            self.n_after_stop += 1
        for i in range(2):
            memcpy(block.to_host[i], block.from_host[i], <size_t>block.n_frames * block.sample_width)
        return 0

from asiokit.abi.asio cimport asio_buffer_info_t, asio_callbacks_t, asio_long_t
from asiokit.device.base cimport Device
from asiokit.engine.state cimport channel_t, engine_t
from asiokit.engine.stream cimport run_t, stream_t


cdef class Engine:
    cdef engine_t *state
    cdef Device device
    cdef stream_t *stream
    cdef run_t *run

    cdef void _set_channel(self, channel_t *channel, Device device, bint is_input, int index) except *
    cdef void _set_wires(self, Device device) except *
    cdef void _set_rates(self, config, Device device) except *
    cdef void _set_clock_sources(self, Device device) except *
    cdef void _set_latencies(self, Device device, int n_frames) except *
    cdef bint _is_direct(self, asio_long_t n_infos) except -1
    cdef bint _ask_host(self, const asio_callbacks_t *callbacks) noexcept nogil
    cdef void _prepare_device(self, int n_frames) except *
    cdef void _forget_stream(self) noexcept
    cdef void _let_go_of_run(self) noexcept
    cdef void _begin(self, bint from_start) except *
    cdef bint _pause(self, bint silences) except *
    cdef void _resume(self) except *
    cdef void _must_be_open(self) except *
    cdef void create_buffers(self, asio_buffer_info_t *infos, asio_long_t n_infos, asio_long_t n_frames,
                             const asio_callbacks_t *callbacks) except *

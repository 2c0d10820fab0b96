# device: a future() selector, answered by a device's Python methods.
from asiokit.abi.asio cimport asio_error_t, asio_long_t

cdef asio_error_t answer_selector(object device, asio_long_t selector, void *params) noexcept nogil

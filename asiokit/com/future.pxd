from asiokit.abi.asio cimport asio_error_t, asio_long_t
from asiokit.com.guard cimport driver_t

cdef asio_error_t answer_future(driver_t *d, asio_long_t selector, void *params) noexcept nogil
cdef asio_error_t set_instance_name(driver_t *d, void *params) noexcept nogil

from asiokit.abi.asio cimport asio_driver_t


cdef class NativeDriver:
    cdef asio_driver_t *driver
    cdef readonly object owner
    cdef asio_driver_t *alive(self) except NULL

"""drivers: silent: silence for the host, and nobody hears what it plays. What a device is at the least."""
from asiokit.device cimport Device

from asiokit.device.options import Option


cdef class Silent(Device):
    """Silent inputs, outputs that nobody hears: a driver for hosts that only need one to be there."""

    OPTIONS = (
        Option("inputs", int, 2, "channels that the host records from", minimum=0, maximum=512),
        Option("outputs", int, 2, "channels that the host plays to", minimum=0, maximum=512),
    )
    native = True  # silence is zero in every sample type
    cdef readonly int inputs
    cdef readonly int outputs

    def __init__(self, int inputs=2, int outputs=2):
        self.inputs = inputs
        self.outputs = outputs

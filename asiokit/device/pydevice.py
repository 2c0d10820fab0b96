"""device: the base class of devices in Python and numpy."""

import copy
from typing import Any

from asiokit.device.options import collect_options
from asiokit.device.python import Block, PythonDevice

__all__ = ["Block", "PyDevice"]


class PyDevice(PythonDevice):
    """Base class of devices in Python. A subclass has at least `process(self, block)`; see Block.

    Options are annotated class attributes, `speed_hz: float = option(5.0, "how fast", ...)`, and attributes of the
    object when it is made; an __init__ of the class's own gets them all by keyword.

    - ahead: 0 to 64, read at createBuffers. 0: process() runs in the cycle, on the stream thread; a Python thread that
      is busy can delay it by the interpreter's switch interval (5 ms). n: it runs on a thread of its own, n blocks
      before they are heard; latencies() tells so. A block that is late is silence, counted in `missed_blocks`, and
      reported as an overload.
    - non_finite: what becomes of NaN and infinity in to_host: "pass", "zero", or "raise" (the block counts as failed).
    - debug: True: look after each block whether process() has kept one of its arrays, and say so in the log; such an
      array shows another block later. It costs a little.

    What a host may ask beyond audio a device can if it has the method. [any thread, GIL] Gains, meters and pans are
    shares of ASIO's scale, 0.0 to 1.0; a gain of 1.0 is +12 dB, 0.0 is off.

    - `set_input_gain(channel, gain)`, `set_output_gain(channel, gain)`
    - `input_meter(channel) -> float`, `output_meter(channel) -> float`
    - `set_input_monitor(input, output, gain, is_on, pan)`, with input None for all of them
    - `transport(command, position, track, tracks)`: command is one of start, stop, locate, punch_in, punch_out, arm_on,
      arm_off, monitor_on, monitor_off, arm, monitor; position in frames; tracks: the numbers of those switched on

    NotImplementedError says that it is not there after all, ValueError that the host has asked for nonsense; another
    exception is logged and tells the host of a malfunction. Time code: has_time_code = True, block.set_time_code().

    An exception in process() is silence for that block; so is a result other than None. The first failure after
    createBuffers is logged with its place, and so is the first process() that took longer than its period; all of them
    are counted (`slow_blocks`; failures by the engine). After 100 failures in a row the host is asked for a reset.
    """

    ahead = 0
    non_finite = "pass"
    debug = False

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls.OPTIONS = collect_options(cls)

    def __init__(self, **options: object) -> None:
        name = type(self).__name__
        for option in self.OPTIONS:
            if option.name in options:
                setattr(self, option.name, option.checked(options.pop(option.name), name))
            else:
                setattr(self, option.name, copy.deepcopy(option.default))
        if options:
            raise TypeError(f"{name} has no option {', '.join(options)}")

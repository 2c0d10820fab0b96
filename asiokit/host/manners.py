"""host: how a host behaves towards its driver: what it answers, which callbacks it offers, what it does in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Message(IntEnum):
    """Selectors of asioMessage: what a driver may say to its host."""

    SELECTOR_SUPPORTED = 1
    ENGINE_VERSION = 2
    RESET_REQUEST = 3
    BUFFER_SIZE_CHANGE = 4
    RESYNC_REQUEST = 5
    LATENCIES_CHANGED = 6
    SUPPORTS_TIME_INFO = 7
    SUPPORTS_TIME_CODE = 8
    MMC_COMMAND = 9
    SUPPORTS_INPUT_MONITOR = 10
    SUPPORTS_INPUT_GAIN = 11
    SUPPORTS_INPUT_METER = 12
    SUPPORTS_OUTPUT_GAIN = 13
    SUPPORTS_OUTPUT_METER = 14
    OVERLOAD = 15


ANSWERS: Mapping[int, int] = {
    Message.ENGINE_VERSION: 2,
    Message.RESET_REQUEST: 1,
    Message.RESYNC_REQUEST: 1,
    Message.LATENCIES_CHANGED: 1,
    Message.SUPPORTS_TIME_INFO: 1,
    Message.OVERLOAD: 1,
}


@dataclass(frozen=True)
class Manners:
    """The defaults are a well-behaved host's; tests change them to be one of the others (docs/asio-semantics.md).

    answers: what asioMessage returns to each selector; what is not named gets 0.
    supported: what it returns to SelectorSupported(selector); None: 1 for each selector in `answers`.
    message, time_info, plain: whether the callbacks struct has asioMessage, bufferSwitchTimeInfo, bufferSwitch.
    rate_did_change: whether it has sampleRateDidChange.
    output_ready: calls outputReady at the end of every callback, whatever it was answered.
    ask_position: calls getSamplePosition in every callback that came without time info.
    outputs_first: order of the channels in createBuffers.
    drop_structs: overwrites the callbacks and the buffer infos as soon as createBuffers has returned.
    lock_callback: the callback takes a lock, which stop(under_lock=True) holds while it calls the driver.
    """

    answers: Mapping[int, int] = field(default_factory=lambda: dict(ANSWERS))
    supported: Mapping[int, int] | None = None
    message: bool = True
    time_info: bool = True
    plain: bool = True
    rate_did_change: bool = True
    output_ready: bool = False
    ask_position: bool = True
    outputs_first: bool = False
    drop_structs: bool = False
    lock_callback: bool = False

    def supports(self) -> Mapping[int, int]:
        if self.supported is not None:
            return self.supported
        return {Message.SELECTOR_SUPPORTED: 1} | {selector: 1 for selector in self.answers}

"""tests: a host whose callbacks are Python functions, for what asiokit.host.session does not do."""

import ctypes
import threading
from collections.abc import Callable
from typing import Any

from com.subjects import N_FRAMES, Ours

from asiokit.host.raw import (
    ASIO_MESSAGE,
    BUFFER_SWITCH_TIME_INFO,
    RATE_DID_CHANGE,
    BufferInfo,
    Callbacks,
    RawDriver,
)

HOOK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_long)


def in_cycle(session: Any, at: int, function: Callable[[], Any]) -> None:
    """Calls function() inside the switch number `at`."""
    hook = HOOK(lambda context, cycle, index: function())
    session.act("hook", at=at, hook=ctypes.cast(hook, ctypes.c_void_p).value, owner=hook)


class PlainHost:
    """createBuffers with one input and one output; counts switches, and those that overlap another one.

    on_switch(index), on_message(selector, value), on_rate(rate_hz): replaced by tests.
    """

    def __init__(self, driver: Ours | int) -> None:
        self.raw = RawDriver(driver if isinstance(driver, int) else driver.native.address)
        self.n_switches = self.n_overlaps = 0
        self.indices: list[int] = []
        self.messages: list[tuple[int, int]] = []  # (selector, thread)
        self.rates: list[float] = []
        self.switch_thread = 0
        self._busy = threading.Lock()
        self.on_switch: Callable[[int], None] = lambda index: None
        self.on_message: Callable[[int, int], int] = lambda selector, value: int(selector in (2, 7))
        self.table = Callbacks(
            buffer_switch_time_info=BUFFER_SWITCH_TIME_INFO(self._switch),
            message=ASIO_MESSAGE(self._message),
            rate_did_change=RATE_DID_CHANGE(self.rates.append),
        )
        self.infos = (BufferInfo * 2)(BufferInfo(is_input=1, channel=0), BufferInfo(is_input=0, channel=0))

    def create(self, n_frames: int = N_FRAMES) -> int:
        return int(self.raw.create_buffers(self.infos, 2, n_frames, ctypes.addressof(self.table)))

    def _switch(self, time: int, index: int, direct: int) -> int:
        if not self._busy.acquire(blocking=False):
            self.n_overlaps += 1
            return 0
        try:
            self.switch_thread = threading.get_native_id()
            self.indices.append(index)
            self.n_switches += 1
            self.on_switch(index)
        finally:
            self._busy.release()
        return 0

    def _message(self, selector: int, value: int, message: int, opt: int) -> int:
        self.messages.append((selector, threading.get_native_id()))
        return self.on_message(selector, value)

    def told(self, selector: int) -> int:
        return [said for said, _ in self.messages].count(selector)

"""tests: the reference driver's library, and its switchable faults."""

import ctypes
from pathlib import Path


class Reference:
    """The reference driver's library: where it is, and its switchable faults."""

    SAMPLE_TYPE, REPEAT_INDEX, SKIP_POSITION, CORRUPT, MESSAGE, STALL_MS, TIME_INFO = range(7)

    def __init__(self, path: Path) -> None:
        self.path = path
        self.library = ctypes.CDLL(str(path))

    def fail(self, slot: int, code: int) -> None:
        self.library.reference_fail(slot, code)

    def option(self, number: int, value: int) -> None:
        self.library.reference_option(number, value)

    def heal(self) -> None:
        for slot in range(24):
            self.fail(slot, 0)
        for number in range(1, 7):
            self.option(number, 0)
        self.option(self.SAMPLE_TYPE, 19)

    @property
    def n_alive(self) -> int:
        return int(self.library.reference_alive())

"""testing: what a check works with: a driver, opened for it alone, and what hosts do with one."""

import contextlib
import ctypes
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from asiokit.host.manners import Manners
from asiokit.host.native import NativeDriver, error_name
from asiokit.host.raw import ChannelInfo, RawDriver, Samples
from asiokit.host.samples import SampleType, encode
from asiokit.host.session import Session
from asiokit.testing.conformance.case import NothingToSeeError, NotMetError

STATES = ("loaded", "initialized", "prepared", "running")
SUCCESS = 0x3F4847A0
SHORT = {"ok": 0, "NP": -1000, "HW": -999, "IP": -998, "IM": -997, "SPNA": -996, "NC": -995, "NM": -994}
STALL_S = 2.0  # without a switch: the driver stands still


class Bench:
    """One check's. Whatever it has opened is let go at its end, in the order in which a host would."""

    def __init__(self, opener: Callable[[], NativeDriver], seed: str) -> None:
        """opener: a new driver object, not initialised."""
        self._opener = opener
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(random.Random(seed).getrandbits(64))
        self._drivers: list[NativeDriver] = []
        self._sessions: list[Session] = []

    def close(self) -> None:
        for session in reversed(self._sessions):
            with contextlib.suppress(Exception):
                session.close()
        for native in reversed(self._drivers):
            with contextlib.suppress(Exception):
                native.release()
        self._sessions, self._drivers = [], []

    # ---- a driver in a state ----

    def loaded(self) -> NativeDriver:
        native = self._opener()
        self._drivers.append(native)
        return native

    def initialized(self) -> NativeDriver:
        native = self.loaded()
        if not native.init():
            raise NotMetError(f"init failed: {native.error_message() or 'no reason given'}")
        return native

    def prepared(self, native: NativeDriver | None = None, **settings: Any) -> Session:
        """createBuffers with up to two channels each way (settings: inputs, outputs, n_frames, manners)."""
        native = native or self.initialized()
        n_in, n_out = native.get_channels()
        settings.setdefault("inputs", list(range(min(n_in, 2))))
        settings.setdefault("outputs", list(range(min(n_out, 2))))
        settings.setdefault("n_frames", native.get_buffer_size()[2])
        session = Session(native, **settings)
        self._sessions.append(session)
        return session

    @property
    def last(self) -> Session:
        """The session that was made last."""
        return self._sessions[-1]

    def running(self, n_switches: int = 0, **settings: Any) -> Session:
        """Started, and that many switches have come."""
        session = self.prepared(**settings)
        session.start()
        self.await_switches(session, n_switches)
        return session

    def in_state(self, state: str) -> tuple[NativeDriver, Session | None]:
        if state == "loaded":
            return self.loaded(), None
        if state == "initialized":
            return self.initialized(), None
        session = self.prepared()
        if state == "running":
            session.start()
        return session.driver, session

    def let_go(self, native: NativeDriver) -> None:
        """Releases it before the end."""
        for session in [s for s in self._sessions if s.driver is native]:
            self._sessions.remove(session)
            session.close(dispose=False)
        self._drivers.remove(native)
        native.release()

    @contextlib.contextmanager
    def released(self, session: Session) -> Iterator[None]:
        """Releases a driver under its session; its callbacks stay in place while the block looks whether they come."""
        self._drivers.remove(session.driver)
        self._sessions.remove(session)
        session.driver.release()
        try:
            yield
        finally:
            session.close(dispose=False)

    # ---- what a host can see ----

    def await_switches(self, session: Session, n_switches: int) -> None:
        period_s = session.n_frames / max(session.driver.get_sample_rate(), 1)
        if n_switches and not session.wait(n_switches, stall_s=STALL_S + 2 * period_s):
            raise NotMetError(f"bufferSwitch came {session.n_switches} times, then no more; {n_switches} were awaited")

    def pause(self, session: Session, n_periods: int, rate_hz: float = 0.0) -> None:
        """Long enough for switches that should not come. rate_hz: of a driver that can't be asked any more."""
        rate_hz = rate_hz or session.driver.get_sample_rate()
        time.sleep(n_periods * session.n_frames / max(rate_hz, 1) + 0.05)

    def state_of(self, native: NativeDriver) -> str:
        """As far as questions tell."""
        raw = RawDriver(native.address)
        a, b = ctypes.c_long(), ctypes.c_long()
        if raw.get_channels(ctypes.byref(a), ctypes.byref(b)) != 0:
            return "loaded"
        channels = [*((c, 1) for c in range(a.value)), *((c, 0) for c in range(b.value))]
        if not any(self.is_active(raw, c, is_input) for c, is_input in channels):
            return "initialized"
        is_running = raw.get_sample_position(ctypes.byref(Samples()), ctypes.byref(Samples())) == 0
        return "running" if is_running else "prepared"

    def is_active(self, raw: RawDriver, channel: int, is_input: int) -> bool:
        info = ChannelInfo(channel=channel, is_input=is_input)
        return raw.get_channel_info(ctypes.byref(info)) == 0 and bool(info.is_active)

    def legal_sizes(self, native: NativeDriver, at_most: int = 64) -> list[int]:
        """Buffer sizes that the driver offers, smallest first; a choice of them if there are more than at_most."""
        low, high, preferred, step = native.get_buffer_size()
        if step == -1:
            sizes = [1 << k for k in range(31) if low <= 1 << k <= high]
        elif step > 0:
            sizes = list(range(low, high + 1, step))
        else:
            sizes = [preferred]
        if len(sizes) > at_most:
            sizes = sorted({sizes[0], sizes[-1], preferred, *self.random.sample(sizes, at_most - 3)})
        return sizes

    def a_rate_that_is(self, native: NativeDriver, possible: bool, other_than: float = 0.0) -> float:
        rates = (44100.0, 48000.0, 88200.0, 96000.0, 32000.0, 192000.0, 22050.0, 16000.0, 8000.0, 12345.0)
        for rate_hz in rates:
            if rate_hz != other_than and native.can_sample_rate(rate_hz) == possible:
                return rate_hz
        raise NothingToSeeError(f"no {'other ' if other_than else ''}{'possible' if possible else 'impossible'} rate")

    @contextlib.contextmanager
    def loop(self, n_blocks: int = 64, **settings: Any) -> Iterator[tuple[Session, Any]]:
        """Plays noise and records what comes back: (session, what was played, uint8 planes)."""
        native = self.initialized()
        n_in, n_out = native.get_channels()
        n = min(n_in, n_out, 2)
        if not n:
            raise NothingToSeeError("the driver has not both inputs and outputs")
        channels = {"inputs": list(range(n)), "outputs": list(range(n))}
        session = self.prepared(native, **{**channels, **settings})
        assert session.out_type is not None
        played = self.noise(n, n_blocks * session.n_frames, session.out_type)
        session.load(played, record_frames=(n_blocks + 16) * session.n_frames, log=n_blocks + 64)
        session.start()
        self.await_switches(session, n_blocks + 16)
        session.stop()
        yield session, played

    def noise(self, n_channels: int, n_frames: int, kind: SampleType) -> Any:
        """Random samples at half level, as planes of bytes."""
        return encode(self.numbers.uniform(-0.5, 0.5, (n_frames, n_channels)), kind)


def code_name(code: int) -> str:
    """IM, ok, ... or the number."""
    return next((short for short, value in SHORT.items() if value == code), None) or (
        "SUCCESS" if code == SUCCESS else error_name(code)
    )


def wait_until(condition: Callable[[], object], timeout_s: float) -> bool:
    end_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.0005)
    return True


def manners(**changes: Any) -> dict[str, Any]:
    """For bench.prepared(**manners(time_info=False))."""
    return {"manners": Manners(**changes)}

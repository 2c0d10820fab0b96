"""hosts: what the scripts of this folder are written with. No test tool, no part of a driver: only asiokit.host.

A script is a function of one Stage. It calls a driver in the order, on the threads and with the arguments of one host,
and expects what that host expects; a Disappointed tells what the host would have made of the driver.
"""

import ctypes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from asiokit.errors import DriverError
from asiokit.host.manners import Manners, Message
from asiokit.host.native import NativeDriver, error_name
from asiokit.host.raw import RawDriver
from asiokit.host.session import Session

T = TypeVar("T")
OK, SUCCESS = 0, 0x3F4847A0
NOT_PRESENT, INVALID_PARAMETER, INVALID_MODE, SP_NOT_ADVANCING, NO_CLOCK = -1000, -998, -997, -996, -995
STOP_BOUND_S = 1.5  # a stop that takes longer is a frozen window
HOOK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_long)


class Disappointed(AssertionError):
    """The driver did not do what the host relies on."""


@dataclass(frozen=True)
class Host:
    """A script and where its facts come from (numbers of docs/asio-semantics.md)."""

    name: str
    semantics: str
    play: Callable[["Stage"], None]


HOSTS: list[Host] = []


def host(name: str, semantics: str) -> Callable[[Callable[["Stage"], None]], Callable[["Stage"], None]]:
    def enter(play: Callable[["Stage"], None]) -> Callable[["Stage"], None]:
        HOSTS.append(Host(name, semantics, play))
        return play

    return enter


def manners(
    *,
    wants_time_info: int = 0,
    engine: int = 2,
    supports: tuple[int, ...] = (),
    says: dict[int, int] | None = None,
    **more: Any,
) -> Manners:
    """wants_time_info: the answer to kAsioSupportsTimeInfo; supports: selectors that SelectorSupported says 1 to; says:
    other answers; more: fields of Manners."""
    answers = {Message.ENGINE_VERSION: engine, Message.SUPPORTS_TIME_INFO: wants_time_info, Message.RESET_REQUEST: 1}
    return Manners(answers={**answers, **(says or {})}, supported=dict.fromkeys(supports, 1), **more)


class Stage:
    """One host's process: its driver objects and its sessions."""

    def __init__(self, create: Callable[[], NativeDriver]) -> None:
        """create: CoCreateInstance, or what stands for it: a new driver object with one reference, not initialised."""
        self._create = create
        self.drivers: list[NativeDriver] = []
        self.sessions: list[Session] = []
        self.steps: list[str] = []

    # ---- expectations ----

    def step(self, text: str) -> None:
        """What the host is about to do; shown when it is disappointed."""
        self.steps.append(text)

    def expect(self, condition: Any, text: str) -> None:
        if not condition:
            raise Disappointed(f"{text} (after: {'; '.join(self.steps[-4:])})")

    def equal(self, value: Any, wanted: Any, text: str) -> None:
        self.expect(value == wanted, f"{text}: {value!r} instead of {wanted!r}")

    def code(self, code: int, allowed: tuple[int, ...], text: str) -> int:
        names = " or ".join(error_name(c) for c in allowed)
        self.expect(code in allowed, f"{text} was answered with {error_name(code)} instead of {names}")
        return code

    # ---- objects ----

    def create(self, init: bool = True, handle: int = 0) -> NativeDriver:
        self.step("create")
        driver = self._create()
        self.drivers.append(driver)
        if init:
            self.step(f"init({handle:#x})")
            self.equal(RawDriver(driver.address).init(handle), 1, "init")
        return driver

    def raw(self, driver: NativeDriver) -> RawDriver:
        return RawDriver(driver.address)

    def buffers(self, driver: NativeDriver, inputs: Any, outputs: Any, n_frames: int, manners: Manners) -> Session:
        self.step(f"createBuffers({len(tuple(inputs))} in, {len(tuple(outputs))} out, {n_frames} frames)")
        session = Session(driver, inputs=inputs, outputs=outputs, n_frames=n_frames, manners=manners)
        session.load(log=4096)
        self.sessions.append(session)
        return session

    def refused(self, call: Callable[[], object]) -> int:
        """The code with which a call that must fail has failed."""
        try:
            call()
        except DriverError as error:
            return error.code
        raise Disappointed(f"a call that must fail has not (after: {'; '.join(self.steps[-4:])})")

    def release(self, driver: NativeDriver) -> None:
        """The session's slots are given back without another word to the driver."""
        self.step("Release")
        self.equal(driver.release(), 0, "references that are left after the last Release")
        for session in [s for s in self.sessions if s.driver is driver]:
            session.close(dispose=False)
            self.sessions.remove(session)

    def close(self) -> None:
        for driver in self.drivers:
            driver.release()
        for session in self.sessions:
            session.close(dispose=False)

    # ---- motion ----

    def wait(self, session: Session, n_switches: int) -> None:
        self.step(f"wait for {n_switches} switches")
        self.expect(session.wait(n_switches, stall_s=3.0), f"the switches ended after {session.n_switches}")

    def quick(self, call: Callable[[], T], text: str, bound_s: float = STOP_BOUND_S) -> T:
        begin = time.monotonic()
        result = call()
        seconds = time.monotonic() - begin
        self.expect(seconds < bound_s, f"{text} took {seconds:.2f} s")
        return result

    def elsewhere(self, call: Callable[[], T]) -> T:
        """On a thread of its own, waited for."""
        result: list[T] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                result.append(call())
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join(10)
        self.expect(not thread.is_alive(), "a call does not come back")
        if errors:
            raise errors[0]
        return result[0]

    def in_switch(self, session: Session, function: Callable[[], object], *, at: int = -1, every: int = 0) -> None:
        """Calls function() inside the host's callback; before start."""
        hook = HOOK(lambda context, cycle, index: function())
        session.act("hook", at=at, every=every, hook=ctypes.cast(hook, ctypes.c_void_p).value or 0, owner=hook)

    def sound(self, session: Session) -> None:
        """What every host takes for granted once its callbacks have run."""
        rows = session.callbacks
        self.expect(len(rows), "no callback has come")
        self.equal(session.n_index_faults, 0, "callbacks with the wrong index")
        self.equal(session.n_overlaps, 0, "callbacks on top of another one")
        self.equal(session.n_after_stop, 0, "callbacks after stop had returned")
        known = rows[rows["position"] >= 0]
        if len(known):
            positions = [int(p) for p in known["position"]]
            self.equal(positions[0], 0, "first position")
            n = session.n_frames
            self.equal(positions, [k * n for k in range(len(positions))], "positions")
            behind = [int(d) for d in known["host_ns"] - known["system_ns"]]
            self.expect(
                all(-2_000_000 < d < 2_000_000_000 for d in behind), f"systemTime is another clock: {behind[:3]}"
            )
            self.expect(
                all(b > a for a, b in zip(known["system_ns"], known["system_ns"][1:], strict=False)),
                "systemTime steps back",
            )

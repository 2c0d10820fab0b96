"""tests: the drivers that the conformance tests run against: ours, and the reference in plain C."""

import ctypes
import time
from collections.abc import Callable, Mapping
from typing import Any

from asiokit import entry
from asiokit.config import BufferSizes, EntryConfig
from asiokit.host.manners import Manners
from asiokit.host.native import NativeDriver
from asiokit.host.raw import ChannelInfo, RawDriver, Samples
from asiokit.host.session import Session

STATES = ("loaded", "initialized", "prepared", "running")
CODES = {
    "ok": 0,
    "SUCCESS": 0x3F4847A0,
    "NP": -1000,
    "HW": -999,
    "IP": -998,
    "IM": -997,
    "SPNA": -996,
    "NC": -995,
    "NM": -994,
}
NAMES = {code: name for name, code in CODES.items()}
N_FRAMES = 64
N_CHANNELS = 4  # each way, of both subjects


def config_of(name: str, device: str, **settings: Any) -> EntryConfig:
    """Manual clock, unless told otherwise; buffer_frames may be (smallest, largest)."""
    if isinstance(settings.get("buffer_frames"), tuple):
        settings["buffer_frames"] = BufferSizes(*settings["buffer_frames"])
    return EntryConfig(name, device, **{"clock": "manual", **settings})


class DeviceSource:
    """What a driver object is made from when a test brings its own device: as asiokit.entry.EntrySource, smaller.

    device: an object, or a function that makes one (called by init, may raise).
    """

    def __init__(self, device: Any, name: str = "vtable test", **settings: Any) -> None:
        self.name = self.wanted = name
        self.device = device
        self.config = config_of(name, "made by a test", **settings)

    def choose(self, name: str) -> bool:
        return name == self.name

    def load(self) -> tuple[EntryConfig, Any]:
        return self.config, self.device() if callable(self.device) else self.device


class Subject:
    """One driver object with one reference, and how to bring it into a state."""

    kind = "reference"
    is_strict = False  # only its codes are compared, not its texts

    def __init__(self, native: NativeDriver) -> None:
        self.native = native
        self.raw = RawDriver(native.address)
        self.session: Session | None = None

    def release(self) -> int:
        """The last reference; the session's slot is given back without another word to the driver."""
        left = self.native.release()
        if self.session is not None:
            self.session.close(dispose=False)
            self.session = None
        return left

    def prepare(self, n_frames: int = N_FRAMES, **manners: Any) -> Session:
        """createBuffers with inputs 0 and 1 and outputs 0 and 1."""
        if self.session is not None:
            self.session.close()
        self.session = Session(
            self.native, inputs=[0, 1], outputs=[0, 1], n_frames=n_frames, manners=Manners(**manners)
        )
        return self.session

    def to(self, state: str) -> None:
        """From loaded to the given state."""
        rank = STATES.index(state)
        if rank >= 1:
            assert self.native.init(), self.native.error_message()
        if rank >= 2:
            self.prepare()
        if rank >= 3:
            assert self.session is not None
            self.session.start()

    def state(self) -> str:
        """As far as a host can tell, by questions only."""
        a, b = ctypes.c_long(), ctypes.c_long()
        if self.raw.get_channels(ctypes.byref(a), ctypes.byref(b)) != 0:
            return "loaded"
        channels = [*((c, 1) for c in range(a.value)), *((c, 0) for c in range(b.value))]
        if not any(self.is_active(c, is_input) for c, is_input in channels):
            return "initialized"
        running = self.raw.get_sample_position(ctypes.byref(Samples()), ctypes.byref(Samples())) == 0
        return "running" if running else "prepared"

    def is_active(self, channel: int, is_input: int) -> bool:
        info = ChannelInfo(channel=channel, is_input=is_input)
        assert self.raw.get_channel_info(ctypes.byref(info)) == 0
        return info.is_active == 1

    def rate_hz(self) -> float:
        return self.native.get_sample_rate()


class Ours(Subject):
    kind = "ours"
    is_strict = True

    def __init__(self, source: Any) -> None:
        address = entry.create_driver(source)
        super().__init__(NativeDriver.from_address(address))
        self.source = source
        self.face = entry.drivers()[-1]
        assert self.face.address == address

    @property
    def engine(self) -> Any:
        return self.face.engine

    def step(self, n: int = 1) -> None:
        """n edges of a manual clock, and their buffer switches."""
        assert self.engine.step(n), f"{n} cycles did not come to an end"


def loopback_source(options: Mapping[str, object] | None = None, **settings: Any) -> entry.EntrySource:
    if options is None:
        options = {"inputs": N_CHANNELS, "outputs": N_CHANNELS}
    return entry.EntrySource(config=config_of("vtable test", "loopback", options=options, **settings))


def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> bool:
    """Waits for what another thread will do; False when it has not done so in time."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.0005)
    return True

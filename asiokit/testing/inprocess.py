"""testing: a driver around a device, opened in this process as any host would open it, for tests of the device.

Whole and real: the vtable, the engine, the device; only the lookup by name is left out. With the manual clock nothing
depends on time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from asiokit import entry
from asiokit.config import BufferSizes, EntryConfig
from asiokit.errors import DeviceError
from asiokit.host.native import NativeDriver
from asiokit.host.session import Session

__all__ = ["ANY_SIZE", "DeviceSource", "OpenDriver", "opened", "play_through"]

ANY_SIZE = BufferSizes(min=16, max=8192, preferred=256, granularity=1)


class DeviceSource:
    """What asiokit.entry.create_driver asks for, without a lookup by name: the device is here already."""

    wanted = None
    path = None

    def __init__(self, device: Any, config: EntryConfig) -> None:
        self.device, self.config, self.name = device, config, config.name

    def choose(self, name: str) -> bool:
        """There is no other entry."""
        return False

    def load(self) -> tuple[EntryConfig, Any]:
        return self.config, self.device


class OpenDriver:
    """An open driver: `native` as its host sees it, `engine` from behind, `device` as given (None for a class name)."""

    def __init__(self, source: Any, initialize: bool = True) -> None:
        """source: a DeviceSource, or an asiokit.entry.EntrySource. DeviceError with the driver's text if init fails."""
        address = entry.create_driver(source)
        self.native = NativeDriver.from_address(address)
        self.engine = next(driver.engine for driver in entry.drivers() if driver.address == address)
        self.device = getattr(source, "device", None)
        if initialize and not self.native.init():
            text = self.native.error_message()
            self.native.release()
            raise DeviceError(f"init failed: {text}")

    @property
    def statistics(self) -> dict[str, Any]:
        """The engine's counters, and under "device" the device's own."""
        return dict(self.engine.statistics)

    def step(self, n_cycles: int = 1, timeout_s: float = 10.0) -> None:
        """Manual clock: lets so many cycles pass, and waits for them."""
        if not self.engine.step(n_cycles, timeout_s):
            raise TimeoutError(f"the stream did not take {n_cycles} steps in {timeout_s} s: does process() hang?")


@contextmanager
def opened(device: Any, **stream: Any) -> Iterator[OpenDriver]:
    """An initialised driver. device: a device object, or the name of an installed device class (its options in
    `options`). stream: the fields of EntryConfig, such as clock="manual", sample_type="int32". DeviceError."""
    if isinstance(device, str):
        source: Any = entry.EntrySource(config=EntryConfig(name="Test", device=device, **stream))
    else:
        source = DeviceSource(device, EntryConfig(name="Test", device=type(device).__name__, **stream))
    driver = OpenDriver(source)
    try:
        yield driver
    finally:
        driver.native.release()


def play_through(
    device: Any, played: npt.ArrayLike | None = None, *, n_blocks: int = 10, n_frames: int = 64, **stream: Any
) -> npt.NDArray[np.float32]:
    """What a host hears of a device: float32 (inputs, frames), from the device's first block on.

    played: float32 (outputs, frames): what the host plays; None: silence. The device gets its first block in the second
    cycle, as from every ASIO host. n_blocks: how many cycles there are, of n_frames each. The host's samples are
    float32 and the clock is manual, so that every run is the same. stream: as for opened(). DeviceError if the driver
    does not open, RuntimeError if process() has failed.
    """
    settings = {"clock": "manual", "buffer_frames": ANY_SIZE, **stream}
    with opened(device, **settings) as driver:
        n_in, n_out = driver.native.get_channels()
        given: npt.NDArray[np.uint8] | None = None
        if played is not None and n_out:
            samples = np.zeros((n_out, n_blocks * n_frames), np.float32)
            sent = np.asarray(played, np.float32)[:, : samples.shape[1]]
            samples[:, : sent.shape[1]] = sent
            given = samples.view(np.uint8)
        inputs, outputs = list(range(n_in)), list(range(n_out))
        with Session(driver.native, inputs=inputs, outputs=outputs, n_frames=n_frames) as session:
            session.load(play=given, record_frames=n_blocks * n_frames)
            session.start()
            driver.step(n_blocks)
            session.stop()
            n_failed = driver.statistics["device_failures"]
            if n_failed:
                raise RuntimeError(f"process() has failed in {n_failed} of {n_blocks} blocks; the log says why")
            heard: npt.NDArray[np.float32] = session.recorded.view(np.float32).copy()
            return heard

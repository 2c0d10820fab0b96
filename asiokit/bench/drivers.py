"""bench: drivers of our own, opened in this process through the vtable, as any host sees them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asiokit import discovery, entry
from asiokit.config import BufferSizes, EntryConfig
from asiokit.host.native import NativeDriver

SIZES = BufferSizes(min=16, max=8192)


class _Source:
    """What entry.create_driver asks for: an entry made in memory, a device made here."""

    wanted = path = None

    def __init__(self, config: EntryConfig, device: Any) -> None:
        self.name, self.config, self.device = config.name, config, device

    def choose(self, name: str) -> bool:
        return False

    def load(self) -> tuple[EntryConfig, Any]:
        return self.config, self.device


@contextmanager
def opened(device: Any, **stream: Any) -> Iterator[NativeDriver]:
    """device: a device object, or the name of a device class (its options in `options`). stream: as EntryConfig."""
    name = device if isinstance(device, str) else "bench"
    config = EntryConfig(name="asiokit bench", device=name, buffer_frames=SIZES, **stream)
    if isinstance(device, str):
        device_class, options = discovery.device_of(config)
        device = device_class(**options)
    driver = NativeDriver.from_address(entry.create_driver(_Source(config, device)))
    try:
        if not driver.init():
            raise RuntimeError(f"init failed: {driver.error_message()}")
        yield driver
    finally:
        driver.release()


def loopback(n_channels: int, **stream: Any) -> Any:
    """A loopback driver; share=False copies."""
    options = {"inputs": n_channels, "outputs": n_channels, "share": stream.pop("share", True)}
    return opened("loopback", options=options, **stream)

"""bench: drivers of our own, opened in this process through the vtable, as any host sees them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asiokit import testing
from asiokit.config import BufferSizes
from asiokit.host.native import NativeDriver

SIZES = BufferSizes(min=16, max=8192)


@contextmanager
def opened(device: Any, **stream: Any) -> Iterator[NativeDriver]:
    """device: a device object, or the name of a device class (its options in `options`). stream: as EntryConfig."""
    with testing.opened(device, buffer_frames=SIZES, **stream) as driver:
        yield driver.native


def loopback(n_channels: int, **stream: Any) -> Any:
    """A loopback driver; share=False copies."""
    options = {"inputs": n_channels, "outputs": n_channels, "share": stream.pop("share", True)}
    return opened("loopback", options=options, **stream)

"""device: what a numba function needs to be a device's process function. Imports numba, which asiokit does not need.

@numba.cfunc(process_signature)
def process(state, address):
    block = block_at(address)
    for i in range(block.n_to_host):
        to_host(block, i)[:] = 0.5 * from_host(block, i)
    return 0

device = CDevice(process.address, inputs=2, outputs=2, keepalive=process)
"""
# mypy: ignore-errors
# numba's decorators make something else of each function than what mypy sees

from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic

__all__ = ["block_at", "block_type", "from_host", "pointer_to", "process_signature", "to_host"]

# asiokit_block_t of asiokit_device.h, field by field
block_type = types.Record.make_c_struct(
    [
        ("size", types.uint32),
        ("flags", types.uint32),
        ("n_frames", types.int32),
        ("sample_type", types.int32),
        ("sample_width", types.int32),
        ("n_to_host", types.int32),
        ("n_from_host", types.int32),
        ("reserved", types.int32),
        ("to_host", types.uintp),
        ("from_host", types.uintp),
        ("position", types.int64),
        ("t_ns", types.int64),
        ("rate_hz", types.float64),
    ]
)

# int process(void *state, asiokit_block_t *block)
process_signature = types.int32(types.voidptr, types.CPointer(block_type))


@intrinsic
def pointer_to(typing_context: Any, address: Any) -> Any:
    """void * of a number, for numba.carray."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(types.uintp), generate


@numba.njit
def block_at(address: Any) -> Any:
    """The block, with the fields of asiokit_block_t."""
    return numba.carray(address, 1)[0]


@numba.njit
def to_host(block: Any, channel: Any) -> Any:
    """float32 (frames): to be filled. The channel exists."""
    channels = numba.carray(pointer_to(block.to_host), block.n_to_host, np.uintp)
    return numba.carray(pointer_to(channels[channel]), block.n_frames, np.float32)


@numba.njit
def from_host(block: Any, channel: Any) -> Any:
    """float32 (frames): what the host plays; not to be written to. The channel exists."""
    channels = numba.carray(pointer_to(block.from_host), block.n_from_host, np.uintp)
    return numba.carray(pointer_to(channels[channel]), block.n_frames, np.float32)

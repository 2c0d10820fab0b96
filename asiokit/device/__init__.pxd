from asiokit.abi.block cimport block_t, process_fn
from asiokit.device.base cimport Device, StreamInfo

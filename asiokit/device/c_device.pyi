import os

from asiokit.device.base import Device

class CDevice(Device):
    def __init__(
        self,
        address: int,
        state: int = 0,
        inputs: int = 2,
        outputs: int = 2,
        *,
        native: bool = False,
        keepalive: object = None,
    ) -> None: ...
    @classmethod
    def from_library(cls, path: str | os.PathLike[str]) -> CDevice: ...
    @property
    def keepalive(self) -> object: ...

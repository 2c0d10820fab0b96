from asiokit.device import CDevice as CDevice
from asiokit.device import Device as Device
from asiokit.device import PyDevice as PyDevice
from asiokit.device import option as option

__version__: str

def get_include() -> str: ...
def get_pxd_path() -> str: ...

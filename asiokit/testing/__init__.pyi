from asiokit.testing.inprocess import ANY_SIZE as ANY_SIZE
from asiokit.testing.inprocess import DeviceSource as DeviceSource
from asiokit.testing.inprocess import OpenDriver as OpenDriver
from asiokit.testing.inprocess import opened as opened
from asiokit.testing.inprocess import play_through as play_through

"""cli: opens the driver that a command line names; the one place where host and driver side meet in one process."""

import argparse
import re
from collections.abc import Callable
from typing import Any, TypeVar

import asiokit.host.open as host_open
from asiokit.errors import AsiokitError, ConfigError
from asiokit.host.registry import find_driver
from asiokit.host.stream import Driver

Result = TypeVar("Result")

DRIVER_HELP = "a registered name, the path of a driver library, or device:CLASS[,key=value ...]"


def open_named(spec: str) -> Driver:
    """An initialised driver. AsiokitError with the reason when there is none."""
    host_open.in_process_opener = open_device
    return Driver(spec)


def library_of(spec: str) -> str:
    """The file name of the library behind what open_named() was given; "" for a device in this process."""
    if spec.startswith(host_open.DEVICE_PREFIX):
        return ""
    path = spec.partition(",")[0] if host_open.is_library(spec) else find_driver(spec).path
    return path.replace("\\", "/").rpartition("/")[2]


def open_device(spec: str) -> int:
    """device:CLASS[,key=value ...] -> address of a driver object of the asiokit in this very process, no library asked.

    Keys are the device's options, and of an entry's stream settings those in SETTINGS.
    """
    # the driver side: only when a device is asked for, so that all other commands can be sure they never share a line
    from asiokit.config import EntryConfig  # noqa: PLC0415
    from asiokit.device.options import find_option  # noqa: PLC0415
    from asiokit.discovery import load_device_class  # noqa: PLC0415
    from asiokit.entry import EntrySource, create_driver  # type: ignore[import-not-found]  # noqa: PLC0415

    device, *pairs = re.split(r",(?=\w*=)", spec.removeprefix(host_open.DEVICE_PREFIX))  # lists have commas inside
    known = getattr(load_device_class(device), "OPTIONS", ())
    options: dict[str, object] = {}
    settings: dict[str, Any] = {}
    for pair in pairs:
        key, _, text = pair.partition("=")
        if key in SETTINGS:
            try:
                settings[key] = SETTINGS[key](text)
            except ValueError:
                raise ConfigError(f"{spec}: {key} is {text!r}, which is no number") from None
        else:
            options[key] = find_option(known, key, device).from_text(text, device)
    config = EntryConfig(name=f"asiokit {device}"[:31], device=device, options=options, **settings)
    return int(create_driver(EntrySource(config=config)))


SETTINGS: dict[str, Callable[[str], object]] = {"rate_hz": float, "sample_type": str, "clock": str, "spin_us": int}


def channels(text: str) -> list[int]:
    """argparse type: "1,3-4" -> [0, 2, 3]. People count channels from 1."""
    numbers: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        try:
            low, high = int(first), int(last) if dash else int(first)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{part!r} is no channel number; channels look like 1,2 or 1-8") from None
        if not 1 <= low <= high:
            raise argparse.ArgumentTypeError(f"{part!r}: channels are counted from 1, upwards")
        numbers += range(low - 1, high)
    return numbers


def positive(text: str) -> float:
    """argparse type."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def positive_int(text: str) -> int:
    """argparse type."""
    value = positive(text)
    if value != int(value):
        raise argparse.ArgumentTypeError(f"{text} is no whole number")
    return int(value)


def told(call: Callable[[], Result]) -> Result:
    """The host raises ValueError for what does not fit a driver; on the command line the user can put it right."""
    try:
        return call()
    except ValueError as error:
        raise AsiokitError(str(error)) from error

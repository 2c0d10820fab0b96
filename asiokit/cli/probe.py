"""cli: tells everything a host can read of a driver, without starting it.

Asks only; changes no setting and makes no buffers. A question that the
driver does not answer is shown with its code. Exit code 1 if the driver
refuses what every host asks (channels, buffer sizes, rate, channel info).
"""

import argparse
import ctypes
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from asiokit.cli import FOUND_WRONG, OK
from asiokit.cli.drivers import DRIVER_HELP, library_of, open_named
from asiokit.cli.table import print_json, print_rows
from asiokit.errors import DriverError
from asiokit.host.native import NativeDriver
from asiokit.host.raw import InternalBufferInfo, IoFormat
from asiokit.host.samples import type_name

EXAMPLE = """
asiokit probe "asiokit Loopback"
asiokit probe device:loopback,inputs=8 --json
"""

RATES_HZ = (
    *(8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000),
    *(88200, 96000, 128000, 176400, 192000, 352800, 384000, 705600, 768000),
)

QUESTIONS = {  # what future() can be asked without changing anything
    "input monitor": 9,
    "time info": 10,
    "time code": 11,
    "transport": 12,
    "input gain": 13,
    "input meter": 14,
    "output gain": 15,
    "output meter": 16,
    "overload reports": 0x24042012,
}
GET_INTERNAL_BUFFER_SAMPLES, CAN_DO_IO_FORMAT = 0x25042012, 0x23112004
SUCCESS = 0x3F4847A0
MUST_ANSWER = ("channels", "buffer_frames", "rate_hz", "inputs", "outputs")
SHOWN = 12  # channels of each direction, unless --all


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("driver", metavar="DRIVER", help=DRIVER_HELP)
    parser.add_argument("--all", action="store_true", help=f"list all channels, not the first {SHOWN} each way")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    before = time.perf_counter()
    with open_named(arguments.driver) as driver:
        facts = read(driver.native, library_of(arguments.driver))
        facts["open_ms"] = round((time.perf_counter() - before) * 1000, 1)
    if arguments.json:
        print_json(facts)
    else:
        show(facts, None if arguments.all else SHOWN)
    return FOUND_WRONG if any(key in facts["refused"] for key in MUST_ANSWER) else OK


def read(native: NativeDriver, library: str) -> dict[str, Any]:
    """The answers by name; a question that was refused is None, and its error stands in "refused"."""
    refused: dict[str, str] = {}

    def ask(name: str, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except DriverError as error:
            refused[name] = str(error)
            return None

    n_in, n_out = ask("channels", native.get_channels) or (0, 0)
    sizes = ask("buffer_frames", native.get_buffer_size)
    latencies = ask("latencies", native.get_latencies)
    sources = ask("clock_sources", native.get_clock_sources)
    return {
        "driver": native.name(),
        "version": native.version(),
        "library": library,
        "channels": {"inputs": n_in, "outputs": n_out},
        "rate_hz": ask("rate_hz", native.get_sample_rate),
        "rates_hz": [rate for rate in RATES_HZ if ask(f"rate {rate}", partial(native.can_sample_rate, rate))],
        "buffer_frames": sizes and dict(zip(("min", "max", "preferred", "granularity"), sizes, strict=True)),
        "latency_frames": latencies and {"input": latencies[0], "output": latencies[1]},
        "clock_sources": [{"index": i, "name": name, "current": on} for i, _, _, on, name in sources or []],
        "inputs": ask("inputs", lambda: [_channel(native, index, True) for index in range(n_in)]),
        "outputs": ask("outputs", lambda: [_channel(native, index, False) for index in range(n_out)]),
        "output_ready": ask("output_ready", native.output_ready),
        "future": {name: native.future(selector) == SUCCESS for name, selector in QUESTIONS.items()},
        "io_formats": [name for name, number in (("PCM", 0), ("DSD", 1)) if _can_format(native, number)],
        "internal_frames": _internal(native),
        "refused": refused,
    }


def _channel(native: NativeDriver, index: int, is_input: bool) -> dict[str, Any]:
    _, group, kind, name = native.get_channel_info(index, is_input)
    return {"index": index, "name": name, "sample_type": type_name(kind), "group": group}


def _can_format(native: NativeDriver, number: int) -> bool:
    wanted = IoFormat(format_type=number)
    return native.future(CAN_DO_IO_FORMAT, ctypes.addressof(wanted)) == SUCCESS


def _internal(native: NativeDriver) -> dict[str, int] | None:
    info = InternalBufferInfo()
    if native.future(GET_INTERNAL_BUFFER_SAMPLES, ctypes.addressof(info)) != SUCCESS:
        return None
    return {"input": info.input_samples, "output": info.output_samples}


def show(facts: dict[str, Any], limit: int | None) -> None:
    rows = [["driver", f"{facts['driver']}, version {facts['version']}"]]
    rows.append(
        ["opened in", f"{facts['open_ms']:.0f} ms" + (f", from {facts['library']}" if facts["library"] else "")]
    )
    rows.append(["channels", f"{facts['channels']['inputs']} in, {facts['channels']['outputs']} out"])
    rows += [["rate", "-" if facts["rate_hz"] is None else f"{facts['rate_hz']:g} Hz"], *_rate_rows(facts["rates_hz"])]
    rows.append(["buffer", _sizes(facts["buffer_frames"])])
    latency = facts["latency_frames"]
    if latency:
        total = latency["input"] + latency["output"]
        rows.append(["latency", f"{latency['input']} in + {latency['output']} out = {total} frames"])
    clocks = [source["name"] + (" (current)" if source["current"] else "") for source in facts["clock_sources"]]
    rows.append(["clock", ", ".join(clocks) or "-"])
    rows.append(["formats", ", ".join(facts["io_formats"]) or "PCM (it knows no IO formats)"])
    rows.append(["outputReady", {True: "used", False: "not used", None: "refused"}[facts["output_ready"]]])
    rows.append(["can", ", ".join(name for name, yes in facts["future"].items() if yes) or "nothing optional"])
    internal = facts["internal_frames"]
    if internal:
        rows.append(["internal", f"{internal['input']} in, {internal['output']} out frames"])
    print_rows(rows)
    for direction in ("inputs", "outputs"):
        channels = facts[direction] or []
        if channels:
            print()
            print_rows([["#", direction.upper(), "TYPE", "GROUP"], *(_row(channel) for channel in channels[:limit])])
        if limit is not None and len(channels) > limit:
            print(f"    and {len(channels) - limit} more (--all lists them)")
    if facts["refused"]:
        print("\nrefused:")
        for text in facts["refused"].values():
            print(f"  {text}")


def _rate_rows(rates_hz: list[int]) -> list[list[str]]:
    """Ten to a line, which fits 80 columns."""
    words = [f"{rate / 1000:g}" for rate in rates_hz]
    lines = [", ".join(words[i : i + 10]) for i in range(0, len(words), 10)]
    return [
        ["can be" if i == 0 else "", line + (" kHz" if i == len(lines) - 1 else ",")] for i, line in enumerate(lines)
    ]


def _sizes(sizes: dict[str, int] | None) -> str:
    if sizes is None:
        return "-"
    step = {-1: "powers of two", 0: "one size"}.get(sizes["granularity"], f"steps of {sizes['granularity']}")
    return f"{sizes['min']} to {sizes['max']} frames, {step}; prefers {sizes['preferred']}"


def _row(channel: dict[str, Any]) -> list[str]:
    return [str(channel["index"] + 1), channel["name"], channel["sample_type"], str(channel["group"])]

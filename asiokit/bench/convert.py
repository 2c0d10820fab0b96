"""bench, group convert: float32 to and from integers, 144 configurations, against memcpy of the same traffic."""

from collections.abc import Iterator

import numpy as np

from asiokit.bench import peers
from asiokit.bench.loops import Conversion, Copy
from asiokit.bench.measure import Contender, Goal, Result, Tick, compared, in_rotation, median, spread_of
from asiokit.rt.convert import from_float32, levels, to_float32
from asiokit.sample_types import SAMPLE_TYPES

TYPES = ("int16", "int24", "int32")
PA_FORMATS = {"int16": peers.PA_INT16, "int24": peers.PA_INT24, "int32": peers.PA_INT32}
CHANNELS, FRAMES = (2, 8, 32, 64), (32, 64, 256)


PINNED = True  # one CPU for all contenders


def name_of(sample_type: str, from_host: bool, interleaved: bool) -> str:
    pair = f"float32 > {sample_type}" if from_host else f"{sample_type} > float32"
    return f"{pair}, {'interleaved' if interleaved else 'planar'}"


def configurations(quick: bool) -> Iterator[tuple[str, bool, bool, int, int]]:
    for sample_type in TYPES:
        for from_host in (True, False):
            for interleaved in (False, True):
                for n_channels in (2, 64) if quick else CHANNELS:
                    for n_frames in (32,) if quick else FRAMES:
                        yield sample_type, from_host, interleaved, n_channels, n_frames


def run(rounds: int, quick: bool, tick: Tick) -> Iterator[Result]:
    cells = []
    todo = list(configurations(quick))
    for i, (sample_type, from_host, interleaved, n_channels, n_frames) in enumerate(todo):
        tick(i, len(todo))
        number = SAMPLE_TYPES[sample_type].number
        ours = Conversion(number, -1, from_host, interleaved, n_channels, n_frames)
        plain = Conversion(number, 0, from_host, interleaved, n_channels, n_frames)
        copy = Copy(ours.n_bytes // 2)
        contenders: dict[str, Contender] = {"memcpy": copy.run, "ours": ours.run, "portable": plain.run}
        formats = (peers.PA_FLOAT32, PA_FORMATS[sample_type])
        function = peers.portaudio_converter(*(formats if from_host else formats[::-1]))
        if function:
            contenders["portaudio"] = lambda n, c=ours, f=function: c.run_strided(n, f)
        taken = in_rotation(contenders, rounds)
        cells.append((name_of(sample_type, from_host, interleaved), n_channels, n_frames, taken))
    yield from _summary(cells)
    yield from _bits()


def _summary(cells: list[tuple[str, int, int, dict[str, list[float]]]]) -> Iterator[Result]:
    speeds = [_speed(taken, "ours", "memcpy") for *_, taken in cells]
    detail = {"level": levels()[-1], "cells": [
        [name, n_channels, n_frames, round(speed, 4)]
        for (name, n_channels, n_frames, _), speed in zip(cells, speeds, strict=True)
    ]}  # fmt: skip
    yield _geomean("geometric mean", speeds, "memcpy", Goal(0.45, at_least=True), detail)
    worst = min(range(len(cells)), key=lambda i: median(speeds[i]) if isinstance(speeds[i], list) else speeds[i])
    yield Result(
        *("convert", f"slowest: {cells[worst][0]}, {cells[worst][1]} x {cells[worst][2]}", None, "ns", None, "memcpy"),
        speeds[worst],
        Goal(0.13, at_least=True),
    )
    for name in dict.fromkeys(name for name, *_ in cells):
        yield _geomean(name, [s for (n, *_), s in zip(cells, speeds, strict=True) if n == name], "memcpy")
    yield _geomean(
        "over the portable loops", [_speed(taken, "ours", "portable") for *_, taken in cells], "portable loop"
    )
    for interleaved, bound in ((True, 4.0), (False, 1.6)):
        chosen = [
            _speed(taken, "ours", "portable")
            for name, _, _, taken in cells
            if "int24" in name and ("interleaved" in name) == interleaved
        ]
        layout = "interleaved" if interleaved else "planar"
        yield Result(
            *("convert", f"int24 {layout}, slowest cell", None, "ns", None, "portable loop", min(chosen)),
            Goal(bound, at_least=True),
        )
    if "portaudio" in cells[0][-1]:
        yield _geomean(
            "over PortAudio, clipping",
            [_speed(taken, "ours", "portaudio") for *_, taken in cells],
            "PortAudio",
            Goal(6.0, at_least=True),
        )
        slower = sum(_speed(taken, "ours", "portaudio") < 1 for *_, taken in cells)
        yield Result("convert", "cells slower than PortAudio", slower, "cells", goal=Goal(0, of_value=True))
    else:
        yield Result(
            "convert", "over PortAudio, clipping", None, "ns", None, "PortAudio", goal=Goal(6.0, at_least=True)
        )
    yield _numpy()


def _speed(taken: dict[str, list[float]], ours: str, anchor: str) -> float:
    return median([a / o for o, a in zip(taken[ours], taken[anchor], strict=True)])


def _geomean(name: str, speeds: list[float], anchor: str, goal: Goal | None = None, detail: object = None) -> Result:
    ratio = float(np.exp(np.mean(np.log(speeds))))
    return Result("convert", name, None, "ns", None, anchor, ratio, goal, spread_of(speeds), detail)


def _numpy() -> Result:
    """For scale: what a device in numpy would do to make int32 of a block of 64 x 32."""
    samples = np.linspace(-1, 1, 64 * 32, dtype=np.float32)
    scaled, made = np.empty_like(samples, np.float64), np.empty_like(samples, np.int32)

    def by_numpy(n: int) -> float:
        import time  # noqa: PLC0415

        begin = time.perf_counter_ns()
        for _ in range(n):
            np.multiply(samples, 2.0**31, out=scaled)
            np.clip(scaled, -(2.0**31), 2.0**31 - 1, out=scaled)
            np.rint(scaled, out=scaled)
            np.copyto(made, scaled, casting="unsafe")
        return (time.perf_counter_ns() - begin) / n

    ours = Conversion(SAMPLE_TYPES["int32"].number, -1, True, False, 64, 32)
    taken = in_rotation({"ours": ours.run, "numpy": by_numpy}, 5)
    return compared("convert", "int32 over numpy, 64 x 32", taken["ours"], taken["numpy"], "numpy", inverse=True)


def _bits() -> Iterator[Result]:
    """Codes that change on the way to float32 and back."""
    for sample_type in TYPES:
        bits = SAMPLE_TYPES[sample_type].bits
        if bits == 32:
            codes = np.arange(-(2**23), 2**23, dtype=np.int32) << 8  # as many bits as float32 has
        else:
            codes = np.arange(-(2 ** (bits - 1)), 2 ** (bits - 1), dtype=np.int32)
        packed = codes.astype("<i2") if bits == 16 else codes
        raw = packed.view(np.uint8).reshape(len(codes), -1)[:, : SAMPLE_TYPES[sample_type].width]
        data = np.ascontiguousarray(raw)
        back = np.frombuffer(from_float32(to_float32(data, sample_type), sample_type), np.uint8)
        changed = int((back.reshape(data.shape) != data).any(axis=1).sum())
        yield Result(
            "convert", f"{sample_type} codes changed by the way to float32 and back", changed, "codes",
            goal=Goal(0, of_value=True),
        )  # fmt: skip

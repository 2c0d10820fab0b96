"""bench, group convert: float32 to and from integers, 144 configurations, against memcpy of the same traffic."""

import time
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from asiokit.bench import peers
from asiokit.bench.loops import Conversion, Copy, has_plain_loops
from asiokit.bench.measure import Contender, Goal, Result, Tick, compared, in_rotation, median, spread_of
from asiokit.rt.convert import from_float32, levels, to_float32  # type: ignore[import-not-found]
from asiokit.sample_types import SAMPLE_TYPES

PINNED = True  # one CPU for all contenders

TYPES = ("int16", "int24", "int32")
PA_FORMATS = {"int16": peers.PA_INT16, "int24": peers.PA_INT24, "int32": peers.PA_INT32}
CHANNELS, FRAMES = (2, 8, 32, 64), (32, 64, 256)
PLAIN = "a plain loop, x86-64-v3"


class Cell(NamedTuple):
    """One configuration; ns by contender and round."""

    name: str
    sample_type: str
    interleaved: bool
    n_channels: int
    n_frames: int
    taken: dict[str, list[float]]

    def speeds(self, anchor: str) -> list[float]:
        """Ours relative to the anchor's, in each round."""
        return [a / o for o, a in zip(self.taken["ours"], self.taken[anchor], strict=True)]

    def speed(self, anchor: str) -> float:
        return median(self.speeds(anchor))

    @property
    def label(self) -> str:
        return f"{self.name}, {self.n_channels} x {self.n_frames}"


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
    todo = list(configurations(quick))
    cells = []
    for i, configuration in enumerate(todo):
        tick(i, len(todo))
        cells.append(_cell(*configuration, rounds))
    yield from summary(cells)
    yield _numpy(rounds)
    yield from _bits()


def _cell(
    sample_type: str, from_host: bool, interleaved: bool, n_channels: int, n_frames: int, rounds: int
) -> Cell:  # fmt: skip
    number = SAMPLE_TYPES[sample_type].number
    ours = Conversion(number, -1, from_host, interleaved, n_channels, n_frames)
    portable = Conversion(number, 0, from_host, interleaved, n_channels, n_frames)
    copy = Copy(ours.n_bytes // 2)
    contenders: dict[str, Contender] = {"memcpy": copy.run, "ours": ours.run, "portable": portable.run}
    if sample_type == "int24" and has_plain_loops():
        contenders["plain"] = Conversion(number, 0, from_host, interleaved, n_channels, n_frames).run_plain
    formats = (peers.PA_FLOAT32, PA_FORMATS[sample_type])
    function = peers.portaudio_converter(*(formats if from_host else formats[::-1]))
    if function:
        strided = Conversion(number, 0, from_host, interleaved, n_channels, n_frames).run_strided
        contenders["portaudio"] = partial(strided, function=function)
    name = name_of(sample_type, from_host, interleaved)
    return Cell(name, sample_type, interleaved, n_channels, n_frames, in_rotation(contenders, rounds))


def summary(cells: list[Cell]) -> Iterator[Result]:
    detail = {
        "level": levels()[-1],
        "cells": [[cell.name, cell.n_channels, cell.n_frames, round(cell.speed("memcpy"), 4)] for cell in cells],
    }
    yield geomean("geometric mean", cells, "memcpy", "memcpy", Goal(0.45, at_least=True), detail)
    yield slowest("slowest", cells, "memcpy", "memcpy", 0.13)
    for name in dict.fromkeys(cell.name for cell in cells):
        yield geomean(name, [cell for cell in cells if cell.name == name], "memcpy", "memcpy")
    packed = [cell for cell in cells if cell.sample_type == "int24"]
    for interleaved, bound in ((True, 4.0), (False, 1.6)):
        layout = "interleaved" if interleaved else "planar"
        chosen = [cell for cell in packed if cell.interleaved == interleaved]
        yield slowest(f"slowest int24 {layout}", chosen, "plain", PLAIN, bound)
    yield geomean("over the portable loops", cells, "portable", "portable loops")
    yield geomean("over PortAudio, clipping", cells, "portaudio", "PortAudio", Goal(6.0, at_least=True))
    if all("portaudio" in cell.taken for cell in cells):
        slower = sum(cell.speed("portaudio") < 1 for cell in cells)
        yield Result("convert", "cells slower than PortAudio", slower, "cells", goal=Goal(0, of_value=True))


def geomean(
    name: str, cells: list[Cell], anchor: str, anchor_name: str, goal: Goal | None = None, detail: object = None
) -> Result:
    """Over cells: of their medians; its spread is that of the rounds."""
    if not all(anchor in cell.taken for cell in cells):
        return Result("convert", name, None, "ns", None, anchor_name, None, goal)
    by_round = np.exp(np.mean(np.log([cell.speeds(anchor) for cell in cells]), axis=0))
    ratio = float(np.exp(np.mean(np.log([cell.speed(anchor) for cell in cells]))))
    return Result("convert", name, None, "ns", None, anchor_name, ratio, goal, spread_of(by_round.tolist()), detail)


def slowest(name: str, cells: list[Cell], anchor: str, anchor_name: str, bound: float) -> Result:
    goal = Goal(bound, at_least=True)
    if not all(anchor in cell.taken for cell in cells):
        return Result("convert", f"{name} cell", None, "ns", None, anchor_name, None, goal)
    worst = min(cells, key=lambda cell: cell.speed(anchor))
    return compared("convert", f"{name} cell", worst.taken["ours"], worst.taken[anchor], anchor_name, goal,
                    inverse=True, detail={"cell": worst.label})  # fmt: skip


def _numpy(rounds: int) -> Result:
    """For scale: what a device in numpy would do to make int32 of a block of 64 x 32."""
    samples = np.linspace(-1, 1, 64 * 32, dtype=np.float32)
    scaled, made = np.empty_like(samples, np.float64), np.empty_like(samples, np.int32)

    def by_numpy(n: int) -> float:
        begin = time.perf_counter_ns()
        for _ in range(n):
            np.multiply(samples, 2.0**31, out=scaled)
            np.clip(scaled, -(2.0**31), 2.0**31 - 1, out=scaled)
            np.rint(scaled, out=scaled)
            np.copyto(made, scaled, casting="unsafe")
        return (time.perf_counter_ns() - begin) / n

    ours = Conversion(SAMPLE_TYPES["int32"].number, -1, True, False, 64, 32)
    taken = in_rotation({"ours": ours.run, "numpy": by_numpy}, rounds)
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

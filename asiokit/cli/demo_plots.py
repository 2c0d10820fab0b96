"""cli: the demo report's pictures.

Imports matplotlib, which is optional: pip install "asiokit[report]".
"""

from typing import Any

import matplotlib
import matplotlib.ticker
import numpy as np

from asiokit.cli.drawing import INK, MUTED, PLAYED, RECORDED, STYLE, WARN, figure_of, svg_of
from asiokit.host.samples import Array


def _envelope(samples: Array, n_columns: int) -> tuple[Array, Array, Array]:
    """(place 0 ... 1, lowest, highest) of each column."""
    n_columns = max(1, min(n_columns, len(samples)))
    edges = np.linspace(0, len(samples), n_columns + 1).astype(int)[:-1]
    lowest, highest = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
    return (np.arange(n_columns) + 0.5) / n_columns, lowest, highest


@matplotlib.rc_context(STYLE)
def waveform(played: Array, recorded: Array, rate_hz: float) -> str:
    """All of it, for the first two channels: what was played as an area, what came back as its outline."""
    n_rows = min(2, played.shape[1])
    figure = figure_of(1.25 + 1.05 * n_rows)
    all_axes = figure.subplots(n_rows, 1, sharex=True, squeeze=False)[:, 0]
    seconds = len(played) / rate_hz
    for channel, axes in enumerate(all_axes):
        x, low, high = _envelope(played[:, channel], 700)
        axes.fill_between(x * seconds, low, high, color=PLAYED, alpha=0.38, linewidth=0, label="played")
        back = recorded[: len(played), channel]
        x, low, high = _envelope(back, 700)
        span = x * len(back) / rate_hz
        axes.plot(span, high, color=RECORDED, linewidth=0.8, label="recorded")
        axes.plot(span, low, color=RECORDED, linewidth=0.8)
        top = max(0.05, float(np.abs(played).max()) * 1.1)
        axes.set(ylim=(-top, top), xlim=(0, seconds), ylabel=f"channel {channel + 1}")
        axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(3))
    all_axes[-1].set_xlabel("seconds since the first buffer switch")
    all_axes[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.1)
    return svg_of(figure, "waveform")


@matplotlib.rc_context(STYLE)
def closeup(played: Array, recorded: Array, rate_hz: float, round_trip: int | None) -> str:
    """The first milliseconds of sound, sample by sample: the round trip can be seen."""
    channel = int(np.argmax((played**2).sum(axis=0)))
    x, y = played[:, channel], recorded[:, channel]
    shift = round_trip or 0
    length = int(np.clip(5 * shift, 192, 4096))
    onset = int(np.argmax(np.abs(x) > 0.1 * np.abs(x).max()))
    first = int(np.clip(onset - length // 8, 0, max(0, len(x) - length)))
    figure = figure_of(2.5)
    axes = figure.subplots()
    for samples, colour, label in ((x, PLAYED, "played"), (y, RECORDED, "recorded")):
        piece = samples[first : first + length]
        t_ms = (first + np.arange(len(piece))) / rate_hz * 1e3
        dots = "o" if length <= 400 else ""
        axes.plot(t_ms, piece, color=colour, linewidth=1.2, marker=dots, markersize=2.2, label=label)
    if shift:
        peak = first + int(np.argmax(x[first : first + max(1, length // 2)]))
        left, right = peak / rate_hz * 1e3, (peak + shift) / rate_hz * 1e3
        top = float(x[peak])
        axes.annotate("", (right, top), (left, top), arrowprops={"arrowstyle": "<->", "color": INK, "linewidth": 0.9})
        label = f"{shift} frames = {1e3 * shift / rate_hz:.3f} ms"
        axes.annotate(label, ((left + right) / 2, top), (0, 5), textcoords="offset points", ha="center")
    axes.margins(x=0, y=0.22)
    axes.set(xlabel="milliseconds since the first buffer switch", ylabel=f"channel {channel + 1}")
    axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(4))
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.1)
    return svg_of(figure, "closeup")


@matplotlib.rc_context(STYLE)
def jitter(jitter_us: Array, t_s: Array, period_us: float, reference: str) -> str:
    """How late the wake-ups were: as a histogram, and along the run."""
    figure = figure_of(2.7)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1))
    shown = np.maximum(jitter_us, 0.5)
    bins = np.geomspace(max(0.5, shown.min() * 0.9), shown.max() * 1.1, 48)
    left.hist(shown, bins=list(bins), color=PLAYED, alpha=0.75)
    left.set(xscale="log", yscale="log", xlabel=f"microseconds after {reference}", ylabel="buffer switches")
    left.margins(y=0.25)
    for value, name, colour in _marks(jitter_us):
        left.axvline(value, color=colour, linewidth=1, linestyle=(0, (3, 2)))
        left.annotate(
            name, (value, 1), (3, -3), xycoords=("data", "axes fraction"), textcoords="offset points",
            va="top", color=colour, fontsize=8.5,
        )  # fmt: skip
    left.xaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5)))
    left.xaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    left.yaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    left.minorticks_off()
    edges = np.linspace(0, len(jitter_us), min(160, len(jitter_us)) + 1).astype(int)[:-1]
    worst = np.maximum.reduceat(jitter_us, edges)
    middle = np.array([np.median(piece) for piece in np.split(jitter_us, edges[1:])])
    right.vlines(t_s[edges], middle, worst, color=PLAYED, linewidth=1.4, alpha=0.75, label="latest")
    right.plot(t_s[edges], middle, color=RECORDED, linewidth=1.1, label="median")
    right.set(xlabel="seconds", ylabel="microseconds", xlim=(0, t_s[-1]))
    if worst.max() > 0.5 * period_us:
        right.axhline(period_us, color=WARN, linewidth=1, label="one period: late")
    right.set_ylim(0, None)
    right.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0.1)
    return svg_of(figure, "jitter")


def _marks(jitter_us: Array) -> list[tuple[float, str, str]]:
    values = [float(np.percentile(jitter_us, 50)), float(np.percentile(jitter_us, 99)), float(jitter_us.max())]
    return list(zip(values, ("p50", "p99", "max"), (INK, INK, WARN), strict=True))


@matplotlib.rc_context(STYLE)
def timeline(rows: Any, buffer_frames: int, n_cycles: int = 13) -> str:
    """The first cycles: when each was due, when it came, and which half of the double buffer was the host's."""
    rows = rows[: n_cycles + 1]
    zero = int(rows["system_ns"][0])
    due_ms = (rows["system_ns"] - zero) / 1e6
    came_ms = (rows["host_ns"] - zero) / 1e6
    has_halves = rows["index"][0] >= 0  # some hosts keep them to themselves
    figure = figure_of(2.1 if has_halves else 1.5)
    axes = figure.subplots()
    for k in range(len(rows) - 1):
        lane = 1 - (int(rows["index"][k]) if has_halves else 0)
        colour = PLAYED if lane else RECORDED
        width = came_ms[k + 1] - came_ms[k]
        axes.barh(lane, width, left=came_ms[k], height=0.56, color=colour, alpha=0.32, linewidth=0)
        axes.plot([came_ms[k]] * 2, [lane - 0.28, lane + 0.28], color=colour, linewidth=2, solid_capstyle="butt")
        label = f"{int(rows['position'][k])}" if rows["position"][k] >= 0 else f"{k * buffer_frames}"
        axes.annotate(label, (came_ms[k] + width / 2, lane), ha="center", va="center", fontsize=8.5)
    for k, t in enumerate(due_ms[:-1]):
        axes.axvline(t, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)), label="due" if k == 0 else None)
    axes.set(
        yticks=[1, 0][: 1 + has_halves],
        yticklabels=["half 0", "half 1"] if has_halves else ["block"],
        xlabel="milliseconds since the stream's start",
    )
    axes.set(ylim=(-0.5 if has_halves else 0.5, 1.5), xlim=(min(0.0, float(came_ms[0])), float(came_ms[-1])))
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return svg_of(figure, "timeline")

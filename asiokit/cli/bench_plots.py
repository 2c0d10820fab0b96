"""cli: the benchmark report's pictures."""

from typing import Any

import matplotlib
import matplotlib.ticker
import numpy as np

from asiokit.cli.drawing import INK, MUTED, PLAYED, RECORDED, STYLE, WARN, figure_of, svg_of


def _plain(axis: Any) -> None:
    axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:g}"))


@matplotlib.rc_context(STYLE)
def conversion(cells: list[list[Any]]) -> str:
    """Each configuration's speed relative to memcpy, a field with its number."""
    names = list(dict.fromkeys(cell[0] for cell in cells))
    sizes = list(dict.fromkeys((cell[1], cell[2]) for cell in cells))
    speed = {(cell[0], cell[1], cell[2]): cell[3] for cell in cells}
    figure = figure_of(0.9 + 0.3 * len(names))
    axes = figure.subplots()
    for row, name in enumerate(names):
        for column, size in enumerate(sizes):
            value = speed[name, *size]
            axes.add_patch(
                matplotlib.patches.Rectangle(
                    (column + 0.03, row + 0.05),
                    0.94,
                    0.9,
                    color=PLAYED,
                    alpha=float(np.clip(value, 0.04, 1)) * 0.8,
                    linewidth=0,
                )
            )
            axes.text(column + 0.5, row + 0.5, f"{value:.2f}", ha="center", va="center", fontsize=8.5)
    axes.set(xlim=(0, len(sizes)), ylim=(len(names), 0))
    axes.set_xticks(np.arange(len(sizes)) + 0.5, [f"{c}x{f}" for c, f in sizes])
    axes.set_yticks(np.arange(len(names)) + 0.5, [name.replace(">", "→") for name in names])
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel("channels x frames")
    return svg_of(figure, "conversion")


@matplotlib.rc_context(STYLE)
def growth(details: dict[str, Any]) -> str:
    """Cycles by channels, a line a block size; dashed the plane that was laid through all of them."""
    figure = figure_of(3.0)
    all_axes = figure.subplots(1, len(details), sharey=True, squeeze=False)[0]
    for axes, (name, detail) in zip(all_axes, details.items(), strict=True):
        rows = np.array(detail["rows"], float)
        a, b, c = detail["fit"]
        colours = (PLAYED, RECORDED, WARN, MUTED)
        for colour, n_frames in zip(colours, np.unique(rows[:, 1]), strict=False):
            some = rows[rows[:, 1] == n_frames]
            fitted = a + b * some[:, 0] + c * some[:, 0] * n_frames
            axes.plot(some[:, 0], fitted / 1000, color=colour, linewidth=1, linestyle=(0, (4, 2)))
            axes.plot(some[:, 0], some[:, 2] / 1000, "o", color=colour, markersize=5, label=f"{n_frames:.0f} frames")
        axes.set(xscale="log", yscale="log", xlabel="channels each way")
        axes.set_title(name.removeprefix("growth, ").partition(":")[0], fontsize=9.5, color=MUTED, loc="left")
        axes.set_xticks(np.unique(rows[:, 0]), minor=False)
        axes.minorticks_off()
        _plain(axes.xaxis)
        _plain(axes.yaxis)
    all_axes[0].set_ylabel("microseconds a cycle")
    all_axes[0].legend(loc="upper left")
    return svg_of(figure, "growth")


@matplotlib.rc_context(STYLE)
def bars(rows: list[dict[str, Any]], name: str) -> str:
    """Values in the unit of most of them, and of what they are compared with as a stroke."""
    units = [row["unit"] for row in rows if row["value"] is not None]
    unit = max(set(units), key=units.count, default="")
    rows = [row for row in rows if row["unit"] == unit and row["value"] is not None and row["value"] > 0]
    figure = figure_of(0.6 + 0.28 * len(rows))
    axes = figure.subplots()
    for i, row in enumerate(rows):
        axes.barh(i, row["value"], height=0.6, color=PLAYED, alpha=0.75, linewidth=0)
        if row["anchor"]:
            axes.plot([row["anchor"]] * 2, [i - 0.35, i + 0.35], color=INK, linewidth=1.5)
        axes.annotate(f"{row['value']:.3g}", (row["value"], i), (4, 0), textcoords="offset points", va="center")
    is_wide = rows and max(row["value"] for row in rows) > 50 * min(row["value"] for row in rows)
    axes.set(xscale="log" if is_wide else "linear", ylim=(len(rows) - 0.5, -0.5))
    axes.set_xlabel(f"{unit}; the stroke is the anchor")
    axes.margins(x=0.12)
    axes.set_yticks(range(len(rows)), [row["name"].partition("/")[2] for row in rows])
    axes.tick_params(axis="y", length=0)
    _plain(axes.xaxis)
    axes.minorticks_off()
    return svg_of(figure, f"{name}-bars")


@matplotlib.rc_context(STYLE)
def ratios(rows: list[dict[str, Any]], name: str) -> str:
    """Each line's ratio with its range, and the goal as a tick."""
    rows = [row for row in rows if row["ratio"] is not None]
    figure = figure_of(0.6 + 0.28 * len(rows))
    axes = figure.subplots()
    for i, row in enumerate(rows):
        colour = WARN if row["met"] is False else PLAYED
        axes.plot([row["ratio"]], [i], "o", color=colour, markersize=6)
        if row.get("spread"):
            axes.plot(row["spread"], [i, i], color=colour, linewidth=2, alpha=0.5)
        bound = _bound(row)
        if bound is not None:
            axes.plot([bound, bound], [i - 0.35, i + 0.35], color=INK, linewidth=1.5)
    axes.set(xscale="log", ylim=(len(rows) - 0.5, -0.5), xlabel="ratio to the anchor; the stroke is the goal")
    axes.set_yticks(range(len(rows)), [f"{row['name'].partition('/')[2]} (x {row['anchor_name']})" for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5), numticks=12))
    _plain(axes.xaxis)
    axes.minorticks_off()
    return svg_of(figure, name)


def _bound(row: dict[str, Any]) -> float | None:
    """The goal on the ratio: "<= 2.2 x memcpy"; goals on the value have no x."""
    words = (row["goal"] or "").split()
    return float(words[1]) if len(words) > 2 and words[2] == "x" else None


@matplotlib.rc_context(STYLE)
def lateness(details: list[dict[str, Any]]) -> str:
    """The share of wake-ups that came later than so many microseconds, each way of waiting a line."""
    figure = figure_of(3.0)
    all_axes = figure.subplots(1, len(details), sharey=True, squeeze=False)[0]
    colours = {"cyclictest": MUTED, "realtime": PLAYED, "realtime, last 100 us spun": RECORDED, "unprivileged": WARN}
    for axes, detail in zip(all_axes, details, strict=True):
        for mode, histogram in detail["modes"].items():
            if not histogram:
                continue
            us, counts = np.array(histogram, float).T
            later = 1 - np.cumsum(counts) / counts.sum()
            style = "--" if mode == "cyclictest" else ":" if "idle" in mode else "-"
            axes.step(np.maximum(us, 0.3), np.maximum(later, 0.5 / counts.sum()), where="post", label=mode,
                      color=colours.get(mode, PLAYED), linestyle=style, linewidth=1.3)  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel=f"microseconds late, period {detail['period_us']:.4g} µs")
        _plain(axes.xaxis)
        axes.minorticks_off()
    all_axes[0].set_ylabel("share of wake-ups later than that")
    _plain(all_axes[0].yaxis)
    all_axes[0].legend(loc="lower left", fontsize=8)
    return svg_of(figure, "lateness")

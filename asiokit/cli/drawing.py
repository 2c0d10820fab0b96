"""cli: drawings as SVG that take their colours and their font from the page around them.

Imports matplotlib, which is optional: pip install "asiokit[report]".
"""

import io
import re
from typing import Any

import matplotlib
import matplotlib.figure

# Stand-ins: each becomes a CSS variable of the page, so that one drawing serves light and dark.
INK, MUTED, GRID, PLAYED, RECORDED, WARN, PANEL = (f"#0{n}0{n}0{n}" for n in range(1, 8))
_VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", PLAYED: "played", RECORDED: "recorded", WARN: "warn"}
_VARIABLES[PANEL] = "panel"

STYLE: Any = {
    "svg.fonttype": "none",
    "font.size": 9.5,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "text.color": INK,
    "legend.frameon": False,
    "path.simplify_threshold": 0.3,
}


def figure_of(height: float) -> matplotlib.figure.Figure:
    return matplotlib.figure.Figure(figsize=(9.6, height), layout="constrained")


def svg_of(figure: matplotlib.figure.Figure, name: str) -> str:
    """The drawing without XML head and fixed size; ids are salted, as several drawings share one page."""
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", text)
    for stand_in, variable in _VARIABLES.items():
        text = text.replace(stand_in, f"var(--{variable})")
    return text

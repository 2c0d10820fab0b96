"""No device class is special: nothing in asiokit/ names one. The CLI does, in its examples and in the demo, and the
benchmark, which measures one."""

import importlib.metadata
import io
import re
import tokenize
from pathlib import Path

import pytest

from architecture.sources import PACKAGE, sources

COMPOSITION_ROOTS = {"cli", "bench", "entry.pyx"}
FILES = [
    path
    for path in sources(".py", ".pyx", ".pxd")
    if PACKAGE in path.parents and path.relative_to(PACKAGE).parts[0] not in COMPOSITION_ROOTS
]


def device_names() -> set[str]:
    found = set()
    for point in importlib.metadata.entry_points(group="asiokit.devices"):
        module, _, name = point.value.partition(":")
        found |= {point.name, name, module.split(".")[0], module.rpartition(".")[2]}
    return {name.lower() for name in found}


def code_of(path: Path) -> str:
    """The file without comments and docstrings."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return re.sub(r"#[^\n]*", "", re.sub(r'"""[\s\S]*?"""', '""', text))
    kept, before = [], tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_docstring = token.type == tokenize.STRING and before in (tokenize.NEWLINE, tokenize.INDENT)
        if token.type != tokenize.COMMENT and not is_docstring:
            kept.append(token.string)
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.type
    return " ".join(kept)


def test_the_names_are_known() -> None:
    assert {"loopback", "asiokit_drivers"} <= device_names()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_device_is_named(path: Path) -> None:
    words = {word.lower() for word in re.findall(r"[A-Za-z_]+", code_of(path))}
    assert words & device_names() == set()

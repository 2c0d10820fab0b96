"""tools: the API reference, made of the docstrings by pdoc: python -m tools.api_docs FOLDER"""

import importlib
import sys
from pathlib import Path

import pdoc
from pdoc import render

# what users of asiokit import, in the order in which they meet it
MODULES = ("asiokit.device", "asiokit.host.stream", "asiokit.host.session", "asiokit.rt.convert", "asiokit.errors")


def resolve_lazy_names() -> None:
    """pdoc reads a module's dictionary, in which what is imported on demand is missing."""
    device = importlib.import_module("asiokit.device")
    for name in vars(device)["__all__"]:
        setattr(device, name, getattr(device, name))


def make(folder: Path) -> None:
    resolve_lazy_names()
    render.configure(docformat="markdown", show_source=False, footer_text="asiokit, MIT License")
    pdoc.pdoc(*MODULES, output_directory=folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
    print(f"wrote {Path(sys.argv[1]) / 'index.html'}")

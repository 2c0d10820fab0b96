"""Imports run one way: down the layers of docs/architecture.md. Some roots know everybody: the entry, the CLI
and its benchmark."""

import re
from pathlib import Path

import pytest

from architecture.sources import DRIVERS, PACKAGE, compiled_modules, module_of, sources

# What a layer may import, besides itself. What stands in nobody's row is plain Python of the setup side.
PLAIN = {"errors", "values", "sample_types"}
SETUP = PLAIN | {"config", "config_text", "discovery", "paths", "install"}
LAYERS: dict[str, set[str]] = {
    "abi": set(),
    "rt": {"abi", *PLAIN},
    "device": {"abi", "rt", *PLAIN},
    "engine": {"abi", "rt", "device", *PLAIN},
    "com": {"abi", "rt", "device", "engine", *PLAIN},
    "host": {"abi", "rt", *PLAIN},
    "errors": set(),
    "values": set(),
    "sample_types": set(),
    "config": PLAIN | {"config_text"},
    "config_text": PLAIN | {"config"},
    "discovery": PLAIN | {"config", "device.options"},
    "watch": SETUP,  # the device it is given, it does not import
    "paths": PLAIN | {"config"},
    "install": SETUP - {"install"} | {"rt.clock"},  # the doctor tries the wait, in a process of its own
    "drivers": {"abi", "rt", "device", *PLAIN},
}
ROOTS = {"entry", "cli", "bench", "testing", "__main__"}

_IMPORT = re.compile(
    r"^\s*(?:from\s+([\w.]+)\s+c?import\s+(\([^)]*\)|[^\n]*)|c?import\s+([\w., ]+?)(?:\s+as\s+\w+)?\s*(?:#.*)?$)",
    re.MULTILINE,
)


def without_texts(text: str) -> str:
    """Docstrings out: they may show an import."""
    return re.sub(r'"""[\s\S]*?"""', '""', text)


def imported(path: Path) -> set[str]:
    """Modules of ours that this file imports or cimports, relative imports resolved."""
    own = module_of(path).split(".")
    package = own if path.stem == "__init__" else own[:-1]
    found = set()
    for base, names, plain in _IMPORT.findall(without_texts(path.read_text(encoding="utf-8"))):
        if plain:
            found |= {name.strip().split(" as ")[0] for name in plain.split(",")}
        elif base.startswith("."):
            n_dots = len(base) - len(base.lstrip("."))
            found.add(".".join([*package[: len(package) - n_dots + 1], *filter(None, [base.lstrip(".")])]))
        elif base == "asiokit":
            # `from asiokit import paths` imports a module; `from asiokit import __version__` does not
            words = re.findall(r"(\w+)(?:\s+as\s+\w+)?", re.sub(r"#.*", "", names))
            found |= {
                f"asiokit.{word}" for word in words if (PACKAGE / word).exists() or list(PACKAGE.glob(f"{word}.*"))
            }
        else:
            found.add(base)
    return {name for name in found if name.split(".")[0] in ("asiokit", "asiokit_drivers")}


def layer_of(module: str) -> str:
    parts = module.split(".")
    if parts[0] == "asiokit_drivers":
        return "drivers"
    return parts[1] if len(parts) > 1 else ""


FILES = sources(".py", ".pyx", ".pxd")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE.parent).as_posix())
def test_imports_run_down(path: Path) -> None:
    layer = layer_of(module_of(path))
    if layer in ROOTS:
        return
    if layer == "":  # asiokit/__init__.py: everybody imports it first
        assert imported(path) == set()
        return
    assert layer in LAYERS, f"{layer!r} is a new layer: give it its row in the table"
    for module in imported(path):
        target = layer_of(module)
        allowed = LAYERS[layer] | {layer}
        assert target in allowed or module.removeprefix("asiokit.") in allowed, f"{layer} may not know {module}"


CONFORMANCE = [path for path in FILES if "conformance" in path.parts]


@pytest.mark.parametrize("path", CONFORMANCE, ids=lambda path: path.name)
def test_the_conformance_suite_knows_only_the_host(path: Path) -> None:
    """What shares code with a driver can't find the driver's mistakes."""
    for module in imported(path):
        assert module.startswith(("asiokit.host", "asiokit.testing.conformance")) or module == "asiokit.errors", module


def test_the_reader_of_imports_sees_them() -> None:
    seen = {module_of(path): imported(path) for path in FILES}
    assert "asiokit.rt.clock" in seen["asiokit.engine.stream"]  # a cimport over two lines
    assert "asiokit.host.native" in seen["asiokit.host.open"]  # an import
    assert "asiokit.device" in seen["asiokit_drivers.loopback"]
    assert "asiokit.paths" in seen["asiokit.install"] | seen["asiokit.install.entries"]  # from asiokit import paths
    assert "asiokit.com.driver" in seen["asiokit.entry"]


def test_everybody_may_load_the_bottom_layers_only() -> None:
    """The table itself has no circle but that of the two halves of the settings."""
    for layer, allowed in LAYERS.items():
        for other in allowed & LAYERS.keys():
            if {layer, other} != {"config", "config_text"}:
                assert layer not in LAYERS[other], f"{layer} and {other} know each other"


def test_a_pxd_exists_only_for_whoever_cimports_it() -> None:
    cimported = set()
    for path in FILES:
        text = without_texts(path.read_text(encoding="utf-8"))
        for module in re.findall(r"^\s*from\s+([\w.]+)\s+cimport", text, re.MULTILINE):
            if module != module_of(path):
                cimported.add(module)
    for path in sources(".pxd"):
        assert module_of(path) in cimported, f"{path}: nobody cimports it"


def test_drivers_show_nobody_their_insides() -> None:
    assert [path for path in sources(".pxd") if DRIVERS in path.parents] == []


def test_every_cython_file_is_compiled() -> None:
    assert set(compiled_modules().values()) == set(sources(".pyx"))
    assert {module: module_of(path) for module, path in compiled_modules().items()} == {
        module: module for module in compiled_modules()
    }

"""tests: asiokit's own source files, and what setup.py says is compiled of them."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "asiokit"
DRIVERS = ROOT / "drivers"


def sources(*endings: str) -> list[Path]:
    """Files under asiokit/ and drivers/ with these endings."""
    return sorted(path for folder in (PACKAGE, DRIVERS) for ending in endings for path in folder.rglob("*" + ending))


def module_of(path: Path) -> str:
    """asiokit/rt/clock.pyx -> asiokit.rt.clock; a package's __init__ is the package."""
    parts = path.relative_to(DRIVERS if DRIVERS in path.parents else ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _assigned(name: str) -> ast.expr:
    tree = ast.parse((ROOT / "setup.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            return node.value
    raise AssertionError(f"setup.py assigns no {name}")


def compiled_modules() -> dict[str, Path]:
    """module -> its Cython source: setup.py's table."""
    table = _assigned("MODULES")
    assert isinstance(table, ast.Dict)
    found = {}
    for key, value in zip(table.keys, table.values, strict=True):
        assert isinstance(key, ast.Constant) and isinstance(value, ast.Tuple)
        source = value.elts[0]
        assert isinstance(source, ast.Constant)
        found[str(key.value)] = ROOT / str(source.value)
    return found


def directives() -> dict[str, object]:
    return dict(ast.literal_eval(_assigned("DIRECTIVES")))

"""tests of the architecture: the C that Cython makes of today's sources, and what Cython said while it did."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from .sources import ROOT, compiled_modules, directives


class Generated(NamedTuple):
    folder: Path
    said: str

    def text(self, module: str) -> str:
        source = compiled_modules()[module].relative_to(ROOT)
        return (self.folder / source.with_suffix(".c")).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """In a process of its own: Cython writes its hints to the real standard error."""
    folder = tmp_path_factory.mktemp("generated")
    table = [(module, str(source.relative_to(ROOT))) for module, source in compiled_modules().items()]
    program = (
        "from Cython.Build import cythonize; from setuptools import Extension;"
        f"cythonize([Extension(m, [s]) for m, s in {table}],"
        f"build_dir={str(folder)!r}, include_path=['.'], force=True, compiler_directives={directives()!r})"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Generated(folder, done.stdout + done.stderr)


@pytest.fixture(scope="session")
def objdump() -> str:
    for name in (os.environ.get("OBJDUMP"), "objdump", "llvm-objdump"):
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            if name:
                subprocess.run([name, "--version"], check=True, capture_output=True)
                return name
    pytest.skip("there is no objdump here")

"""tests of the shim: host and library once more, with the compiler's sanitizers in both."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import HERE, SHIM_SOURCES

FILES = ("test_shim_start.py", "test_shim_failures.py", "test_shim_join.py")

OPTIONS = {
    # Python leaves much behind at the end of a process; it is not finalised
    "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1",
}


@pytest.mark.sanitizer
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("sanitizers", ["address,undefined", "thread"])
def test_all_again_with(sanitizers: str, tmp_path: Path) -> None:
    flags = [
        "-std=gnu11",
        "-O1",
        "-g",
        f"-fsanitize={sanitizers}",
        "-fno-sanitize-recover=all",
        "-fno-omit-frame-pointer",
    ]
    sources = sorted(str(path) for path in SHIM_SOURCES.glob("shim_*.c"))
    library = ["-shared", "-fPIC", "-fvisibility=hidden", *sources, "-o", str(tmp_path / "libasiokit.so")]
    program = [f"-I{SHIM_SOURCES}", str(HERE / "host.c"), "-o", str(tmp_path / "host")]
    for words in (library, program):
        subprocess.run(["cc", *flags, *words, "-ldl", "-lpthread"], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(str(HERE / name) for name in FILES)],
        env=os.environ | OPTIONS | {"ASIOKIT_SANITIZED_SHIM": str(tmp_path)},
        cwd=HERE.parents[1], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20000:]

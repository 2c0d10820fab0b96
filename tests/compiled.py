"""tests: compiles Cython modules of the tests against this asiokit, as a third party's device would be compiled.

The result is kept in build/tests under a name that changes with the sources, the compiler's flags and the Python.
"""

import contextlib
import hashlib
import importlib.util
import io
import os
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]


def _fingerprint(source: Path) -> str:
    """Inline functions of every .pxd and the C headers are compiled in, so they count as source."""
    shared = [*sorted((ROOT / "asiokit").rglob("*.pxd")), *sorted((ROOT / "sdk_shim").glob("*.h"))]
    digest = hashlib.sha256()
    for path in (source, *shared, Path(__file__)):
        digest.update(path.read_bytes())
    flags = [os.environ.get(name, "") for name in ("ASIOKIT_CFLAGS", "ASIOKIT_LDFLAGS", "CC")]
    digest.update(repr((flags, sys.version, sysconfig.get_platform())).encode())
    return digest.hexdigest()[:16]


def compiled(source: Path) -> ModuleType:
    """The module in that .pyx file, compiled if it has changed. A failure shows the compiler's text."""
    name = source.stem
    if name in sys.modules:
        return sys.modules[name]
    # in Wine there is no compiler: tests/wine/test_own_tests.py brings the modules
    ready = os.environ.get("ASIOKIT_TEST_MODULES")
    folder = (
        Path(ready)
        if ready
        else Path(os.environ.get("ASIOKIT_TEST_BUILD", ROOT / "build" / "tests")) / _fingerprint(source)
    )
    target = folder / (name + sysconfig.get_config_var("EXT_SUFFIX"))
    if not target.exists():
        compile_module(source, folder)
    spec = importlib.util.spec_from_file_location(name, target)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def compile_module(source: Path, folder: Path) -> None:
    """Writes the extension module into `folder`. RuntimeError with the compiler's text."""
    # imported here: most runs find everything compiled, and Cython and setuptools take a second to import
    from Cython.Build import cythonize  # noqa: PLC0415
    from setuptools import Distribution, Extension  # noqa: PLC0415

    extension = Extension(
        source.stem,
        [str(source)],
        include_dirs=[str(ROOT / "sdk_shim")],
        extra_compile_args=["-O2", "-fno-strict-aliasing", *os.environ.get("ASIOKIT_CFLAGS", "").split()],
        extra_link_args=os.environ.get("ASIOKIT_LDFLAGS", "").split(),
    )
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            modules = cythonize(
                [extension],
                build_dir=str(folder / "c"),
                include_path=[str(ROOT)],
                compiler_directives={"language_level": 3, "binding": True},
                quiet=True,
            )
            distribution = Distribution({"name": source.stem, "ext_modules": modules})
            build = distribution.get_command_obj("build_ext")
            # beside its final place first: two test processes may compile the same module
            scratch = folder / f"building-{os.getpid()}"
            build.build_lib = str(scratch)
            build.build_temp = str(scratch / "o")
            build.ensure_finalized()
            build.run()
        except BaseException as error:
            raise RuntimeError(f"{source} can't be compiled:\n{said.getvalue()}") from error
    (built,) = scratch.glob(f"{source.stem}*{sysconfig.get_config_var('EXT_SUFFIX')}")
    built.replace(folder / built.name)

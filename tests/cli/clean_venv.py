"""tests: a virtual environment in which asiokit is installed from a wheel, as its users have it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")},
    )
    assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def build_wheel(folder: Path) -> Path:
    """The wheel of this checkout, around the extension modules as they are built in place: to compile them once more
    would take a minute. What else is in it setuptools decides, as for every wheel."""
    library = folder / "lib"
    # metadata in the checkout would be taken for an installed asiokit
    setup = [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", folder]
    run(*setup, "build_py", "--build-lib", library, cwd=ROOT)
    for built in (*ROOT.glob("asiokit/**/*.so"), *ROOT.glob("drivers/asiokit_drivers/*.so")):
        place = built.relative_to(ROOT / "drivers" if ROOT / "drivers" in built.parents else ROOT)
        shutil.copy2(built, library / place)
    build = ["build", "--build-base", folder / "build", "--build-lib", library]
    run(*setup, *build, "bdist_wheel", "--skip-build", "-d", folder / "dist", "-b", folder / "bdist", cwd=ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


class CleanVenv:
    """Others' packages (numpy, pytest, Cython ...) are taken from the environment of the tests; asiokit is not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=False, symlinks=True)
        self.python = folder / "bin" / "python"
        site = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        # of a folder named here Python reads no .pth files, so the editable asiokit in it stays unknown
        (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def install(self, what: Path) -> None:
        options = ("--no-index", "--no-deps", "--no-build-isolation", "-q", "--disable-pip-version-check")
        run(sys.executable, "-m", "pip", "--python", self.python, "install", *options, what)

    def run(self, *words: str | Path) -> str:
        """Not in the checkout, where another asiokit would be found."""
        return run(self.python, *words, cwd=self.folder)

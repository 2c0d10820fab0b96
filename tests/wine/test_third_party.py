"""tests: device classes from other people's packages, of each kind, in Wine, opened by PortAudio."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from header_example import header_example

from asiokit import get_include
from asiokit.cli import main
from tools.windows import wheel
from tools.windows.environment import ROOT, Environment
from tools.windows.python import Donor, unpack
from tools.windows.steps import CC, run
from tools.windows.wine import copy_prefix
from wine.machine import HERE, Machine, install_python, json_line

KINDS = ("python", "cython", "c")
RATE_HZ, N_FRAMES = 48000, 128


@pytest.fixture(scope="module")
def strangers(
    windows: Environment, windows_wheel: Path, hosts: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """A machine of its own, with three packages that asiokit new-device has written, built for Windows."""
    folder = tmp_path_factory.mktemp("strangers")
    python_exe = install_python(windows, windows_wheel, folder / "python")
    for kind in KINDS:
        assert main(["new-device", f"wobble-{kind}", "--kind", kind, "--folder", str(folder)]) == 0
        with wheel.cross_environment(windows) as env:
            # their setup.py asks asiokit where its headers are
            env["PYTHONPATH"] += os.pathsep + str(ROOT)
            out = folder / "dist" / kind
            run([Donor(windows.version.dotted).command, "-c", wheel.BUILD, out], cwd=folder / f"wobble-{kind}", env=env)
        (made,) = out.glob("*.whl")
        unpack(made, python_exe.parent / "Lib" / "site-packages")
    with copy_prefix(windows.prefix_template, folder / "prefix") as prefix:
        prefix.stay_up()
        yield Machine(windows, python_exe, hosts, prefix)


@pytest.mark.parametrize("kind", KINDS)
def test_a_third_party_s_device_plays(strangers: Machine, tmp_path: Path, kind: str) -> None:
    played = np.random.default_rng(3).uniform(-1, 1, (RATE_HZ, 2)).astype(np.float32)
    played.tofile(tmp_path / "played.raw")
    with strangers.registered(f"asiokit {kind}", "speed_hz=3", "depth=0.5", device=f"wobble-{kind}") as name:
        files = [f"Z:{(tmp_path / file).as_posix()}" for file in ("played.raw", "heard.raw")]
        words = (name, str(N_FRAMES), str(RATE_HZ), "1", *files)
        json_line(strangers.python(HERE / "sd_duplex.py", *words, timeout_s=60))
    heard = np.fromfile(tmp_path / "heard.raw", np.float32).reshape(-1, 2)
    # where PortAudio's first block comes back is the host's business; the gain follows the device's position
    errors = []
    for lag in range(0, 8 * N_FRAMES, N_FRAMES):
        for begin in range(0, 8 * N_FRAMES, N_FRAMES):
            position = begin + np.arange(lag, len(heard))
            gain = 1 - 0.5 * (0.5 - 0.5 * np.cos(2 * np.pi * 3 * position / RATE_HZ))
            errors.append(np.abs(heard[lag:] - played[: len(heard) - lag] * gain[:, None]).max())
    assert min(errors) < 1e-6, min(errors)


def test_a_library_without_python(strangers: Machine, tmp_path: Path) -> None:
    """The example in asiokit_device.h, a DLL of nothing else."""
    (tmp_path / "half.c").write_text(header_example())
    run([CC, "-std=c11", "-shared", f"-I{get_include()}", "-o", tmp_path / "half.dll", tmp_path / "half.c"])
    script = tmp_path / "play.py"
    script.write_text(
        "import sys, numpy as np\n"
        "from asiokit import CDevice\n"
        "from asiokit.testing import play_through\n"
        "played = np.random.default_rng(2).uniform(-1, 1, (2, 640)).astype(np.float32)\n"
        "heard = play_through(CDevice.from_library(sys.argv[1]), played)\n"
        "np.testing.assert_array_equal(heard[:, 64:], played[:, :-64] / 2)\n"
        "print('halved')\n"
    )
    done = strangers.python(script, tmp_path / "half.dll")
    assert (done.returncode, done.stdout) == (0, "halved\n"), done.stderr

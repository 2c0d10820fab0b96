"""tests of the API reference: everything public is in it, described."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import asiokit.device
from tools.api_docs import MODULES

ROOT = Path(__file__).resolve().parents[2]


def test_it_is_made_without_a_complaint(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tools.api_docs", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr
    for module in MODULES:
        assert (tmp_path / f"{module.replace('.', '/')}.html").is_file()
    page = (tmp_path / "asiokit" / "device.html").read_text(encoding="utf-8")
    for name in asiokit.device.__all__:
        assert f'id="{name}"' in page
    for hook in ("open", "prepare", "start", "stop", "close", "latencies", "request_reset"):
        assert f'id="Device.{hook}"' in page


@pytest.mark.parametrize("name", asiokit.device.__all__)
def test_everything_public_is_described(name: str) -> None:
    thing = getattr(asiokit.device, name)
    assert (inspect.getdoc(thing) or "").strip()
    assert thing.__doc__ and not thing.__doc__.startswith(f"{name}("), "the signature stands in the .pyi"
    if not isinstance(thing, type):
        return
    for member, value in vars(thing).items():
        if not member.startswith("_") and callable(value):
            assert (inspect.getdoc(value) or "").strip(), f"{name}.{member}"

"""What the documents say can be done, and where they point to."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asiokit.config import parse_entry
from asiokit.discovery import device_of

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_settings_of_the_readme_make_a_device() -> None:
    (text,) = blocks("toml")
    config = parse_entry(text)
    device_class, options = device_of(config)
    device = device_class(**options)
    assert (config.name, device.inputs, device.outputs) == ("My Loopback", 8, 8)
    assert device.routes == ((0, 0, 1.0), (0, 1, 0.5))


def test_the_linux_commands_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASIOKIT_CWASIO_DIR", str(tmp_path / "cwASIO"))
    monkeypatch.setenv("ASIOKIT_CONFIG_DIR", str(tmp_path / "entries"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    soundfile.write(tmp_path / "song.flac", np.zeros((4800, 2), np.float32), 48000)
    (commands,) = [block for block in blocks("sh") if "register" in block]
    lines = [line.partition("#")[0].strip() for line in commands.splitlines()]
    assert len(lines) == 4
    for line in lines:
        words = shlex.split(line)
        assert words[0] == "asiokit"
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_cited_semantics_exist() -> None:
    numbers = {int(n) for n in re.findall(r"(?m)(?:^|\. )(\d{1,2})\. ", (ROOT / "docs/asio-semantics.md").read_text())}
    assert numbers == set(range(1, max(numbers) + 1))
    for folder in ("asiokit", "drivers", "sdk_shim", "tests"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".pyx", ".pxd", ".c", ".h"}:
                for cited in re.findall(r"semantics (\d+)", path.read_text(encoding="utf-8")):
                    assert int(cited) in numbers, f"{path} cites semantics {cited}"

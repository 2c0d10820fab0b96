"""asiokit run: a file becomes a driver, an edit reaches the host that has it open, and nothing stays behind."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from inprocess import wait_for

from asiokit.cli import main
from asiokit.host.open import open_driver
from asiokit.host.session import Session

RESET_REQUEST = 3
LEVEL = """
from asiokit.device import PyDevice, option

class Level(PyDevice):
    inputs, outputs = 1, 0
    times: float = option(1.0, "factor")

    def process(self, block):
        block.to_host[:] = {level} * self.times
"""


class Runner:
    """The command in a process of its own, its lines as they come."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "asiokit", "run", *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # a test run in the background has SIGINT ignored, and its children with it
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def said(self, text: str) -> bool:
        return wait_for(lambda: any(text in line for line in self.lines), 20)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.reader.join(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("ASIOKIT_CWASIO_DIR", str(tmp_path / "cwasio"))
    monkeypatch.setenv("ASIOKIT_CONFIG_DIR", str(tmp_path / "config"))
    (tmp_path / "level.py").write_text(LEVEL.format(level=0.25))
    yield tmp_path
    assert not list((tmp_path / "config").glob("*"))
    assert not list((tmp_path / "cwasio").glob("*"))


def first_sample(session: Session) -> float:
    session.load(record_frames=64)
    session.start()
    assert wait_for(lambda: session.n_switches >= 1)
    session.stop()
    return float(session.recorded.view(np.float32)[0, 0])


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals, and a registry of its own")


def test_an_edit_reaches_the_host(folder: Path) -> None:
    runner = Runner(folder, "level.py:Level", "-o", "times=2")
    assert runner.said("watching") and runner.said("registered Level (run)")
    native = open_driver("Level (run)")
    assert native.init()
    with Session(native, inputs=[0], n_frames=64) as session:
        assert first_sample(session) == 0.5
        (folder / "level.py").write_text("nonsense(\n")
        assert runner.said("error: ") and "(line 1)" in runner.lines[-1]
        (folder / "level.py").write_text(LEVEL.format(level=0.125))
        assert runner.said("changed: hosts are asked to open it anew")
        # the broken one has asked for nothing
        assert wait_for(lambda: list(session.messages["selector"]).count(RESET_REQUEST) == 1)
    native.release()
    native = open_driver("Level (run)")
    assert native.init()
    with Session(native, inputs=[0], n_frames=64) as session:
        assert first_sample(session) == 0.25
    native.release()
    assert runner.end(signal.SIGINT) == 0
    assert runner.lines[-1] == "unregistered Level (run)"


def test_whatever_ends_it_unregisters(folder: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        runner = Runner(folder, "level.py:Level", "--name", "Mine")
        assert runner.said("watching")
        assert (folder / "cwasio" / "Mine").is_dir()
        assert runner.end(number) == 0


def test_what_a_killed_one_left_behind_is_replaced(folder: Path) -> None:
    runner = Runner(folder, "level.py:Level")
    assert runner.said("watching")
    assert runner.end(signal.SIGKILL) == -signal.SIGKILL
    assert (folder / "config" / "Level (run).toml").exists()
    runner = Runner(folder, "level.py:Level")
    assert runner.said("watching")
    assert runner.end(signal.SIGINT) == 0


def test_an_entry_of_the_user_s_is_not_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert main(["create", "Level (run)", "--device", "loopback", "--register"]) == 0
    assert main(["run", "level.py:Level"]) == 2
    assert "choose another --name" in capsys.readouterr().err
    assert main(["unregister", "Level (run)"]) == 0
    assert main(["run", "level.py:Level"]) == 2
    assert "choose another --name" in capsys.readouterr().err
    (folder / "config" / "Level (run).toml").unlink()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["loopback"], "is not FILE.py:CLASS; for an installed class: asiokit create"),
        (["nowhere.py:Level"], "there is no such file"),
        (["level.py:Levle"], "did you mean 'Level'"),
        (["level.py:Level", "-o", "tiems=2"], "did you mean 'times'"),
        (["level.py:Level", "--name", "a/b"], "contains '/'"),
    ],
)
def test_mistakes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    monkeypatch.chdir(folder)
    assert main(["run", *arguments]) == 2
    assert text in capsys.readouterr().err

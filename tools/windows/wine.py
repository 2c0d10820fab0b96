"""tools: Wine prefixes, and running programs in them."""

import os
import select
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.windows.steps import Failed, step

# Registry values of a prefix without display, sound card or crash dialog.
SETTINGS = (
    (r"HKCU\Software\Wine\Drivers", "Graphics", "null"),
    (r"HKCU\Software\Wine\Drivers", "Audio", ""),
    (r"HKCU\Software\Wine\WineDbg", "ShowCrashDialog", "0"),
)

# By full path: a bare name that Wine can't open at once is handed to a shell, which then fails for reasons of its own.
REG = r"C:\windows\system32\reg.exe"
REGSVR32 = r"C:\windows\system32\regsvr32.exe"

Result = subprocess.CompletedProcess[str]


def collect(process: "subprocess.Popen[bytes]", texts: list[bytes], timeout_s: float) -> bool:
    """Reads stdout and stderr until the program has ended; False when it has not within timeout_s.

    Not until the pipes end: Wine's services inherit them and live on.
    """
    assert process.stdout is not None and process.stderr is not None
    deadline = time.monotonic() + timeout_s
    ended = os.pidfd_open(process.pid)
    streams = {process.stdout.fileno(): 0, process.stderr.fileno(): 1}
    for stream in streams:
        os.set_blocking(stream, False)
    try:
        while True:
            ready, _, _ = select.select([ended, *streams], [], [], max(deadline - time.monotonic(), 0))
            for stream in [stream for stream in streams if stream in ready or ended in ready]:
                while chunk := read_some(stream):
                    texts[streams[stream]] += chunk
                if chunk == b"":  # a program may close its stdout long before it ends
                    del streams[stream]
            if ended in ready or not ready:
                return ended in ready
    finally:
        os.close(ended)


def read_some(stream: int) -> bytes | None:
    """b"" at the end, None when there is nothing yet."""
    try:
        return os.read(stream, 65536)
    except BlockingIOError:
        return None


class Running:
    """A Windows program under way. Call result()."""

    def __init__(self, prefix: "Prefix", process: "subprocess.Popen[bytes]") -> None:
        self._prefix, self._process = prefix, process

    def result(self, timeout_s: float) -> Result:
        texts = [b"", b""]
        words = [str(word) for word in self._process.args]  # type: ignore[union-attr]
        with self._process:
            ended = collect(self._process, texts, timeout_s)
            if not ended:
                # killing the Linux process would leave Windows' processes; the prefix is ours, so all of it may go
                self._prefix.kill()
                self._process.kill()
        out, err = (text.decode("utf-8", "replace").replace("\r\n", "\n") for text in texts)
        if not ended:
            raise Failed(f"{' '.join(words)}\nhad not ended after {timeout_s:g} s:\n{out}\n{err}")
        return Result(words, self._process.returncode, out, err)


class Prefix:
    """One Wine prefix of our own. Leave it by close(), or with `with`: its wineserver has ended after that."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._stays_up = False

    def stay_up(self) -> None:
        """Keeps Wine's server from ending by itself: it does so seconds after the last program, and a program that is
        started in that very moment may end at once, without a word."""
        subprocess.run(["wineserver", "-p"], env=self.environment(), check=True)
        self._stays_up = True

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        # what would reach into the Windows Python from the Linux one stays behind
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WINE", "VIRTUAL_"))
        }
        kept |= {
            "WINEPREFIX": str(self.folder),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
        }
        return kept | dict(extra or {})

    def start(
        self, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> "Running":
        """Starts a Windows program. A Windows Python starts in Wine only with pipes (not files) and a valid stdin."""
        process = subprocess.Popen(
            ["wine", *(str(word) for word in command)],
            cwd=cwd or self.folder,  # not the caller's: a checkout there would be imported instead
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        return Running(self, process)

    def run(
        self,
        command: Sequence[str | Path],
        *,
        timeout_s: float = 60,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Result:
        """Starts a program and waits for its end. Raises Failed when it has not ended after timeout_s; a crashed
        program is a return code, not an error."""
        return self.start(command, env=env, cwd=cwd).result(timeout_s)

    def check(self, command: Sequence[str | Path], *, timeout_s: float = 60) -> Result:
        done = self.run(command, timeout_s=timeout_s)
        if done.returncode != 0:
            raise Failed(f"{' '.join(done.args)}\nended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def settle(self) -> None:
        """Returns when the last Windows program has ended and the registry has been written."""
        subprocess.run(["wineserver", "-w"], env=self.environment(), check=False)

    def kill(self) -> None:
        subprocess.run(["wineserver", "-k"], env=self.environment(), check=False)
        self.settle()

    def __enter__(self) -> "Prefix":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self, timeout_s: float = 10) -> None:
        if self._stays_up:
            self.kill()
            return
        try:
            subprocess.run(["wineserver", "-w"], env=self.environment(), timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired:
            self.kill()

    def set_registry(self, key: str, name: str | None, value: str) -> None:
        """A string value; name None is the key's default."""
        self.check(
            [REG, "add", key, *(["/v", name] if name is not None else ["/ve"]), "/t", "REG_SZ", "/d", value, "/f"]
        )


def make_template(cache: Path) -> Path:
    """A fresh prefix that reports Windows 10; never run in: copy it."""
    version = subprocess.run(
        ["wine", "--version"], env=os.environ | {"WINEDEBUG": "-all"}, capture_output=True, text=True
    )

    def make(folder: Path) -> None:
        with Prefix(folder) as prefix:
            prefix.check(["wineboot", "--init"], timeout_s=300)
            prefix.check(["winecfg", "-v", "win10"], timeout_s=120)
            for key, name, value in SETTINGS:
                prefix.set_registry(key, name, value)
            prefix.settle()

    return step(cache / "prefix", (version.stdout.strip(), SETTINGS), make)


def copy_prefix(template: Path, target: Path) -> Prefix:
    """A prefix of the caller's own; the template must not be in use (make_template leaves it settled)."""
    shutil.copytree(template, target, symlinks=True)
    return Prefix(target)

"""tests: a Windows machine in Wine: a prefix of its own, a Windows Python with the wheel installed, the test hosts."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.windows.environment import ROOT, Environment
from tools.windows.python import unpack
from tools.windows.steps import CC, run
from tools.windows.wine import REG, Prefix, Result

HERE = Path(__file__).resolve().parent
HOSTS = ("pa_host", "rs_host")


def install_python(windows: Environment, wheel: Path, folder: Path) -> Path:
    """A copy of the Windows Python (hard links where they can be) with `wheel` installed; returns python.exe."""

    def link(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except OSError:  # another file system
            shutil.copy2(source, target)

    shutil.copytree(windows.python_home, folder, copy_function=link)
    unpack(wheel, folder / "Lib" / "site-packages")
    return folder / "python.exe"


def compile_hosts(folder: Path) -> dict[str, Path]:
    programs = {}
    for name in HOSTS:
        programs[name] = folder / f"{name}.exe"
        flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-static-libgcc", f"-I{ROOT / 'sdk_shim'}"]
        run([CC, *flags, "-o", programs[name], HERE / f"{name}.c"])
    return programs


class Machine:
    def __init__(self, windows: Environment, python: Path, hosts: dict[str, Path], prefix: Prefix) -> None:
        self.windows, self.python_exe, self.hosts, self.prefix = windows, python, hosts, prefix

    @property
    def library(self) -> Path:
        """The DLL that hosts load."""
        return self.python_exe.parent / "Lib" / "site-packages" / "asiokit" / "asiokit.dll"

    def python(self, *arguments: str | Path, timeout_s: float = 60, env: dict[str, str] | None = None) -> Result:
        return self.prefix.run([self.python_exe, *arguments], timeout_s=timeout_s, env=env)

    def asiokit(self, *arguments: str | Path, code: int = 0) -> Result:
        """The command line, which must end with `code`."""
        done = self.python("-m", "asiokit", *arguments)
        assert done.returncode == code, f"asiokit {arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    @contextmanager
    def registered(self, name: str, *options: str, device: str = "loopback") -> Iterator[str]:
        """An entry of that name while the block runs; options are -o words of `asiokit create`."""
        words = [word for option in options for word in ("-o", option)]
        self.asiokit("create", name, "--device", device, *words)
        self.asiokit("register", name)
        try:
            yield name
        finally:
            self.asiokit("unregister", name)
            config = self.prefix.folder / "drive_c" / "ProgramData" / "asiokit" / f"{name}.toml"
            config.unlink()

    def portaudio(self, *arguments: str, timeout_s: float = 60) -> dict[str, Any]:
        """pa_host: PortAudio from a C program that holds no Python."""
        return json_line(
            self.prefix.run([self.hosts["pa_host"], self.windows.portaudio, *arguments], timeout_s=timeout_s)
        )

    def sounddevice(self, *arguments: str, timeout_s: float = 60) -> dict[str, Any]:
        """sd_host: PortAudio inside the Windows Python."""
        return json_line(self.python(HERE / "sd_host.py", *arguments, timeout_s=timeout_s))

    def class_id(self, name: str) -> str:
        """The CLSID under which an entry is registered, read where hosts read it."""
        return self.registry(rf"HKLM\SOFTWARE\ASIO\{name}")["CLSID"]

    def registry(self, key: str) -> dict[str, str]:
        """A key's own values; {} when it is not there. The default value is named "(Default)"."""
        done = self.prefix.run([REG, "query", key])
        rows = re.findall(r"^ {4}(\S.*?) {4}REG_SZ(?: {4}(.*))?$", done.stdout, re.MULTILINE)
        return dict(rows)

    def has_key(self, key: str) -> bool:
        return self.prefix.run([REG, "query", key]).returncode == 0


def json_line(done: Result) -> dict[str, Any]:
    assert done.returncode == 0, f"{done.args} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer

"""tests: the DLL as COM and hosts see it: with and without a console, on any thread, from a venv, the rules of COM."""

import re
import shutil
import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from shim.conftest import PROBE

from tools.windows.environment import ROOT
from tools.windows.steps import CC, run
from wine.machine import Machine

HERE = Path(__file__).resolve().parent

NOTHING = "{11111111-2222-3333-4444-555555555555}"


def windows_path(path: Path) -> str:
    return "Z:" + str(path).replace("/", "\\")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The COM host, as a console program and as one that has none."""
    folder = tmp_path_factory.mktemp("com")
    made = {}
    for name, flags in (("console", []), ("gui", ["-mwindows"])):
        made[name] = folder / f"{name}.exe"
        source = [f"-I{ROOT / 'sdk_shim'}", HERE / "com_host.c", "-o", made[name], "-lole32"]
        run([CC, "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-static-libgcc", "-municode", *flags, *source])
    return made


@dataclass
class Answer:
    driver: bool
    ms: float
    init: int
    name: str
    text: str


@dataclass
class Report:
    answers: list[Answer]
    remarks: list[str]  # what was changed, broken or failed


Host = Callable[..., Report]


@pytest.fixture
def host(machine: Machine, programs: dict[str, Path], tmp_path: Path) -> Host:
    """Runs the COM host; words: see com_host.c. streams: shell redirections instead of pipes."""

    def ask(clsid: str, *words: str, kind: str = "gui", streams: str = "") -> Report:
        file = tmp_path / "report.txt"
        file.unlink(missing_ok=True)
        command = [str(programs[kind]), windows_path(file), clsid, *words]
        if streams:
            shell = ["sh", "-c", f'exec wine "$0" "$@" {streams}', *command]
            code = subprocess.run(
                shell, env=machine.prefix.environment(), cwd=machine.prefix.folder, timeout=60, check=False
            ).returncode
        else:
            done = machine.prefix.run(command)
            code = done.returncode
            assert done.stdout == "" and done.stderr == ""
        assert code == 0, code
        answers, remarks = [], []
        for line in file.read_text(encoding="utf-8").splitlines():
            match = re.fullmatch(r"driver=(\d) ms=(\S+) init=(\S+) name=(.*?) text=(.*)", line)
            if match:
                driver, ms, init, name, text = match.groups()
                answers.append(Answer(driver == "1", float(ms), int(init), name, text))
            else:
                remarks.append(line)
        return Report(answers, remarks)

    return ask


def log_of(machine: Machine) -> str:
    logs = machine.prefix.folder.glob("drive_c/users/*/AppData/Local/asiokit/asiokit.log")
    return "".join(log.read_text(encoding="utf-8") for log in logs)


@pytest.mark.parametrize("kind", ["console", "gui"])
def test_any_host_on_any_thread(kind: str, machine: Machine, host: Host) -> None:
    with machine.registered("asiokit Com") as name:
        clsid = machine.class_id(name)
        for words in ([], ["thread"], ["threads=8"], ["threads=8", "mta"], ["nostd"], ["badstd"], ["again", "mta"]):
            report = host(clsid, *words, kind=kind)
            assert report.remarks == [], (words, report)
            assert all(a.driver and a.init == 1 and a.name == name for a in report.answers), (words, report)
            print(f"{kind} {words}: CoCreateInstance {report.answers[0].ms:.0f} ms")


@pytest.mark.parametrize("streams", ["</dev/null >/dev/null 2>&1", "<&- >&- 2>&-", "<&-", ">&- 2>&-", "</"])
def test_standard_streams_of_any_kind(streams: str, machine: Machine, host: Host) -> None:
    with machine.registered("asiokit Com") as name:
        report = host(machine.class_id(name), streams=streams)
        assert report.remarks == [] and report.answers[0].init == 1, (report, log_of(machine))


def test_the_rules_of_com(machine: Machine, host: Host) -> None:
    with machine.registered("asiokit Com") as name:
        report = host(machine.class_id(name), "com", f"dll={windows_path(machine.library)}")
        assert report.remarks == [] and report.answers[0].init == 1, report


def test_two_entries_of_one_dll_in_one_host(machine: Machine, host: Host) -> None:
    with machine.registered("asiokit One") as one, machine.registered("asiokit Two") as two:
        assert machine.class_id(one) != machine.class_id(two)
        assert host(machine.class_id(one)).answers[0].name == one
        assert host(machine.class_id(two)).answers[0].name == two


def test_a_class_that_is_not_ours(machine: Machine, host: Host) -> None:
    report = host(NOTHING, f"dll={windows_path(machine.library)}")
    assert report.remarks == ["failed=80040111"] and not report.answers[0].driver  # CLASS_E_CLASSNOTAVAILABLE


def test_regsvr32s_two_exports(machine: Machine, host: Host) -> None:
    with machine.registered("asiokit Server") as name:
        key = rf"HKLM\SOFTWARE\ASIO\{name}"
        clsid = machine.class_id(name)
        dll = windows_path(machine.library)
        assert host(NOTHING, f"unregister={dll}").remarks == ["enrolled=00000000"], log_of(machine)
        assert not machine.has_key(key)
        assert host(NOTHING, f"register={dll}").remarks == ["enrolled=00000000"], log_of(machine)
        assert machine.class_id(name) == clsid
        assert host(clsid).answers[0].init == 1


@dataclass
class Venv:
    """A venv as Windows lays it out, with the DLL and the probe package of the shim's own tests in it."""

    folder: Path
    clsid: str

    @property
    def package(self) -> Path:
        return self.folder / "Lib" / "site-packages" / "asiokit"


@pytest.fixture
def venv(machine: Machine, tmp_path: Path) -> Venv:
    folder = tmp_path / "Geräte 音 (neu)"
    made = Venv(folder, "{" + str(uuid.uuid4()).upper() + "}")
    made.package.mkdir(parents=True)
    (folder / "Scripts").mkdir()
    home = machine.python_exe.parent
    settings = f"home = {windows_path(home)}\ninclude-system-site-packages = false\nversion = 3.11.9\n"
    (folder / "pyvenv.cfg").write_text(settings, encoding="utf-8")
    shutil.copy2(machine.python_exe, folder / "Scripts")
    shutil.copy2(machine.library, made.package)
    (made.package / "__init__.py").write_text("")
    (made.package / "entry.py").write_text(PROBE)
    key = rf"HKLM\Software\Classes\CLSID\{made.clsid}"
    machine.prefix.set_registry(rf"{key}\InprocServer32", None, windows_path(made.package / "asiokit.dll"))
    machine.prefix.set_registry(rf"{key}\InprocServer32", "ThreadingModel", "Both")
    machine.prefix.set_registry(rf"{key}\asiokit", "name", "asiokit Vénv")
    return made


def test_a_venv_with_any_path_that_the_registry_does_not_name(machine: Machine, venv: Venv, host: Host) -> None:
    for streams in ("", "<&- >&- 2>&-"):
        report = host(venv.clsid, streams=streams)
        assert report.remarks == [], report
        assert report.answers[0].text == "probe of Python 3.11", (report, log_of(machine))
        assert report.answers[0].name == "asiokit Vénv"
    assert (venv.package / "told.json").exists()


def test_the_reasons_why_not(machine: Machine, venv: Venv, host: Host) -> None:
    def reason() -> str:
        (answer,) = host(venv.clsid).answers
        assert answer.driver and answer.init == 0 and len(answer.text.encode()) <= 123
        assert answer.text[:80] in log_of(machine)
        return answer.text

    (venv.package / "entry.py").write_text("raise RuntimeError('öut')")
    assert reason() == "asiokit.entry: RuntimeError: öut"
    (venv.package / "entry.cp398-win_amd64.pyd").write_text("")
    assert "no Python 3.98 library" in reason()
    (venv.folder / "pyvenv.cfg").write_text("home = C:\\gone\n")
    assert "broken venv" in reason() and "C:\\gone is gone" in reason()
    (venv.folder / "pyvenv.cfg").write_text("version = 3.11\n")
    assert "pyvenv.cfg names no home" in reason()
    key = rf"HKLM\Software\Classes\CLSID\{venv.clsid}\asiokit"
    machine.prefix.set_registry(key, "python_library", "C:\\moved\\python311.dll")
    machine.prefix.set_registry(key, "program", "C:\\moved\\python.exe")
    assert "C:\\moved\\python.exe is gone" in reason()

"""The doctor, on real entries and real libraries, sound ones and broken ones."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asiokit import install, paths
from asiokit.cli import main
from asiokit.install import checks

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="compiles drivers with cc")

HERE = Path(__file__).parent


@pytest.fixture
def entry(folders):
    """The default entry, registered."""
    install.enroll(None, True)
    [entry] = install.registered()
    return entry


def findings(iterator):
    return {finding.check: finding for finding in iterator}


def rewrite(entry, **values):
    """Changes what is recorded of an entry; returns it as it then is."""
    folder = Path(entry.key)
    if library := values.pop("library", None):
        (folder / "driver").write_text(f"{library}\n")
    record = {**paths.read_values(folder / "asiokit"), **{key: str(value) for key, value in values.items()}}
    (folder / "asiokit").write_text(paths.values_text(record))
    return install.find(entry.name)


def compile_driver(folder, how, *flags):
    library = folder / f"{how}.so"
    source = [str(HERE / "bad_driver.c"), f"-I{HERE.parents[1] / 'sdk_shim'}", f"-DHOW={how}"]
    subprocess.run(["cc", "-shared", "-fPIC", *flags, *source, "-o", str(library)], check=True)
    return library


def test_a_sound_installation_passes(entry, capsys):
    code = main(["doctor", "--json"])
    out = capsys.readouterr().out
    result = json.loads(out)
    assert [check for check in result["checks"] if check["status"] == "FAIL"] == []
    assert (code, result["ok"]) == (0, True)
    opened = [check for check in result["checks"] if check["check"] == "driver-opens"]
    assert [repr(entry.name) in check["text"] for check in opened] == [True]
    assert {check["check"] for check in result["checks"]} >= {
        *("python-library", "compiled-modules", "machine", "library", "python-found", "device-classes", "wait"),
        *("priority", "cpu-wakeful", "wake-up", "registered", "python", "config", "driver-opens", "log"),
    }


def test_it_reads_well(entry, capsys):
    assert main(["doctor", entry.name]) == 0
    out = capsys.readouterr().out
    assert f"asiokit in {sys.prefix}" in out and f"driver {entry.name!r}" in out and out.endswith("all is well\n")


def test_an_unknown_name_and_one_that_is_only_created(entry, folders, capsys):
    assert main(["doctor", "nobody"]) == 2
    folders[0].mkdir()
    (folders[0] / "New.toml").write_text('name = "New"\ndevice = "no-such-device"\n')
    assert main(["doctor", "New"]) == 1
    out = capsys.readouterr().out
    assert "hosts can't see it" in out and "'no-such-device' is unknown" in out and "2 of " in out


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("REFUSES", "the moon is in the wrong house"),
        ("STRANGER", "does not know the entry"),
        ("CRASHES", "crashed (SIGABRT)"),
        ("CRASHES_AT_EXIT", "crashed (SIGABRT) after it had answered"),
        ("HANGS", "hangs: no answer for 1 s"),
    ],
)
def test_a_driver_that_does_not_open(entry, tmp_path, monkeypatch, how, text):
    monkeypatch.setattr(checks, "CHILD_SECONDS", 1.0 if how == "HANGS" else 30.0)
    found = findings(checks.check_entry(rewrite(entry, library=compile_driver(tmp_path, how))))
    assert found["library"].status == "ok" and found["machine"].status == "ok"
    assert found["driver-opens"].status == "FAIL" and text in found["driver-opens"].text


def test_a_library_that_is_none(entry, tmp_path):
    (tmp_path / "text.so").write_text("not a library")
    found = findings(checks.check_entry(rewrite(entry, library=tmp_path / "text.so")))
    assert found["machine"].status == "FAIL" and "is no library" in found["machine"].text
    assert found["library"].status == "FAIL" and "OSError" in found["library"].text
    forgetful = compile_driver(tmp_path, "REFUSES", "-DFORGETFUL")
    found = findings(checks.check_entry(rewrite(entry, library=forgetful)))
    assert "does not export unregisterDriver" in found["library"].text


def test_what_is_gone_is_named(entry, tmp_path):
    gone = tmp_path / "gone"
    for what, check in [("library", "library"), ("program", "python"), ("python_library", "python-library"),
                        ("path", "package"), ("config", "config")]:  # fmt: skip
        found = findings(checks.check_entry(rewrite(entry, **{what: gone})))
        assert found[check].status == "FAIL" and str(gone) in found[check].text, what
        install.enroll(entry.name, True)


def test_a_venv_whose_python_is_gone(entry, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    program = tmp_path / "venv" / "bin" / "python"
    settings = tmp_path / "venv" / "pyvenv.cfg"
    settings.write_text(f"home = {tmp_path / 'uninstalled'}\n")
    found = findings(checks.check_entry(rewrite(entry, program=program)))
    assert found["venv"].status == "FAIL" and "uninstalled" in found["venv"].text
    shutil.move(tmp_path / "venv", tmp_path / "moved")
    found = findings(checks.check_entry(rewrite(entry, program=program)))
    assert found["python"].status == "FAIL" and str(program) in found["python"].text


def test_a_library_that_starts_another_python(entry, tmp_path):
    folder = tmp_path / "asiokit"
    folder.mkdir()
    library = compile_driver(folder, "REFUSES")
    (folder / paths.LOCATION_FILE).write_text("program=/another/python\n")
    found = findings(checks.check_entry(rewrite(entry, library=library)))
    assert found["python-found"].status == "FAIL" and "/another/python" in found["python-found"].text


def test_a_config_that_is_wrong(entry, tmp_path):
    file = tmp_path / "a.toml"
    file.write_text(f'name = "{entry.name}"\ndevice = "no-such-device"\n')
    found = findings(checks.check_entry(rewrite(entry, config=file)))
    assert found["config"].status == "FAIL" and "'no-such-device' is unknown" in found["config"].text
    assert found["driver-opens"].status == "FAIL" and "no-such-device" in found["driver-opens"].text


def test_compiled_modules_of_another_python(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "package_folder", lambda: tmp_path)
    assert "there are none" in checks._compiled().text
    (tmp_path / "entry.cpython-399-x86_64-linux-gnu.so").touch()
    found = checks._compiled()
    assert found.status == "FAIL" and "there are entry.cpython-399" in found.text


def test_machine_types(tmp_path):
    assert checks.machine_of(sys.executable) == checks.machine_of(str(paths.shim_library())) != ""
    for head, machine in [
        (b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0\x4c\x01", "x86"),
        (b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0\x64\xaa", "ARM64"),
        (b"MZ" + bytes(58) + (9999).to_bytes(4, "little"), ""),
        (b"\x7fELF\x02\x01" + bytes(12) + b"\x3e\0", "x86-64"),
        (b"\x7fELF\x02\x01" + bytes(12) + b"\x99\x99", "machine 0x9999"),
        (b"\x7fELF", ""),
        (b"", ""),
    ]:
        (tmp_path / "x").write_bytes(head)
        assert checks.machine_of(str(tmp_path / "x")) == machine
    assert checks.machine_of(str(tmp_path / "absent")) == ""


def test_the_log_ends_with_its_last_lines(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert checks.log_tail().text == f"{tmp_path}/asiokit/asiokit.log: none yet"
    os.mkdir(tmp_path / "asiokit")
    (tmp_path / "asiokit" / "asiokit.log").write_bytes(b"".join(b"line %d \xff\n" % i for i in range(20)))
    assert checks.log_tail().text.splitlines()[1:] == [f"line {i} \ufffd" for i in range(15, 20)]

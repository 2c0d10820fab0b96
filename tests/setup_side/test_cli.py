"""The command line, by calling main()."""

import io
import json
import os
import subprocess
import sys

import pytest

import asiokit
from asiokit import cli
from asiokit.cli import main
from asiokit.config import load_entry

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="writes cwASIO entries")

OURS = ["devices", "create", "register", "unregister", "list", "doctor"]


@pytest.fixture
def run(folders, echo, capsys):
    """run(*words): (exit code, stdout, stderr)."""

    def call(*words):
        code = main(list(words))
        return code, *capsys.readouterr()

    return call


def test_version(run):
    code, out, _ = run("--version")
    assert code == 0 and out.startswith(f"asiokit {asiokit.__version__} (Python {sys.version.split()[0]}")


def test_help_lists_every_command_and_fits_80_columns(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = run("--help")
    assert code == 0 and all(f"    {name} " in out for name in cli.COMMANDS)
    for name in OURS:
        code, text, _ = run(name, "--help")
        assert code == 0 and f"usage: asiokit {name}" in text and "example:" in text and f"  asiokit {name}" in text
        assert max(map(len, (out + text).splitlines())) <= 80
        assert "cli:" not in out + text


def test_only_the_chosen_command_is_imported():
    script = "import sys; from asiokit.cli import main; main(['list', '--help']); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "'asiokit.cli.listing'" in loaded and "'asiokit.cli.create'" not in loaded and "'numpy'" not in loaded


def test_bad_usage_ends_with_2(run):
    code, _, err = run("regster")
    assert code == 2 and "asiokit: error: unknown command 'regster' (did you mean 'register'?)" in err
    assert run()[0] == 2
    assert run("--nonsense")[0] == 2
    assert run("create")[0] == 2
    assert run("list", "--nonsense")[0] == 2


def test_create_writes_what_was_said(run, folders, echo):
    code, out, err = run(
        *("create", "My Echo", "--device", echo, "-o", "channels=8", "-o", "mode=dry", "--sample-type", "int24"),
        *("--rate", "96000", "--rates", "48000,96000", "--buffer", "64:512:128", "--clock", "freewheel"),
    )
    file = folders[0] / "My Echo.toml"
    assert (code, err) == (0, "") and f"created {file}" in out and 'asiokit register "My Echo"' in out
    config = load_entry(file)
    assert (config.name, config.device, config.options) == ("My Echo", echo, {"channels": 8, "mode": "dry"})
    assert (config.sample_type, config.rate_hz, config.rates_hz, config.clock) == (
        *("int24", 96000.0, (48000.0, 96000.0), "freewheel"),
    )
    assert config.buffer_frames.fields() == {"min": 64, "max": 512, "preferred": 128, "granularity": -1}
    assert os.listdir(folders[0]) == ["My Echo.toml"]


def test_create_takes_steps_between_buffer_sizes(run, folders, echo):
    assert run("create", "E", "--device", echo, "--buffer", "48:4800:480:48")[0] == 0
    assert load_entry(folders[0] / "E.toml").buffer_frames.rule() == "48 to 4800 in steps of 48"


def test_create_registers_if_asked(run, folders, echo):
    code, out, _ = run("create", "E", "--device", echo, "--buffer", "100", "--register")
    assert code == 0 and "registered E" in out and (folders[1] / "E" / "driver").exists()
    assert load_entry(folders[0] / "E.toml").buffer_frames.fields() == {
        **{"min": 100, "max": 100, "preferred": 100, "granularity": 0},
    }


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--device", "eko-test"], "device class 'eko-test' is unknown (did you mean 'echo-test'?)"),
        (["-o", "chanels=2"], "device 'echo-test': option 'chanels': is unknown (did you mean 'channels'?)"),
        (["-o", "channels=65"], "option 'channels': 65 is outside 1 to 64"),
        (["-o", "channels=two"], "option 'channels': must be an integer (1 to 64), is a string"),
        (["-o", "channels"], "-o channels: must be KEY=VALUE"),
        (["-o", "mode=damp"], "'damp' is not possible"),
        (["--sample-type", "float31"], "(did you mean 'float32'?)"),
        (["--rate", "1"], "key 'stream.rate_hz': 1.0 is outside 8000 to 768000 Hz"),
        (["--rate", "fast"], "argument --rate: invalid rate in Hz value: 'fast'"),
        (["--rates", "44100"], "48000 is not one of rates_hz (44100)"),
        (["--buffer", "64:32"], "64 is above max, 32"),
        (["--buffer", "many"], "argument --buffer: invalid MIN:MAX:PREFERRED value: 'many'"),
        (["--buffer", "1:2:3:4:5"], "must be MIN:MAX:PREFERRED:STEP"),
        (["--buffer", "48:96:48"], "48 is not a legal size: powers of two from 48 to 96"),
        (["--clock", "sundial"], "argument --clock: invalid choice: 'sundial'"),
    ],
)
def test_create_refuses_by_name(run, folders, echo, words, part):
    device = [] if "--device" in words else ["--device", echo]
    code, out, err = run("create", "E", *device, *words)
    assert (code, out) == (2, "") and part in err
    assert not folders[0].exists()


def test_create_replaces_only_by_force(run, folders, echo):
    assert run("create", "E", "--device", echo)[0] == 0
    code, _, err = run("create", "E", "--device", echo, "-o", "channels=4")
    assert code == 2 and "E.toml exists already" in err and "--force" in err
    assert run("create", "E", "--device", echo, "-o", "channels=4", "--force")[0] == 0
    assert load_entry(folders[0] / "E.toml").options == {"channels": 4}


def test_create_does_not_take_a_foreign_drivers_name(run, folders, echo):
    (folders[1] / "Vendor").mkdir(parents=True)
    (folders[1] / "Vendor" / "driver").write_text("/opt/v.so")
    code, _, err = run("create", "Vendor", "--device", echo)
    assert code == 2 and "belongs to another driver (/opt/v.so)" in err


def test_register_list_unregister(run, folders, echo):
    assert run("list") == (0, "no entries: asiokit create NAME --device CLASS makes one\n", "")
    for name in ("A", "B"):
        run("create", name, "--device", echo)
    assert [row["state"] for row in json.loads(run("list", "--json")[1])] == ["not registered"] * 2
    code, out, _ = run("register")
    assert code == 0 and out.count("registered") == 2
    code, out, _ = run("list")
    assert code == 0 and out.splitlines()[1].split() == ["A", echo, "ok"] and str(folders[0] / "A.toml") in out
    code, out, err = run("unregister", "A", "C")
    assert code == 1 and out == "unregistered A\n" and "asiokit: error: no driver 'C' is registered" in err
    assert run("unregister", "C")[0] == 2
    assert run("unregister")[0] == 2 and run("unregister", "--all", "A")[0] == 2
    assert run("unregister", "--all") == (0, "unregistered B\n", "")
    assert run("unregister", "--all") == (0, "nothing is registered\n", "")
    assert not folders[1].exists() and len(os.listdir(folders[0])) == 2


def test_register_by_file(run, folders, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('name = "Mine"\ndevice = "echo-test"\n')
    assert run("register", str(file))[0] == 0
    assert json.loads(run("list", "--json")[1])[0]["config"] == str(file)
    assert run("register", str(tmp_path / "none.toml"))[0] == 2


def test_without_created_entries_the_default_one_is_registered(run, folders):
    code, out, _ = run("register")
    assert code == 0 and out.startswith("registered ")
    [row] = json.loads(run("list", "--json")[1])
    assert row["state"] == "ok" and row["config"].endswith("default.toml")


def test_list_says_what_is_broken(run, folders, echo):
    run("create", "A", "--device", echo, "--register")
    (folders[0] / "A.toml").write_text('name = "A"\ndevice = 5\n')
    (folders[0] / "Other.toml").write_text("name")
    (folders[1] / "Vendor").mkdir()
    (folders[1] / "Vendor" / "driver").write_text("/opt/v.so")
    code, out, _ = run("list")
    assert code == 1 and "Vendor" not in out
    assert "A.toml:2: key 'device'" in out and "Other.toml:1: is not valid TOML" in out
    states = {row["name"]: row["state"] for row in json.loads(run("list", "--all", "--json")[1])}
    assert states == {"A": "broken", "Vendor": "foreign", "": "broken"}


def test_devices_shows_broken_ones_with_their_error(run, install, echo):
    code, out, _ = run("devices", "--json")
    assert code == 0
    shown = {device["name"]: device for device in json.loads(out)}[echo]
    assert shown["origin"] == "echo_devices 1.2" and shown["error"] == ""
    assert shown["options"][1] == {
        **{"name": "delay_frames", "type": "int", "default": 0, "help": "how late", "minimum": 0, "maximum": None},
        **{"unit": "frames", "choices": None, "span": "0 frames and above", "is_path": False},
    }
    install("bad", {"bad-test": "bad_cli:Bad", "echo-test": "x:Y"}, {"bad_cli": "1/0"})
    code, out, _ = run("devices")
    assert code == 1 and "ZeroDivisionError" in out and "another package declares the same name" in out
    assert "wet, dry" in out


def test_devices_shows_each_package_that_claims_a_name(run, install, echo):
    install("twin", {echo: "twin_module:Twin"}, {"twin_module": "class Twin:\n    pass"})
    code, out, _ = run("devices", "--json")
    twins = {device["origin"]: device["error"] for device in json.loads(out) if device["name"] == echo}
    clash = "another package declares the same name: uninstall one of them"
    assert code == 1 and twins == {"echo_devices 1.2": clash, "twin 1.2": clash}


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("raise OSError('no card')", ["OSError: no card", "the mistake is in bad"]),
        ("raise SystemExit(3)", ["SystemExit: 3"]),
        (None, ["No module named 'bad_cli'", "reinstall bad"]),
        ("", ["has no attribute 'Bad'", "reinstall bad"]),
        ("Bad = 5", ["is not a class"]),
        ("class Bad:\n    OPTIONS = 5", ["OPTIONS must be a tuple of Option", "the mistake is in bad"]),
        ("class Bad:\n    OPTIONS = ('channels',)", ["OPTIONS must be a tuple of Option", "the mistake is in bad"]),
    ],
)
def test_a_broken_class_hides_no_other(run, install, echo, source, parts):
    install("bad", {"bad-test": "bad_cli:Bad"}, {} if source is None else {"bad_cli": source})
    code, out, _ = run("devices", "--json")
    listed = {device["name"]: device for device in json.loads(out)}
    assert code == 1 and listed[echo]["error"] == "" and len(listed[echo]["options"]) == 3
    assert listed["bad-test"]["origin"] == "bad 1.2" and listed["bad-test"]["options"] == []
    assert all(part in listed["bad-test"]["error"] for part in parts)
    code, out, _ = run("devices")
    assert code == 1 and "bad-test  (bad 1.2, bad_cli:Bad)\n    error: " in out and "wet, dry" in out


def test_a_console_of_an_old_code_page_never_fails(folders, echo, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="cp437")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    folders[0].mkdir()
    (folders[0] / "日本.toml").write_text('name = "Ü"\n', encoding="utf-8")
    assert main(["list"]) == 1
    out.seek(0)
    assert "\\u65e5\\u672c.toml" in out.read()


def test_a_closed_pipe_is_met_quietly(folders):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as pipe:
        ended = subprocess.run(
            [sys.executable, "-m", "asiokit", "devices"], stdout=pipe, stderr=subprocess.PIPE, check=False
        )
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_an_interrupt_ends_quietly(run, monkeypatch):
    def interrupted(arguments):
        raise KeyboardInterrupt

    run("list")
    monkeypatch.setattr(sys.modules["asiokit.cli.listing"], "run", interrupted)
    assert run("list") == (130, "", "")


def test_every_command_of_ours_has_an_example_that_parses():
    for name in OURS:
        module = cli._import(name)
        assert module.EXAMPLE.strip().startswith("asiokit ")

"""asiokit probe: what a host can read, in words and in JSON."""

import json

import pytest

from asiokit.cli import main


def test_the_reference_driver_in_words(reference, capsys):
    assert main(["probe", str(reference.path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    facts = dict(line.split(None, 1) for line in lines if line and not line[0].isdigit())
    assert facts["driver"] == "asiokit reference, version 1"
    assert facts["channels"] == "4 in, 4 out"
    assert facts["buffer"] == "32 to 2048 frames, powers of two; prefers 256"
    assert facts["latency"] == "256 in + 0 out = 256 frames"
    assert facts["clock"] == "Internal (current)"
    assert "4  Out 4    Float32LSB  0" in lines


def test_the_same_in_json(reference, capsys):
    assert main(["probe", str(reference.path), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["rates_hz"] == [8000, 16000, 32000, 44100, 48000, 88200, 96000, 176400, 192000]
    assert facts["buffer_frames"] == {"min": 32, "max": 2048, "preferred": 256, "granularity": -1}
    assert facts["future"] == {**dict.fromkeys(facts["future"], False), "time info": True}
    assert [channel["name"] for channel in facts["inputs"]] == ["In 1", "In 2", "In 3", "In 4"]
    assert (facts["output_ready"], facts["io_formats"], facts["internal_frames"]) == (False, [], None)
    assert facts["refused"] == {}


@pytest.mark.parametrize(
    ("slot", "name", "code"),
    [(9, "channels", 1), (11, "buffer_frames", 1), (18, "inputs", 1), (15, "clock_sources", 0)],
)
def test_refusals_are_shown_and_the_necessary_ones_counted(reference, capsys, slot, name, code):
    reference.fail(slot, -999)
    assert main(["probe", str(reference.path), "--json"]) == code
    assert "ASE_HWMalfunction" in json.loads(capsys.readouterr().out)["refused"][name]
    assert main(["probe", str(reference.path)]) == code
    assert f"ASE_HWMalfunction: slot {slot} was told to fail" in capsys.readouterr().out


def test_a_driver_that_does_not_init(reference, capsys):
    reference.fail(3, -999)
    assert main(["probe", str(reference.path)]) == 2
    assert "init failed: init was told to fail" in capsys.readouterr().err


def test_a_device_in_this_process(capsys):
    assert main(["probe", "device:loopback,inputs=14,outputs=3,rate_hz=44100", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["channels"] == {"inputs": 14, "outputs": 3}
    assert facts["rate_hz"] == 44100
    assert main(["probe", "device:loopback,inputs=14,outputs=3"]) == 0
    assert "and 2 more (--all lists them)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("device:loopbak", "did you mean 'loopback'"),
        ("device:loopback,inptus=3", "did you mean 'inputs'"),
        ("device:loopback,inputs=9999", "outside 0 to 512"),
        ("device:loopback,rate_hz=fast", "which is no number"),
        ("no such driver", "no ASIO driver named 'no such driver'"),
        ("./nowhere.so", "no such file"),
    ],
)
def test_what_can_not_be_opened(spec, text, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("ASIOKIT_CWASIO_DIR", str(tmp_path))
    assert main(["probe", spec]) == 2
    assert text in capsys.readouterr().err

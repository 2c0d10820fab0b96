"""asiokit play and record: files through a driver, with every bit that both have."""

import json
import re
import signal
import threading

import numpy as np
import pytest
import soundfile

from asiokit.cli import audio_file, main
from asiokit.host.samples import SAMPLE_TYPES

RNG = np.random.default_rng(5)


def write(path, subtype, n_channels=2, rate_hz=48000, n_frames=4800):
    samples = RNG.integers(-(2**31), 2**31, (n_frames, n_channels)).astype(np.int32)
    soundfile.write(str(path), samples, rate_hz, subtype=subtype)
    return path


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_play(reference, tmp_path, capsys, subtype):
    file = write(tmp_path / "a.wav", subtype, rate_hz=44100)
    assert main(["play", str(reference.path), str(file), "--frames", "64", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["rate_hz"], facts["buffer_frames"], facts["channels"]) == (44100, 64, 2)
    assert facts["seconds"] == pytest.approx(4800 / 44100)
    assert facts["buffer_switches"] >= 75
    assert facts["rounded"] is False


def test_play_rounds_where_it_must_and_says_so(reference, tmp_path, capsys):
    reference.option(reference.SAMPLE_TYPE, 16)
    file = write(tmp_path / "a.wav", "PCM_24")
    assert main(["play", str(reference.path), str(file)]) == 0
    assert "samples were rounded: the driver's type is Int16LSB" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "text"),
    [(["--outputs", "5,6"], "there is no number 6|want number 6"), (["--frames", "100"], "createBuffers")],
)
def test_play_what_does_not_fit(reference, tmp_path, capsys, options, text):
    file = write(tmp_path / "a.wav", "PCM_16")
    assert main(["play", str(reference.path), str(file), *options]) == 2
    assert re.search(text, capsys.readouterr().err)


def test_play_files_that_can_not_be_played(reference, tmp_path, capsys):
    assert main(["play", str(reference.path), str(tmp_path / "none.wav")]) == 2
    assert "no such file" in capsys.readouterr().err
    (tmp_path / "text.wav").write_text("not audio")
    assert main(["play", str(reference.path), str(tmp_path / "text.wav")]) == 2
    assert "not an audio file" in capsys.readouterr().err
    odd = write(tmp_path / "odd.wav", "PCM_16", rate_hz=12345)
    assert main(["play", str(reference.path), str(odd)]) == 2
    assert "12345 Hz, which asiokit reference refuses" in capsys.readouterr().err


def test_record_takes_its_length_and_its_channels(reference, tmp_path, capsys):
    file = tmp_path / "take.wav"
    options = ["--seconds", "0.2", "--inputs", "2-3", "--rate", "96000", "--json"]
    assert main(["record", str(reference.path), str(file), *options]) == 0
    facts = json.loads(capsys.readouterr().out)
    about = soundfile.info(str(file))
    assert (about.frames, about.channels, about.samplerate, about.subtype) == (19200, 2, 96000, "FLOAT")
    assert (facts["frames"], facts["peak"], facts["subtype"]) == (19200, 0, "FLOAT")


def test_record_refuses_before_it_records(reference, tmp_path, capsys):
    for file, text in ((tmp_path / "no" / "x.wav", "no folder"), (tmp_path / "x.foo", "unknown kind of audio file")):
        assert main(["record", str(reference.path), str(file), "--seconds", "999"]) == 2
        assert text in capsys.readouterr().err
    assert main(["record", str(reference.path), str(tmp_path / "x.wav"), "--inputs", "5"]) == 2
    assert "there is no number 5" in capsys.readouterr().err
    for bad in ("0", "x", "3-1"):
        assert main(["record", str(reference.path), str(tmp_path / "x.wav"), "--inputs", bad]) == 2
        capsys.readouterr()


def test_control_c_keeps_what_has_come(reference, tmp_path, capsys):
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    timer = threading.Timer(0.5, signal.pthread_kill, (main_thread, signal.SIGINT))
    timer.start()
    assert main(["record", str(reference.path), str(tmp_path / "x.wav"), "--seconds", "60", "--json"]) == 0
    timer.join()
    facts = json.loads(capsys.readouterr().out)
    assert 0 < facts["frames"] < 48000 * 30
    assert soundfile.info(str(tmp_path / "x.wav")).frames == facts["frames"]


@pytest.mark.parametrize(
    ("name", "code", "subtype"),
    [
        ("x.wav", 16, "PCM_16"),
        ("x.wav", 17, "PCM_24"),
        ("x.wav", 18, "PCM_32"),
        ("x.wav", 24, "PCM_16"),
        ("x.wav", 26, "PCM_24"),
        ("x.wav", 19, "FLOAT"),
        ("x.wav", 20, "DOUBLE"),
        ("x.flac", 19, "PCM_24"),
        ("x.flac", 16, "PCM_16"),
        ("x.ogg", 19, "VORBIS"),
    ],
)
def test_the_file_keeps_all_bits_where_it_can(name, code, subtype):
    assert audio_file.subtype_for(name, SAMPLE_TYPES[code]) == subtype


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT"])
def test_files_are_read_and_written_bit_for_bit(tmp_path, subtype):
    first = write(tmp_path / "a.wav", subtype)
    data, rate_hz, about = audio_file.read(first)
    assert (rate_hz, about["subtype"], data.dtype) == (48000, subtype, audio_file.dtype_for(subtype))
    audio_file.write(tmp_path / "b.wav", data, rate_hz, subtype)
    assert np.array_equal(audio_file.read(tmp_path / "b.wav")[0], data)

"""Option tables of device classes: what is taken, what is refused, and how the message reads."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asiokit.device.options import Option, resolve_options
from asiokit.errors import ConfigError

OPTIONS = (
    Option("channels", int, 2, "channels each way", minimum=1, maximum=512),
    Option("gain_db", float, 0.0, "gain of all channels", minimum=-120.0, unit="dB"),
    Option("file", str, None, "what to play"),
    Option("loop", bool, False, "start again at the end"),
    Option("mode", str, "direct", "how", choices=("direct", "routed")),
    Option("routing", list, [], "pairs of channels"),
)


def test_what_is_not_given_has_its_default():
    assert resolve_options(OPTIONS, {}) == {
        **{"channels": 2, "gain_db": 0.0, "file": None, "loop": False, "mode": "direct", "routing": []},
    }


def test_given_values_are_taken_as_they_are_and_integers_become_floats():
    resolved = resolve_options(OPTIONS, {"channels": 512, "gain_db": -3, "routing": [[1, 2]], "file": "a.wav"})
    assert resolved["channels"] == 512 and resolved["routing"] == [[1, 2]] and resolved["file"] == "a.wav"
    assert resolved["gain_db"] == -3.0 and type(resolved["gain_db"]) is float


def test_defaults_are_not_shared():
    resolve_options(OPTIONS, {})["routing"].append(1)
    assert resolve_options(OPTIONS, {})["routing"] == []


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({"channels": 0}, ["'channels'", "0 is outside 1 to 512"]),
        ({"channels": 2.0}, ["'channels'", "must be an integer (1 to 512)", "a float"]),
        ({"channels": True}, ["'channels'", "a boolean"]),
        ({"channels": "2"}, ["'channels'", "a string"]),
        ({"chanels": 2}, ["'chanels'", "mean 'channels'", "gain_db"]),
        ({"gain_db": -121}, ["'gain_db'", "-121", "-120 dB and above"]),
        ({"gain_db": math.nan}, ["'gain_db'", "nan"]),
        ({"gain_db": 1 << 2000}, ["'gain_db'", "an integer"]),
        ({"channels": 1 << 20000}, ["'channels'", "70 digits"]),
        ({"mode": "rooted"}, ["'mode'", "mean 'routed'", "direct, routed"]),
        ({"loop": 1}, ["'loop'", "must be a boolean"]),
        ({"routing": {}}, ["'routing'", "must be an array", "a table"]),
    ],
)
def test_a_wrong_value_names_device_and_key(given, parts):
    with pytest.raises(ConfigError) as caught:
        resolve_options(OPTIONS, given, device="loopback")
    assert str(caught.value).startswith("device 'loopback': option '")
    assert caught.value.key == f"options.{next(iter(given))}"
    for part in parts:
        assert part in str(caught.value)


def test_files_lie_beside_the_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")
    table = (
        Option("one", str, "", "a file", is_path=True),
        Option("many", list, [], "files", is_path=True),
        Option("text", str, "", "no file"),
    )
    absolute = str((tmp_path / "b.wav").absolute())
    given = {"one": "a.wav", "many": ["sub/a.wav", absolute, "~/c.wav"], "text": "a.wav"}
    resolved = resolve_options(table, given, folder=tmp_path)
    assert resolved["one"] == str(tmp_path / "a.wav")
    assert resolved["many"] == [str(tmp_path / "sub" / "a.wav"), absolute, str(Path("/home/me") / "c.wav")]
    assert resolved["text"] == "a.wav"
    assert resolve_options(table, {}, folder=tmp_path) == {"one": "", "many": [], "text": ""}
    assert table[1].from_text("a.wav") == ["a.wav"]
    assert table[1].from_text('["a.wav", "b.wav"]') == ["a.wav", "b.wav"]
    with pytest.raises(TypeError, match="a path is a str"):
        Option("number", int, 1, "no file", is_path=True)


def test_a_device_without_options_says_so():
    with pytest.raises(ConfigError, match="the device has no options"):
        resolve_options((), {"x": 1})


def test_a_table_that_contradicts_itself_fails_when_it_is_made():
    for arguments in [
        ("a", complex, 0, ""),
        ("a", int, 0.5, ""),
        ("a", str, "a", "", 1),
        ("a", int, 0, "", 1, 2),
        ("a", str, "c", "", None, None, "", ("a", "b")),
    ]:
        with pytest.raises(TypeError, match="'a'"):
            Option(*arguments)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("channels", "8", 8),
        ("channels", "0x10", 16),
        ("gain_db", "-6", -6.0),
        ("gain_db", "1.5", 1.5),
        ("loop", "true", True),
        ("file", "8", "8"),
        ("file", "a = 'b'", "a = 'b'"),
        ("routing", "[[1, 2], [2, 1]]", [[1, 2], [2, 1]]),
    ],
)
def test_a_command_lines_text_means_what_toml_would(name, text, value):
    option = next(option for option in OPTIONS if option.name == name)
    assert option.from_text(text) == value and type(option.from_text(text)) is option.type


@given(st.sampled_from(OPTIONS), st.text())
def test_no_text_raises_anything_but_config_error(option, text):
    try:
        assert type(option.from_text(text)) is option.type
    except ConfigError as error:
        assert option.name in str(error)

"""Entry files: what is read, what is refused, and where the message points."""

import copy
import datetime
import pickle
import subprocess
import sys
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asiokit.config import (
    CLOCKS,
    FRAMES_MAX,
    FRAMES_MIN,
    NAME_FORBIDDEN,
    SAMPLE_TYPES,
    BufferSizes,
    EntryConfig,
    load_entry,
    parse_entry,
)
from asiokit.config_text import entry_text, line_of, toml_value
from asiokit.errors import ConfigError

WHOLE = """\
name = "asiokit Loopback"
device = "loopback"
[options]
channels = 4
[stream]
sample_type = "int24_msb"
rate_hz = 44100
rates_hz = [44100, 48000]
buffer_frames = { min = 64, max = 512, preferred = 128, granularity = -1 }
clock = "freewheel"
spin_us = 50
[answers]
getChannels = "NotPresent"
"""


def write(tmp_path, text):
    path = tmp_path / "entry.toml"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_every_setting_is_read(tmp_path):
    path = write(tmp_path, WHOLE)
    config = load_entry(path)
    assert config == EntryConfig(
        name="asiokit Loopback",
        device="loopback",
        options={"channels": 4},
        sample_type="int24_msb",
        rate_hz=44100.0,
        rates_hz=(44100.0, 48000.0),
        buffer_frames=BufferSizes(64, 512, 128, -1),
        clock="freewheel",
        spin_us=50,
        answers={"getChannels": "NotPresent"},
    )
    assert config.path == path
    assert isinstance(config.rate_hz, float)


def test_watch_is_true_or_false():
    assert parse_entry('name = "A"\ndevice = "b"\nwatch = true').watch is True
    with pytest.raises(ConfigError, match="must be true or false, is an integer"):
        parse_entry('name = "A"\ndevice = "b"\nwatch = 1')


def test_defaults():
    config = parse_entry('name = "A"\ndevice = "b"')
    assert config.buffer_frames == BufferSizes(32, 2048, 256, -1)
    assert (config.sample_type, config.rate_hz, config.rates_hz, config.clock) == ("float32", 48000.0, None, "realtime")
    assert config.options == {} and config.answers == {} and config.watch is False
    assert config.allows_rate(8000) and config.allows_rate(768000) and not config.allows_rate(7999)
    assert not config.allows_rate(float("nan"))


def test_windows_line_ends_and_byte_order_mark(tmp_path):
    path = tmp_path / "entry.toml"
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert load_entry(path) == parse_entry(WHOLE)


def changed(old, new):
    assert old in WHOLE
    return WHOLE.replace(old, new)


@pytest.mark.parametrize(
    ("text", "line", "parts"),
    [
        (changed("rate_hz = 44100\n", 'rate_hz = "fast"\n'), 7, ["'stream.rate_hz'", "8000 to 768000 Hz", "a string"]),
        (changed("rate_hz = 44100\n", "rate_hz = 7999\n"), 7, ["'stream.rate_hz'", "7999", "8000 to 768000"]),
        (changed("rate_hz = 44100\n", "rate_hz = nan\n"), 7, ["'stream.rate_hz'", "nan"]),
        (changed("rate_hz = 44100\n", "rate_hz = true\n"), 7, ["'stream.rate_hz'", "a boolean"]),
        (changed("rate_hz = 44100\n", "rate_hz = 96000\n"), 7, ["'stream.rate_hz'", "96000", "44100, 48000"]),
        (changed("rate_hz = 44100\n", "rate_hs = 44100\n"), 7, ["'stream.rate_hs'", "mean 'rate_hz'", "sample_type"]),
        (changed("[44100, 48000]", "[]"), 8, ["'stream.rates_hz'", "at least one"]),
        (changed("[44100, 48000]", "[44100, 44100.0]"), 8, ["'stream.rates_hz'", "twice"]),
        (changed("[44100, 48000]", "[44100, 1]"), 8, ["'stream.rates_hz'", "1 is outside"]),
        (changed('"int24_msb"', '"int24msb"'), 6, ["'stream.sample_type'", "mean 'int24_msb'", "float64_msb"]),
        (changed('"freewheel"', '"free-wheel"'), 10, ["'stream.clock'", "mean 'freewheel'", "realtime"]),
        (changed("spin_us = 50", "spin_us = 201"), 11, ["'stream.spin_us'", "201 is outside 0 to 200"]),
        (changed("spin_us = 50", "spin_us = -1"), 11, ["'stream.spin_us'", "-1 is outside 0 to 200"]),
        (changed("spin_us = 50", "spin_us = 10.0"), 11, ["'stream.spin_us'", "integer from 0 to 200", "a float"]),
        (changed("spin_us = 50", "spin_us = true"), 11, ["'stream.spin_us'", "a boolean"]),
        (changed("spin_us = 50", "spin_ms = 1"), 11, ["'stream.spin_ms'", "mean 'spin_us'"]),
        (changed("min = 64", "min = 15"), 9, ["'stream.buffer_frames.min'", "15 is outside 16 to 8192"]),
        (changed("max = 512", "max = 8193"), 9, ["'stream.buffer_frames.max'", "8193"]),
        (changed("max = 512", "max = 500"), 9, ["'stream.buffer_frames.max'", "500", "powers of two"]),
        (changed("min = 64", "min = 1024"), 9, ["'stream.buffer_frames.min'", "above max, 512"]),
        (changed("preferred = 128", "preferred = 130"), 9, ["preferred'", "130 is not a legal size"]),
        (changed("preferred = 128", "preferred = 1024"), 9, ["preferred'", "1024 is not a legal size"]),
        (changed("preferred = 128", "prefered = 128"), 9, ["prefered'", "mean 'preferred'"]),
        (changed("granularity = -1", "granularity = 0"), 9, ["granularity'", "min equal to max"]),
        (changed("granularity = -1", "granularity = -2"), 9, ["granularity'", "-2 is outside"]),
        (changed("granularity = -1", "granularity = 100"), 9, ["max'", "64 to 512 in steps of 100"]),
        (changed('"asiokit Loopback"', '"a/b"'), 1, ["'name'", "'/'", "printable ASCII"]),
        (changed('"asiokit Loopback"', '""'), 1, ["'name'", "1 to 31"]),
        (changed('"asiokit Loopback"', f'"{"x" * 32}"'), 1, ["'name'", "32 characters"]),
        (changed('"asiokit Loopback"', '"Bücher"'), 1, ["'name'", "'ü'"]),
        (changed('"asiokit Loopback"', '".hidden"'), 1, ["'name'", "dot"]),
        (changed('"asiokit Loopback"', '"end "'), 1, ["'name'", "space"]),
        (changed('"asiokit Loopback"', "5"), 1, ["'name'", "an integer"]),
        (changed('"loopback"', "[]"), 2, ["'device'", "asiokit devices"]),
        (changed('device = "loopback"\n', ""), 1, ["'device'", "is missing"]),
        (changed("[options]", "[opions]"), 3, ["'opions'", "mean 'options'"]),
        (changed("[options]\nchannels", "options"), 3, ["'options'", "must be a table"]),
        (changed('"NotPresent"', "3"), 13, ["'answers.getChannels'", "must be a string"]),
        (changed("channels = 4", "channels = "), 4, ["not valid TOML", "column"]),
        (changed('getChannels = "NotPresent"', "getChannels = '''"), 14, ["not valid TOML"]),
        (changed("channels = 4", "channels = " + "[" * 5000), 1, ["TOML"]),
        (changed("channels = 4", "channels = " + "1" * 5000), 1, ["TOML"]),
        (changed("rate_hz = 44100\n", "rate_hz = 0x" + "f" * 5000 + "\n"), 7, ["'stream.rate_hz'", "70 digits"]),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(tmp_path, text, line, parts):
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_entry(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: "), message
    for part in parts:
        assert part in message


def test_unreadable_files_are_named(tmp_path):
    folder, binary, large = tmp_path / "folder", tmp_path / "binary.toml", tmp_path / "large.toml"
    folder.mkdir()
    binary.write_bytes(b"name = 'a'\n\xff\xfe")
    large.write_bytes(b"#" * (1 << 20) + b"\n")
    for path, part in [
        (tmp_path / "absent.toml", "No such file"),
        (folder, "can't be read"),
        (binary, ":2: is not UTF-8"),
        (large, "larger than"),
        ("a\0b", "can't be read"),
    ]:
        with pytest.raises(ConfigError, match=part) as caught:
            load_entry(path)
        assert str(caught.value).startswith(str(path))


def test_a_key_is_found_wherever_toml_lets_it_stand():
    text = "a.b = 1\n\n[ stream ]\n  'rate_hz'=1\n[stream.buffer_frames]\nmin = 1\n"
    assert line_of("a.b", text) == 1
    assert line_of("stream.rate_hz", text) == 4
    assert line_of("stream.buffer_frames.min", text) == 6
    assert line_of("stream.buffer_frames.max", text) == 5
    assert line_of("stream.clock", text) == 3
    assert line_of("absent", text) == 1


def test_buffer_sizes_say_what_is_legal():
    assert [n for n in range(1, 9000) if BufferSizes(32, 256).allows(n)] == [32, 64, 128, 256]
    assert [n for n in range(9000) if BufferSizes(48, 192, 96, 48).allows(n)] == [48, 96, 144, 192]
    assert [n for n in range(9000) if BufferSizes(100, 100).allows(n)] == [100]
    assert BufferSizes(100, 100).granularity == 0 and BufferSizes(1024, 2048).preferred == 1024


def test_a_config_is_a_value():
    config = parse_entry(WHOLE)
    with pytest.raises(AttributeError, match="its rate_hz can't be changed"):
        config.rate_hz = 1.0
    other = config.replace(rate_hz=48000)
    assert (other.rate_hz, config.rate_hz) == (48000.0, 44100.0) and other != config
    with pytest.raises(ConfigError):
        config.replace(rate_hz=1)
    assert pickle.loads(pickle.dumps(config)) == copy.copy(config) == copy.deepcopy(config) == config


def test_importing_it_is_cheap():
    """It stands between a host's dlopen and init(): nothing that takes long may come with it."""
    script = "import sys, asiokit.config as c; c.parse_entry(sys.argv[1]); print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script, WHOLE], capture_output=True, text=True, check=True)
    slow = {"dataclasses", "inspect", "difflib", "numpy", "importlib.metadata", "argparse", "asiokit.config_text"}
    assert "tomllib" in loaded.stdout.split()
    assert not slow & set(loaded.stdout.split())


# ---- properties ------------------------------------------------------------------------------------------------

names = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters=NAME_FORBIDDEN), min_size=1)
names = names.filter(lambda text: len(text) <= 31 and text[0] not in ". " and text[-1] != " ")
rates = st.floats(8000, 768000) | st.integers(8000, 768000).map(float)
strings = st.text(st.characters(exclude_categories=["Cs"]))
scalars = (
    strings
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.datetimes()
    | st.datetimes(timezones=st.just(datetime.UTC))
    | st.dates()
    | st.times()
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3))


@st.composite
def sizes(draw):
    granularity = draw(st.integers(-1, 500))
    if granularity == -1:
        low, high = sorted(draw(st.lists(st.integers(4, 13), min_size=2, max_size=2, unique=True)))
        return BufferSizes(1 << low, 1 << high, 1 << draw(st.integers(low, high)), -1)
    low = draw(st.integers(FRAMES_MIN, FRAMES_MAX - granularity))
    if granularity == 0:
        return BufferSizes(low, low, low, 0)
    steps = draw(st.integers(1, (FRAMES_MAX - low) // granularity))
    return BufferSizes(low, low + steps * granularity, low + draw(st.integers(0, steps)) * granularity, granularity)


@st.composite
def configs(draw):
    some_rates = draw(st.none() | st.lists(rates, min_size=1, max_size=4, unique=True).map(tuple))
    return EntryConfig(
        name=draw(names),
        device=draw(st.text(min_size=1).filter(lambda text: text.isprintable() and text.strip())),
        options=draw(st.dictionaries(strings, values, max_size=4)),
        sample_type=draw(st.sampled_from(SAMPLE_TYPES)),
        rates_hz=some_rates,
        rate_hz=draw(rates if some_rates is None else st.sampled_from(some_rates)),
        buffer_frames=draw(sizes()),
        clock=draw(st.sampled_from(CLOCKS)),
        spin_us=draw(st.integers(0, 200)),
        answers=draw(st.dictionaries(strings, strings, max_size=3)),
        watch=draw(st.booleans()),
    )


@given(configs())
def test_what_is_written_reads_back_equal(config):
    assert parse_entry(entry_text(config)) == config


@given(
    st.text()
    | st.text(alphabet="=[]{}\",.#\n 'abx01-_:")
    | configs()
    .map(entry_text)
    .flatmap(
        lambda text: st.integers(0, len(text)).flatmap(
            lambda n: st.text(max_size=3).map(lambda s: text[:n] + s + text[n:])
        )
    )
)
def test_no_text_raises_anything_but_config_error(text):
    try:
        parse_entry(text)
    except ConfigError as error:
        assert str(error)


trees = st.fixed_dictionaries(
    {"name": names | values, "device": st.just("d") | values},
    optional={
        "options": values,
        "answers": values,
        "stream": values
        | st.dictionaries(
            st.sampled_from(["sample_type", "rate_hz", "rates_hz", "buffer_frames", "clock", "spin_us"]),
            values | st.dictionaries(st.sampled_from(["min", "max", "preferred", "granularity"]), values),
        ),
    },
)


@given(trees)
def test_no_toml_raises_anything_but_config_error(tree):
    text = "".join(f"{key} = {toml_value(value)}\n" for key, value in tree.items())
    assert tomllib.loads(text) == tree
    try:
        parse_entry(text)
    except ConfigError as error:
        assert str(error)


def test_what_toml_cannot_hold_is_refused():
    for value in [None, {"a": object()}, "\ud800"]:
        with pytest.raises(ConfigError, match=r"options\.x"):
            entry_text(EntryConfig("a", "b", options={"x": value}))

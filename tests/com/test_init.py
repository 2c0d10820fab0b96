"""Why a driver does not start: a text that names the thing and the remedy, lines in the log, and a second chance."""

import os
import re
from pathlib import Path

import pytest
from com.subjects import DeviceSource, Ours, Subject, config_of

from asiokit import entry
from asiokit.config import EntryConfig
from asiokit.device import Device
from asiokit.errors import DeviceError


@pytest.fixture(autouse=True)
def log_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "asiokit" / "asiokit.log"


def refused(ours: Ours) -> str:
    """init says no, and everything else goes on saying that there was no init."""
    assert ours.raw.init(None) == 0
    text = ours.native.error_message()
    assert ours.state() == "loaded"
    assert ours.native.name() != ""
    ours.native.error_message()
    return text


class Fails(Device):
    """A device that goes wrong where it is told to."""

    def __init__(self, where: str = "", error: BaseException | None = None, **attributes: object) -> None:
        self.where, self.error = where, error or OSError("no such interface: plug it in")
        self.attributes = attributes
        for name, value in attributes.items():
            setattr(self, name, value)

    def _maybe(self, where):
        if where == self.where:
            raise self.error

    def open(self):
        self._maybe("open")

    def latencies(self, n_frames, rate_hz):
        self._maybe("latencies")
        return self.attributes.get("_latencies", (n_frames, 0))

    def internal_frames(self):
        self._maybe("internal_frames")
        return (0, 0)

    def channel_name(self, is_input, index):
        self._maybe("channel_name")
        return "x"

    def channel_group(self, is_input, index):
        self._maybe("channel_group")
        return 0


@pytest.mark.parametrize("where", ["open", "latencies", "internal_frames", "channel_name", "channel_group"])
@pytest.mark.parametrize(
    "error",
    [
        OSError("no such interface: plug it in"),
        ValueError(),
        MemoryError("too much"),
        SystemExit(3),
        DeviceError("the converter is off: switch it on"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_hook_that_raises(open_ours, log_file: Path, where: str, error: BaseException):
    ours = open_ours(device=Fails(where, error))
    text = refused(ours)
    assert str(error) in text and (type(error).__name__ in text or isinstance(error, DeviceError))
    log = log_file.read_text(encoding="utf-8")
    assert "Traceback" in log
    assert "_maybe" in log, "the log must show where it was raised"
    ours.source.device = Device()
    assert ours.native.init()
    assert ours.native.get_channels() == (2, 2)


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        ({"inputs": 0, "outputs": 0}, "has no channels: set inputs or outputs"),
        ({"inputs": -1}, "inputs must be an integer from 0 to 512, is -1"),
        ({"outputs": 513}, "outputs must be an integer from 0 to 512, is 513"),
        ({"inputs": "two"}, "inputs must be an integer from 0 to 512, is 'two'"),
        ({"inputs": None}, "inputs must be"),
        ({"inputs": 2.0}, "inputs must be"),
        ({"_latencies": (-1, 0)}, "latencies() returned a negative number"),
        ({"_latencies": (0, -1)}, "latencies() returned a negative number"),
        ({"_latencies": (1, 2, 3)}, "ValueError"),
        ({"_latencies": None}, "TypeError"),
        ({"_latencies": ("a", "b")}, "TypeError"),
        ({"clock_sources": ()}, "clock_sources must name 1 to 32, not 0"),
        ({"clock_sources": ("x",) * 33}, "clock_sources must name 1 to 32, not 33"),
        ({"clock_sources": (1,)}, "TypeError"),
        ({"rates_hz": (11025.0,)}, "which the entry's stream.rates_hz does not allow"),
        ({"rates_hz": tuple(float(8000 + i) for i in range(65))}, "at most 64 sample rates"),
        ({"rates_hz": 48000}, "TypeError"),
    ],
    ids=str,
)
def test_a_device_that_says_nonsense(open_ours, log_file: Path, attributes: dict, wanted: str):
    settings = {"rates_hz": (44100.0, 48000.0)} if attributes.get("rates_hz") == (11025.0,) else {}
    ours = open_ours(device=Fails(**attributes), **settings)
    assert wanted in refused(ours)
    assert wanted in log_file.read_text(encoding="utf-8")
    ours.source.device = Fails()
    assert ours.native.init()


def test_not_a_device_at_all(open_ours):
    ours = open_ours(source=DeviceSource(object()))
    text = refused(ours)
    assert text.startswith("init: ")
    assert "object" in text
    ours.source.device = Device()
    assert ours.native.init()


def test_a_second_init_may_be_for_a_larger_device(open_ours):
    """The tables of the first one's channels are too small for the second one's."""
    ours = open_ours(device=Fails("open", inputs=1, outputs=1))
    refused(ours)
    ours.source.device = Fails(inputs=512, outputs=300)
    assert ours.native.init()
    assert ours.native.get_channels() == (512, 300)
    assert ours.native.get_channel_info(511, True)[3] == "x"
    assert ours.native.get_channel_info(299, False)[3] == "x"


def test_its_own_clock_is_asked_for_but_it_has_none(open_ours):
    ours = open_ours(device=Device(), clock="device")
    assert "has no clock of its own: set stream.clock to another one" in refused(ours)
    ours.source.config = config_of("vtable test", "x", clock="manual")
    assert ours.native.init()


def opened(open_ours, **settings) -> Ours:
    return open_ours(source=entry.EntrySource(config=EntryConfig("broken", **settings)))


def test_unknown_device_class(open_ours, log_file: Path):
    ours = opened(open_ours, device="lopback")
    text = refused(ours)
    assert "device class 'lopback' is unknown (did you mean 'loopback'?)" in text
    assert "lopback" in log_file.read_text(encoding="utf-8")
    ours.source.config = EntryConfig("broken", "loopback", clock="manual")
    assert ours.native.init()


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"inputs": "many"}, "option 'inputs': must be an integer"),
        ({"inputs": 513}, "option 'inputs': 513 is outside 0 to 512"),
        ({"chanels": 3}, "option 'chanels': is unknown"),
        ({"routing": ["9>9"]}, "9>9"),
        ({"inputs": 0, "outputs": 0}, "has no channels"),
    ],
    ids=str,
)
def test_wrong_options(open_ours, options: dict, wanted: str):
    ours = opened(open_ours, device="loopback", options=options)
    assert wanted in refused(ours)
    ours.source.config = EntryConfig("broken", "loopback", clock="manual")
    assert ours.native.init()


GOOD = 'name = "of a file"\ndevice = "loopback"\n[stream]\nclock = "manual"\n'


@pytest.mark.parametrize(
    ("content", "line", "wanted"),
    [
        ('name = "x"\ndevice = [', 2, "TOML"),
        ('name = "x"\ndevice = "loopback"\n[stream]\nrate_hz = 5\n', 4, "stream.rate_hz"),
        ('name = "x"\ndevice = "loopback"\n[stream]\nclock = "sundial"\n', 4, "sundial"),
        ('name = "x"\ndevice = "loopback"\ncolour = "red"\n', 3, "colour"),
        ('name = "x"\ndevice = "loopback"\n[answers]\nstart = "no"\n', None, "answers.start"),
        ('name = "x"\ndevice = "loopback"\n[answers]\nstrat = "IM IM ok IM"\n', None, "did you mean 'start'?"),
        (b"\xff\xfe\x00", 1, "UTF-8"),
    ],
    ids=["syntax", "rate", "clock", "key", "answer", "answer-name", "bytes"],
)
def test_wrong_file(open_ours, tmp_path: Path, content, line, wanted: str):
    """The text has 123 characters, the path among them; the log has all of it."""
    os.chdir(tmp_path)
    file = Path("entry.toml")
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    ours = open_ours(source=entry.EntrySource(path=file))
    text = refused(ours)
    assert wanted in text
    if line is not None:
        assert re.search(rf"entry\.toml:{line}\b", text), text
    file.write_text(GOOD, encoding="utf-8")
    assert ours.native.init(), ours.native.error_message()
    assert ours.native.name() == "of a file"


def test_missing_and_unreadable_file(open_ours, tmp_path: Path):
    file = tmp_path / "entry.toml"
    ours = open_ours(source=entry.EntrySource(path=file))
    assert "can't be read: No such file" in refused(ours)
    file.mkdir()
    assert "can't be read" in refused(ours)
    file.rmdir()
    file.write_text(GOOD, encoding="utf-8")
    assert ours.native.init()


def test_unknown_entry_name(open_ours):
    ours = open_ours(source=entry.EntrySource(name="nobody has registered this"))
    assert "no driver entry is named 'nobody has registered this': asiokit list shows them" in refused(ours)


def test_texts_are_ascii_and_cut_to_size(open_ours):
    ours = open_ours(device=Fails("open", OSError("größer als 12 µs → aus " + "x" * 500)))
    text = refused(ours)
    assert text.isascii()
    assert len(text) == 123


def test_log_lines_of_a_refused_call(ours: Subject, log_file: Path):
    """A call that fails leaves a line; the same refusal again leaves none: some hosts never stop asking."""
    ours.to("initialized")
    for _ in range(50):
        ours.raw.start()
    log = log_file.read_text(encoding="utf-8")
    assert log.count("start: the driver is initialized, but has no buffers: call createBuffers first") == 1
    ours.raw.create_buffers(None, 0, 0, None)
    assert "createBuffers: a pointer is NULL" in log_file.read_text(encoding="utf-8")

"""Random call sequences, bad arguments among them, against a model of thirty lines of state."""

import ctypes
import math

import hypothesis.strategies as st
from asiokit.engine.engine import undead_count
from com.callers import PlainHost
from com.subjects import CODES, N_CHANNELS, Ours, loopback_source, until
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from asiokit.host.raw import BufferInfo, ChannelInfo, ClockSource, Samples

LOADED, INITIALIZED, PREPARED, RUNNING = range(4)
OK, IM, IP, NC, NP, SPNA, SUCCESS = (CODES[name] for name in ("ok", "IM", "IP", "NC", "NP", "SPNA", "SUCCESS"))
LONGS = st.sampled_from([-(2**31), -1, 0, 1, 2, 3, 4, 5, 31, 2**31 - 1])
SIZES = st.one_of(st.sampled_from([32, 64, 128, 2048]), LONGS, st.integers(-10, 5000))
RATES = st.one_of(
    st.sampled_from([44100.0, 48000.0, 96000.0, 8000.0, 768000.0, 7999.99, 768000.01]),
    st.floats(allow_nan=True, allow_infinity=True),
)
CHANNELS = st.lists(st.tuples(st.sampled_from([0, 1]), st.one_of(st.integers(0, 3), LONGS)), max_size=10)


def is_rate(rate_hz: float) -> bool:
    return math.isfinite(rate_hz) and 8000 <= rate_hz <= 768000


def is_size(n_frames: int) -> bool:
    return 32 <= n_frames <= 2048 and n_frames & (n_frames - 1) == 0


class Calls(RuleBasedStateMachine):
    """state, rate_hz, active, n_frames, n_switches: what the driver must agree with after every call."""

    def __init__(self) -> None:
        super().__init__()
        self.ours = Ours(loopback_source())
        self.raw = self.ours.raw
        self.state = LOADED
        self.rate_hz = 48000.0
        self.n_frames = 0
        self.n_switches = 0
        self.active: set[tuple[int, int]] = set()
        self.host = PlainHost(self.ours)
        self.hosts = [self.host]
        self.may_fail = False

    def teardown(self) -> None:
        assert self.ours.release() == 0
        assert until(lambda: undead_count() == 0)

    def answered(self, code: int, wanted: int) -> None:
        text = self.ours.native.error_message()
        assert code == wanted, f"{code} instead of {wanted}: {text}"
        if wanted not in (OK, SUCCESS):
            assert ": " in text

    # ---- changes ----

    @initialize(early=st.booleans())
    def begin(self, early: bool) -> None:
        if early:
            self.init(0)

    @rule(handle=st.sampled_from([0, 1, 2**63, 2**64 - 1]))
    def init(self, handle: int) -> None:
        assert self.raw.init(handle) == 1
        self.state = max(self.state, INITIALIZED)

    @rule(channels=CHANNELS, n_frames=SIZES, extra=st.sampled_from([0, 0, 0, 0, 1, -1]))
    def create(self, channels: list[tuple[int, int]], n_frames: int, extra: int) -> None:
        n = len(channels) + extra if channels else extra
        host = PlainHost(self.ours)
        host.infos = (BufferInfo * 12)(*[BufferInfo(is_input=i, channel=c) for i, c in channels])
        asked = [(i, c) for i, c in channels] + [(0, 0)] * 2
        asked = asked[: max(n, 0)]
        good = 1 <= n <= 2 * N_CHANNELS and len(set(asked)) == n and all(0 <= c < N_CHANNELS for _, c in asked)
        before = bytes(host.infos)
        code = self.raw.create_buffers(host.infos, n, n_frames, ctypes.addressof(host.table))
        if self.state == INITIALIZED and is_size(n_frames) and good:
            self.answered(code, OK)
            self.state, self.n_frames, self.n_switches, self.active = PREPARED, n_frames, 0, set(asked)
            self.host = host
            self.hosts.append(host)
        else:
            self.answered(code, IM)
            assert bytes(host.infos) == before

    @precondition(lambda self: self.state == INITIALIZED)
    @rule(
        inputs=st.sets(st.integers(0, 3)), outputs=st.sets(st.integers(0, 3)), n_frames=st.sampled_from([32, 64, 2048])
    )
    def create_well(self, inputs: set[int], outputs: set[int], n_frames: int) -> None:
        self.create([(1, c) for c in inputs] + [(0, c) for c in outputs], n_frames, 0)

    @rule()
    def dispose(self) -> None:
        self.answered(self.raw.dispose_buffers(), OK if self.state >= PREPARED else IM)
        if self.state >= PREPARED:
            self.state, self.active = INITIALIZED, set()

    @rule()
    def start(self) -> None:
        self.answered(self.raw.start(), OK if self.state == PREPARED else IM)
        if self.state == PREPARED:
            self.state, self.n_switches = RUNNING, 0
            self.host.indices.clear()

    @rule()
    def stop(self) -> None:
        self.answered(self.raw.stop(), OK if self.state == RUNNING else IM)
        if self.state == RUNNING:
            self.state = PREPARED

    @precondition(lambda self: self.state == RUNNING)
    @rule(n=st.integers(1, 5))
    def step(self, n: int) -> None:
        self.ours.step(n)
        self.n_switches += n

    @rule(rate_hz=RATES)
    def set_rate(self, rate_hz: float) -> None:
        wanted = IM if self.state == LOADED else OK if is_rate(rate_hz) else NC
        self.answered(self.raw.set_sample_rate(rate_hz), wanted)
        if wanted == OK:
            self.rate_hz = rate_hz

    @rule(index=LONGS)
    def set_source(self, index: int) -> None:
        self.answered(self.raw.set_clock_source(index), IM if self.state == LOADED else OK if index == 0 else IP)

    # ---- questions ----

    @rule(rate_hz=RATES)
    def can_rate(self, rate_hz: float) -> None:
        self.answered(self.raw.can_sample_rate(rate_hz), IM if self.state == LOADED else OK if is_rate(rate_hz) else NC)

    @rule(channel=LONGS, is_input=st.booleans())
    def info(self, channel: int, is_input: bool) -> None:
        info = ChannelInfo(channel=channel, is_input=is_input, is_active=77)
        code = self.raw.get_channel_info(ctypes.byref(info))
        if self.state == LOADED or not 0 <= channel < N_CHANNELS:
            self.answered(code, IM if self.state == LOADED else IP)
            assert info.is_active == 77
        else:
            self.answered(code, OK)
            assert info.is_active == ((int(is_input), channel) in self.active)

    @rule(which=st.sampled_from(["channels", "latencies", "size", "rate", "sources", "position", "info", "create"]))
    def null(self, which: str) -> None:
        raw = self.raw
        code = {
            "channels": lambda: raw.get_channels(None, None),
            "latencies": lambda: raw.get_latencies(None, None),
            "size": lambda: raw.get_buffer_size(None, None, None, None),
            "rate": lambda: raw.get_sample_rate(None),
            "sources": lambda: raw.get_clock_sources(ctypes.byref(ClockSource()), None),
            "position": lambda: raw.get_sample_position(None, None),
            "info": lambda: raw.get_channel_info(None),
            "create": lambda: raw.create_buffers(None, 1, 64, None),
        }[which]()
        wanted = IM if self.state == LOADED else IP
        if which == "position" and self.state in (INITIALIZED, PREPARED):
            wanted = SPNA
        if which == "create" and self.state >= PREPARED:
            wanted = IM
        self.answered(code, wanted)

    @rule(selector=st.one_of(st.integers(-5, 20), st.sampled_from([0x24042012, 0x23111961, 0x7F000001, 2**31 - 1])))
    def future(self, selector: int) -> None:
        code = self.raw.future(selector, None)
        if selector in (10, 0x24042012, 0x7F000001):
            wanted = SUCCESS
        elif selector in (1, 2, 11):
            wanted = NP
        elif selector in (9, 12, 13, 14, 15, 16):
            wanted = IM if self.state == LOADED else NP
        else:
            wanted = IP
        self.answered(code, wanted)

    @rule()
    def panel_and_ready(self) -> None:
        self.answered(self.raw.control_panel(), IM if self.state == LOADED else NP)
        assert self.raw.output_ready() == NP

    @rule()
    def references(self) -> None:
        assert self.raw.add_ref() == 2
        assert self.raw.release() == 1

    # ---- what must hold after every call ----

    @invariant()
    def agree(self) -> None:
        assert self.ours.state() == ("loaded", "initialized", "prepared", "running")[self.state]
        if self.state >= INITIALIZED:
            assert abs(self.ours.rate_hz() - self.rate_hz) < 1e-6
            frames = self.n_frames if self.state >= PREPARED else 256
            assert self.ours.native.get_latencies() == (frames, 0)
        if self.state == RUNNING:
            position, t = Samples(), Samples()
            assert self.raw.get_sample_position(ctypes.byref(position), ctypes.byref(t)) == 0
            assert position.value == max(self.n_switches - 1, 0) * self.n_frames
            assert self.host.indices == [k & 1 for k in range(self.n_switches)]
        assert sum(host.n_overlaps for host in self.hosts) == 0


TestCalls = Calls.TestCase
TestCalls.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)

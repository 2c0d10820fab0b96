"""What belongs to the host: buffers of the exact size, structures that it drops, memory that it scribbles on."""

import ctypes
from itertools import pairwise

import numpy as np
import pytest
from com.subjects import N_FRAMES, Subject, until
from com.table import FILL, Scratch

from asiokit.device import Device
from asiokit.host.raw import (
    ASIO_MESSAGE,
    BUFFER_SWITCH_TIME_INFO,
    BufferInfo,
    Callbacks,
    ChannelInfo,
    ClockSource,
    Time,
)


def _raise_long() -> Device:
    raise RuntimeError("x" * 1000)


@pytest.mark.parametrize(("device", "n_text"), [(Device, 0), (_raise_long, 123)], ids=["empty", "cut"])
def test_name_and_text_fit_their_buffers(open_ours, device, n_text: int):
    """32 and 124 bytes, the longest name there may be, no text and one that has to be cut."""
    ours = open_ours(device=device, name="N" * 31)
    assert ours.native.init() is (n_text == 0)
    scratch = Scratch()
    name_room, text_room = scratch.room(32), scratch.room(124)
    ours.raw.get_driver_name(name_room)
    ours.raw.get_error_message(text_room)
    assert not scratch.was_overrun()
    assert ctypes.string_at(name_room) == b"N" * 31
    assert len(ctypes.string_at(text_room)) == n_text


def test_text_is_there_after_a_successful_init(ours: Subject):
    """OpenMPT reads it then (ASIO.md 30)."""
    scratch = Scratch()
    room = scratch.room(124)
    ours.to("initialized")
    ours.raw.get_error_message(room)
    assert ctypes.string_at(room) == b""
    assert not scratch.was_overrun()


@pytest.mark.parametrize("n_room", [1, 2, 3, 32])
def test_clock_sources_never_write_beyond_their_room(open_ours, n_room: int):
    names = ("Internal", "Word clock", "a name of more than thirty-one characters")

    class ThreeClocks(Device):
        clock_sources = names

    ours = open_ours(device=ThreeClocks())
    ours.to("initialized")
    scratch = Scratch()
    room, n = scratch.room(n_room * ctypes.sizeof(ClockSource)), scratch.long(n_room)
    assert ours.raw.get_clock_sources(room, n) == 0
    assert not scratch.was_overrun()
    assert ctypes.c_long.from_address(n).value == 3  # how many there are, whatever the room
    for i in range(n_room):
        source = ClockSource.from_address(room + i * ctypes.sizeof(ClockSource))
        if i >= 3:
            assert bytes(source) == bytes([FILL]) * ctypes.sizeof(ClockSource)
            continue
        assert (source.index, source.channel, source.group, source.is_current) == (i, -1, -1, i == 0)
        assert source.name == names[i].encode()[:31]


def test_current_clock_source_follows(open_ours):
    chosen = []

    class TwoClocks(Device):
        clock_sources = ("Internal", "Word clock")

        def set_clock_source(self, index):
            if chosen:
                raise OSError("no word clock there")
            chosen.append(index)

    ours = open_ours(device=TwoClocks())
    ours.to("initialized")
    assert ours.raw.set_clock_source(0) == 0
    assert chosen == []  # it is the current one already
    assert ours.raw.set_clock_source(1) == 0
    assert [source[3] for source in ours.native.get_clock_sources()] == [False, True]
    assert ours.raw.set_clock_source(0) == -999
    assert ours.native.error_message() == "setClockSource: OSError: no word clock there"
    assert [source[3] for source in ours.native.get_clock_sources()] == [False, True]


def test_channel_info_of_uninitialised_memory(subject: Subject):
    """RtAudio fills in channel and isInput only, the rest is garbage (ASIO.md 12)."""
    subject.to("prepared")
    scratch = Scratch()
    size = ctypes.sizeof(ChannelInfo)
    for is_input, active in ((1, 1), (0, 1)):
        room = scratch.room(size, bytes(ChannelInfo(channel=1, is_input=is_input))[: 2 * ctypes.sizeof(ctypes.c_long)])
        assert subject.raw.get_channel_info(room) == 0
        info = ChannelInfo.from_address(room)
        assert (info.channel, info.is_input, info.is_active, info.group, info.type) == (1, is_input, active, 0, 19)
        assert info.name.startswith(b"In" if is_input else b"Out")
        # exactly 0 or 1: some hosts compare with ASIOTrue
        room = scratch.room(size, bytes(ChannelInfo(channel=3, is_input=is_input))[: 2 * ctypes.sizeof(ctypes.c_long)])
        assert subject.raw.get_channel_info(room) == 0
        assert ChannelInfo.from_address(room).is_active == 0
    assert not scratch.was_overrun()


def test_buffers_are_apart_zeroed_and_writable(subject: Subject):
    """All channels: what a host may touch in one switch does not overlap, all starts as silence, and is aligned for
    vector code. (An input of a loopback may be the *other* half of an output.)"""
    subject.to("initialized")
    infos = (BufferInfo * 8)(*[BufferInfo(is_input=i < 4, channel=i % 4) for i in range(8)])
    scratch = Scratch()
    table = Callbacks(buffer_switch_time_info=_ignore, message=_yes_time_info)
    assert subject.raw.create_buffers(infos, 8, N_FRAMES, ctypes.addressof(table)) == 0
    n_bytes = N_FRAMES * 4
    for half in range(2):
        addresses = sorted(info.buffers[half] for info in infos)
        assert all(b - a >= n_bytes for a, b in pairwise(addresses))
    for is_input in (False, True):
        addresses = sorted(info.buffers[half] for info in infos if info.is_input == is_input for half in range(2))
        assert all(b - a >= n_bytes for a, b in pairwise(addresses))
    addresses = sorted({info.buffers[half] for info in infos for half in range(2)})
    for address in addresses:
        assert ctypes.string_at(address, n_bytes) == bytes(n_bytes)
    for address in addresses:
        ctypes.memset(address, 0x5A, n_bytes)
        if subject.kind == "ours":
            assert address % 64 == 0
    for info in infos:
        assert info.channel in range(4)
    assert not scratch.was_overrun()


@BUFFER_SWITCH_TIME_INFO
def _ignore(time: int, index: int, direct: int) -> int:
    return 0


@ASIO_MESSAGE
def _yes_time_info(selector: int, value: int, message: int, opt: int) -> int:
    return int(selector == 7)


def test_structures_are_copied(subject: Subject):
    """ASIOTest's callbacks go out of scope after createBuffers, PortAudio frees its infos before disposeBuffers."""
    subject.to("initialized")
    played = np.arange(2 * 8 * N_FRAMES, dtype=np.float32).reshape(2, -1) / 4096
    session = subject.prepare(drop_structs=True)
    session.load(play=played.view(np.uint8), record_frames=10 * N_FRAMES, log=64)
    session.start()
    advance(subject, 12)
    session.stop()
    recorded = session.recorded.view(np.float32)
    np.testing.assert_array_equal(recorded[:, N_FRAMES : 9 * N_FRAMES], played)
    assert not recorded[:, :N_FRAMES].any()


def advance(subject: Subject, n_switches: int) -> None:
    if subject.kind == "ours":
        subject.step(n_switches)
    else:
        assert subject.session.wait(n_switches)


def test_the_time_structure_is_the_hosts_to_scribble_on(ours: Subject):
    """Whatever a host writes into it: the next one is whole again, and lies in memory of at least 152 bytes."""
    ours.to("initialized")
    seen = []

    @BUFFER_SWITCH_TIME_INFO
    def scribble(address: int, index: int, direct: int) -> int:
        time = Time.from_address(address)
        seen.append(
            (
                index,
                direct,
                time.time_info.sample_position,
                time.time_info.flags,
                time.time_info.speed,
                time.time_info.sample_rate,
                bytes(time.time_info.reserved),
                time.time_code.flags,
                list(time.reserved),
            )
        )
        ctypes.memset(address, 0xFF, ctypes.sizeof(Time))
        return address

    infos = (BufferInfo * 1)(BufferInfo(is_input=1, channel=0))
    table = Callbacks(buffer_switch_time_info=scribble, message=_yes_time_info)
    assert ours.raw.create_buffers(infos, 1, N_FRAMES, ctypes.addressof(table)) == 0
    ctypes.memset(ctypes.addressof(table), 0xEE, ctypes.sizeof(table))
    ctypes.memset(infos, 0xEE, ctypes.sizeof(infos))
    ours.native.start()
    ours.step(3)
    assert until(lambda: len(seen) == 3)
    for k, row in enumerate(seen):
        assert row == (k & 1, 1, k * N_FRAMES, 15, 1.0, 48000.0, b"", 0, [0, 0, 0, 0])

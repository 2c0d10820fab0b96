"""One set of buffers: what is played and recorded, what callbacks see, and what a host can do wrong there."""

import ctypes
import gc
import signal
import threading
import time

import numpy as np
import pytest

from asiokit.errors import DriverError
from asiokit.host.manners import Manners, Message
from asiokit.host.native import NativeDriver
from asiokit.host.open import open_driver
from asiokit.host.raw import RawDriver
from asiokit.host.session import N_SLOTS, Session, n_strays

RATE_HZ = 48000


def noise(n_channels: int, n_bytes: int) -> np.ndarray:
    return np.random.default_rng(n_bytes).integers(0, 256, (n_channels, n_bytes), dtype=np.uint8)


def run(session: Session, n_switches: int, **load: object) -> None:
    session.load(log=n_switches + 16, **load)
    session.start()
    assert session.wait(n_switches)
    session.stop()


@pytest.mark.parametrize("n_frames", [32, 64, 256, 2048])
def test_every_sample_comes_back_one_buffer_later(driver, n_frames):
    played = noise(4, 4 * 8000)  # no whole number of buffers
    with Session(driver, inputs=[0, 1, 2, 3], outputs=[0, 1, 2, 3], n_frames=n_frames) as session:
        assert driver.get_latencies() == (n_frames, 0)
        n_record = 8000 + n_frames
        run(session, -(-n_record // n_frames), play=played, record_frames=n_record)
        recorded = session.recorded
    assert recorded.shape == (4, 4 * n_record)
    assert not recorded[:, : 4 * n_frames].any()
    assert np.array_equal(recorded[:, 4 * n_frames :], played)


def test_channels_keep_their_numbers_in_any_order(driver):
    played = noise(2, 4 * 640)
    for manners in (Manners(), Manners(outputs_first=True)):
        with Session(driver, inputs=[3, 0, 1], outputs=[1, 3], n_frames=64, manners=manners) as session:
            run(session, 11, play=played, record_frames=704)
            back = session.recorded[:, 4 * 64 :]
        assert np.array_equal(back[0], played[1])
        assert not back[1].any()  # nobody plays on 0
        assert np.array_equal(back[2], played[0])


def test_the_callbacks_tell_where_and_when(driver):
    with Session(driver, outputs=[0], n_frames=64) as session:
        run(session, 50)
        rows = session.callbacks
        assert (session.n_index_faults, session.n_overlaps, session.n_after_stop) == (0, 0, 0)
    n = np.arange(len(rows))
    assert len(rows) >= 50
    assert np.array_equal(rows["index"], n & 1)
    assert np.array_equal(rows["position"], 64 * n)
    assert set(rows["flags"]) == {7} and set(rows["rate_hz"]) == {RATE_HZ}
    assert len(set(rows["thread"])) == 1
    assert (rows["host_ns"] >= rows["system_ns"]).all()  # never called before its time
    assert (np.diff(rows["system_ns"]) > 0).all()
    assert (rows["left_ns"] >= rows["t_ns"]).all()


def test_plain_buffer_switch_has_its_times_from_get_sample_position(driver):
    with Session(driver, outputs=[0], n_frames=64, manners=Manners(time_info=False)) as session:
        run(session, 10)
        rows = session.callbacks
        assert Message.SUPPORTS_TIME_INFO not in session.messages["selector"]
    assert set(rows["flags"]) == {-1}
    assert np.array_equal(rows["position"], 64 * np.arange(len(rows)))


def test_answers_come_from_the_table_and_are_logged(driver, reference):
    manners = Manners(answers={Message.SUPPORTS_TIME_INFO: 0, Message.RESYNC_REQUEST: 77})
    reference.option(reference.MESSAGE, Message.RESYNC_REQUEST)
    with Session(driver, outputs=[0], n_frames=64, manners=manners) as session:
        run(session, 30)
        messages, rows = session.messages, session.callbacks
    assert set(rows["flags"]) == {-1}  # the host said no to time info, though it has the function
    assert list(messages["selector"][:3]) == [7, 5, 5]
    assert list(messages["answer"][:3]) == [0, 77, 77]
    assert set(messages["thread"]) == set(rows["thread"])


def test_selector_supported_is_a_table_of_its_own(driver):
    answers = []
    manners = Manners(supported={3: 1})

    def ask(context: int, cycle: int, index: int) -> None:
        answers.append([session_message(1, n, None, None) for n in (2, 3, 7)])

    kind = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    with Session(driver, outputs=[0], n_frames=64, manners=manners) as session:
        session_message = kind(session.callback_address("message"))
        ask(0, 0, 0)
        assert list(session.messages["value"]) == [2, 3, 7]
    assert answers == [[0, 1, 0]]


def test_faults_of_a_driver_are_seen(driver, reference):
    reference.option(reference.REPEAT_INDEX, 10)
    reference.option(reference.SKIP_POSITION, 10)
    with Session(driver, outputs=[0], n_frames=64) as session:
        run(session, 35)
        rows = session.callbacks
        # cycle 10 repeats 9's index, and so 11 repeats 10's: both edges of each of the three
        assert session.n_index_faults == 6
        wrong = np.flatnonzero(rows["position"][:35] != 64 * np.arange(35))
    assert list(wrong) == [10, 20, 30]


def test_a_late_cycle_is_seen_in_the_times(driver, reference):
    reference.option(reference.STALL_MS, 50)
    with Session(driver, outputs=[0], n_frames=64) as session:
        run(session, 30)
        gaps_ms = np.diff(session.callbacks["t_ns"][:30]) / 1e6
    assert int(np.argmax(gaps_ms)) == 15
    assert 50 <= gaps_ms[15] < 500


ACTS = {
    "get_sample_position": 0,
    "get_sample_rate": 0,
    "get_channels": 0,
    "get_latencies": 0,
    "output_ready": -1000,
    "start": -997,
}


@pytest.mark.parametrize(("name", "code"), ACTS.items())
def test_methods_can_be_called_from_inside_the_callback(driver, name, code):
    with Session(driver, outputs=[0], n_frames=64) as session:
        session.act(name, every=1)
        run(session, 10)
        (result,) = session.act_results()
        assert result == (name, session.n_switches, code)


def test_can_sample_rate_and_future_take_their_argument(driver):
    with Session(driver, outputs=[0], n_frames=64) as session:
        session.act("can_sample_rate", at=2, value=12345)
        session.act("can_sample_rate", at=2, value=44100)
        session.act("future", at=3, value=10)
        run(session, 6)
        assert [(n, code) for _, n, code in session.act_results()] == [(1, -995), (1, 0), (1, 0x3F4847A0)]


@pytest.mark.parametrize("name", ["stop", "dispose_buffers"])
def test_stop_from_inside_the_callback(driver, name):
    with Session(driver, outputs=[0], n_frames=64) as session:
        session.load(log=64)
        session.act(name, at=5)
        session.start()
        assert not session.wait(100, stall_s=0.3)
        assert session.n_switches == 6  # it ran to its end, and was the last
        assert session.act_results() == [(name, 1, 0)]
        if name == "stop":
            with pytest.raises(DriverError, match="not running"):
                session.stop()
        else:
            session.close(dispose=False)


def test_stop_under_the_lock_of_the_callback_ends(driver):
    with Session(driver, outputs=[0], n_frames=64, manners=Manners(lock_callback=True)) as session:
        session.load(log=64)
        session.start()
        session.wait(3)
        before = time.monotonic()
        session.stop(under_lock=True, hold_s=0.05)  # many periods: a callback waits for the lock
        assert 0.9 < time.monotonic() - before < 5  # the reference gives it a second
        # it ends now that the lock is free, and none follows it
        session.wait(session.n_switches + 1, stall_s=0.2)
        n = session.n_switches
        assert not session.wait(n + 1, stall_s=0.2)
        assert session.n_after_stop == 0


def test_a_callback_that_hangs_outlives_stop_and_its_memory_too(driver):
    with Session(driver, inputs=[0], outputs=[0], n_frames=64) as session:
        slot = session.slot
        session.load(play=noise(1, 4096), record_frames=6400, log=64)
        session.act("sleep", at=3, value=1.5e9)
        session.start()
        assert session.wait(3)
        session.stop()  # bounded: the reference waits a second
    # close() has waited for the callback to leave, so the slot is free again
    with Session(driver, outputs=[0], n_frames=64) as session:
        assert session.slot == slot
    assert n_strays(slot) == 0


def test_two_drivers_run_beside_each_other(driver, reference):
    other = open_driver(str(reference.path))
    first, second = noise(1, 4 * 6400), noise(1, 4 * 6000)
    with (
        Session(driver, inputs=[0], outputs=[0], n_frames=64) as a,
        Session(other, inputs=[0], outputs=[0], n_frames=128) as b,
    ):
        a.load(play=first, record_frames=6464)
        b.load(play=second, record_frames=6128)
        a.start()
        b.start()
        assert a.wait(101) and b.wait(48)
        a.stop()
        b.stop()
        assert np.array_equal(a.recorded[:, 256:], first)
        assert np.array_equal(b.recorded[:, 512:], second)
    other.release()


def test_slots_run_out_with_a_word_and_come_back(reference):
    drivers: list[NativeDriver] = [open_driver(str(reference.path)) for _ in range(N_SLOTS + 1)]
    sessions = [Session(driver, outputs=[0], n_frames=64) for driver in drivers[:N_SLOTS]]
    assert sorted(session.slot for session in sessions) == list(range(N_SLOTS))
    with pytest.raises(RuntimeError, match="64 sessions"):
        Session(drivers[-1], outputs=[0], n_frames=64)
    sessions[17].close()
    with Session(drivers[-1], outputs=[0], n_frames=64) as session:
        assert session.slot == 17
        run(session, 5)
    for session in sessions:
        session.close()
        session.close()  # again: nothing
    for driver in drivers:
        driver.release()


def test_create_buffers_that_fails_gives_its_slot_back(driver):
    for _ in range(N_SLOTS + 1):
        with pytest.raises(DriverError):
            Session(driver, outputs=[99], n_frames=64)
    with Session(driver, outputs=[0], n_frames=64) as session:
        assert session.slot == 0


def test_release_while_running(reference):
    driver = open_driver(str(reference.path))
    session = Session(driver, outputs=[0], n_frames=64)
    session.start()
    assert session.wait(5)
    slot = session.slot
    assert driver.release() == 0
    n = session.n_switches
    assert not session.wait(n + 1, stall_s=0.1)
    session.close()
    assert n_strays(slot) == 0


def test_a_forgotten_session_ends_by_itself(driver):
    session = Session(driver, outputs=[0], n_frames=64)
    session.start()
    del session
    gc.collect()
    with Session(driver, outputs=[0], n_frames=64) as session:  # the driver has no buffers any more
        run(session, 3)


def test_drivers_keep_their_own_copy_of_the_structs(driver):
    played = noise(1, 4 * 640)
    with Session(driver, inputs=[0], outputs=[0], n_frames=64, manners=Manners(drop_structs=True)) as session:
        run(session, 11, play=played, record_frames=704)
        assert np.array_equal(session.recorded[:, 256:], played)


def test_start_stop_start_begins_anew(driver):
    played = noise(1, 4 * 640)
    with Session(driver, inputs=[0], outputs=[0], n_frames=64) as session:
        for _ in range(3):
            run(session, 11, play=played, record_frames=704)
            assert np.array_equal(session.recorded[:, 256:], played)
            assert session.callbacks["position"][0] == 0
            assert session.n_index_faults == 0


def test_bad_loads_are_refused(driver):
    with Session(driver, inputs=[0], outputs=[0], n_frames=64) as session:
        with pytest.raises(ValueError, match="uint8"):
            session.load(play=np.zeros((1, 8), np.float32))
        with pytest.raises(ValueError, match="1 outputs"):
            session.load(play=np.zeros((2, 8), np.uint8))
        with pytest.raises(ValueError, match="whole number"):
            session.load(play=np.zeros((1, 7), np.uint8))
        session.start()
        with pytest.raises(ValueError, match="running"):
            session.load()
        session.stop()
    with pytest.raises(ValueError, match="closed"):
        session.load()


def test_wait_can_be_watched_and_interrupted(driver):
    seen: list[int] = []
    with Session(driver, outputs=[0], n_frames=2048) as session:
        session.start()
        assert session.wait(12, progress=seen.append)  # half a second
        assert seen == sorted(seen) and seen[-1] >= 12 and len(seen) >= 3
        main = threading.main_thread().ident
        assert main is not None
        timer = threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            session.wait(10**9)
        timer.join()


def test_raw_calls_and_the_session_agree(driver):
    raw = RawDriver(driver.address)
    with Session(driver, inputs=[0], outputs=[0], n_frames=64) as session:
        assert raw.start() == 0
        assert session.wait(3)
        assert raw.stop() == 0
        assert raw.stop() == -997

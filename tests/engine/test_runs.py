"""tests of the engine: runs that end in the middle of a host's callback, and what follows them."""

import ctypes
import threading
import time
from types import ModuleType

import numpy as np
import pytest
from asiokit.engine.engine import undead_count
from inprocess import opened, wait_for

from asiokit.host.session import Session

SAMPLE_RATE_CHANGED = 16  # asio_time_flag
HOOK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_long)


class Hang:
    """A switch of the session that comes in, and comes back when it is let go."""

    def __init__(self, session: Session, at: int) -> None:
        self.inside, self.let_go = threading.Event(), threading.Event()
        hook = HOOK(self.hang)
        session.act("hook", at=at, hook=ctypes.cast(hook, ctypes.c_void_p).value or 0, owner=hook)

    def hang(self, context: int, cycle: int, index: int) -> None:
        self.inside.set()
        self.let_go.wait(20)


def settled() -> bool:
    return wait_for(lambda: undead_count() == 0)


@pytest.mark.parametrize("clock", ["realtime", "freewheel"])
def test_stopped_and_started_inside_the_callback_begins_at_zero(probe: ModuleType, clock: str) -> None:
    device = probe.ProbeDevice()
    with (
        opened(device, clock=clock) as driver,
        Session(driver.native, inputs=[0], outputs=[0], n_frames=64) as session,
    ):
        session.load(play=np.full((1, 256 * 64), 0x3C, np.uint8), record_frames=64 * 40, log=64)
        session.act("sleep", at=0, value=20e6)  # until start() has returned
        session.act("stop", at=4)
        session.act("start", at=4)
        session.start()
        assert session.wait(20)
        driver.native.stop()
        rows, recorded = session.callbacks, session.recorded.copy()
        assert [code for _, _, code in session.act_results()[1:]] == [0, 0]
        assert (session.n_overlaps, session.n_index_faults) == (0, 1 if rows["index"][4] == 0 else 0)
    assert list(rows["position"][:5]) == [64 * k for k in range(5)]
    assert list(rows["position"][5:20]) == [64 * k for k in range(15)]
    assert list(rows["index"][5:20]) == [k & 1 for k in range(15)]
    assert not recorded[0, 5 * 256 : 6 * 256].any()  # the new run begins in silence
    assert (recorded[0, 6 * 256 : 20 * 256] == 0x3C).all()
    assert device.n_together == 0


@pytest.mark.parametrize("call", ["stop", "dispose_buffers", "release"])
def test_a_callback_that_hangs_is_waited_for_a_bounded_time(probe: ModuleType, call: str) -> None:
    device = probe.ProbeDevice()
    with opened(device, clock="freewheel") as driver:
        session = Session(driver.native, outputs=[0], n_frames=64)
        hang = Hang(session, at=3)
        session.start()
        assert hang.inside.wait(10)
        before = time.monotonic()
        getattr(driver.native, call)()
        took = time.monotonic() - before
        assert 0.2 < took < 5  # 250 ms each for the run and for the notifier
        assert session.n_switches == 3
        assert device.hooks[-1] == ("close" if call == "release" else "stop")
        if call == "stop":
            # the next run waits until the late callback has come back, then begins anew
            driver.native.start()
            time.sleep(0.05)
            assert session.n_switches == 3 and session.n_overlaps == 0
        hang.let_go.set()
        if call == "stop":
            assert session.wait(20)
            driver.native.stop()
            assert session.n_overlaps == 0
        else:
            assert session.wait(4)
            time.sleep(0.02)
            assert session.n_switches == 4
        session.close(dispose=call == "stop")
    assert settled()


def test_new_buffers_while_an_old_callback_hangs(probe: ModuleType) -> None:
    device = probe.ProbeDevice()
    with opened(device, clock="freewheel") as driver:
        first = Session(driver.native, outputs=[0], n_frames=64)
        hang = Hang(first, at=3)
        first.start()
        assert hang.inside.wait(10)
        first.dispose()
        with Session(driver.native, inputs=[0], outputs=[0], n_frames=256) as second:
            played = np.random.default_rng(3).integers(0, 120, (1, 1024 * 20), dtype=np.uint8)
            second.load(play=played, record_frames=256 * 21)
            second.start()
            time.sleep(0.05)
            assert second.n_switches == 0
            hang.let_go.set()
            assert second.wait(21)
            second.stop()
            assert np.array_equal(second.recorded[:, 1024:], played)
            assert second.n_overlaps == 0
        first.close()
    assert device.n_together == 0
    assert settled()


def test_start_and_stop_from_many_threads(probe: ModuleType) -> None:
    """Whoever comes too late is refused; nobody is hurt, and the callbacks never overlap."""
    device = probe.ProbeDevice()
    with opened(device, clock="freewheel") as driver, Session(driver.native, outputs=[0], n_frames=64) as session:
        until = time.monotonic() + 1.0

        def work(seed: int) -> None:
            random = np.random.default_rng(seed)
            while time.monotonic() < until:
                call = driver.native.start if random.random() < 0.5 else driver.native.stop
                try:
                    call()
                except Exception as error:
                    assert getattr(error, "code", None) == -997, error

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)
        assert session.n_overlaps == 0
        hooks = [hook for hook in device.hooks if hook in ("start", "stop")]
        assert hooks == ["start", "stop"] * (len(hooks) // 2) + ["start"] * (len(hooks) % 2)
        assert len(hooks) > 10
    assert device.n_together == 0


def test_rate_changes_while_running_lose_no_block(probe: ModuleType) -> None:
    device = probe.ProbeDevice()
    with (
        opened(device, clock="freewheel") as driver,
        Session(driver.native, inputs=[0], outputs=[0], n_frames=64) as session,
    ):
        n = 500
        played = np.random.default_rng(3).integers(0, 120, (1, 256 * n), dtype=np.uint8)
        session.load(play=played, record_frames=64 * n, log=n)
        session.act("sleep", every=1, value=3e5)  # so that changes fall into the run
        session.start()
        n_changes = 0
        while session.n_switches < n and n_changes < 1000:
            driver.native.set_sample_rate((44100, 96000)[n_changes & 1])
            n_changes += 1
        assert session.wait(n)
        session.stop()
        rows = session.callbacks
        heard, expected = session.recorded[0, 256:].reshape(-1, 256), played[0, : 256 * (n - 1)].reshape(-1, 256)
        assert [int(k) for k in np.flatnonzero((heard != expected).any(axis=1))] == []
        assert session.n_overlaps == session.n_index_faults == 0
    assert list(rows["position"]) == [64 * k for k in range(n)]
    flagged = np.flatnonzero(rows["flags"] & SAMPLE_RATE_CHANGED)
    # two changes between two switches are one flag, and may cancel out
    changed = 1 + np.flatnonzero(np.diff(rows["rate_hz"]))
    assert set(changed) <= set(flagged)
    assert 2 < len(changed) <= n_changes

"""tests of rt: the priority that a thread gets, what is said of it, and how it is taken away. Asserts no times."""

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from asiokit.rt.clock import measure_wake
from asiokit.rt.system import sleep_method
from inprocess import may_be_realtime

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Linux's limits and files")

CHILD = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from rt_probe import Raised
files = sorted(os.listdir("/proc/self/fd"))
first, second = Raised(False), None
[thread] = [int(n) for n in os.listdir("/proc/self/task") if "raised" in open(f"/proc/self/task/{n}/comm").read()]
policy = os.sched_getscheduler(thread)
facts = {
    "scheduling": first.scheduling, "slack_ns": first.slack_ns, "nice": os.getpriority(os.PRIO_PROCESS, thread),
    "policy": policy & ~os.SCHED_RESET_ON_FORK, "resets": bool(policy & os.SCHED_RESET_ON_FORK),
    "again": Raised(False).scheduling, "same_files": files == sorted(os.listdir("/proc/self/fd")),
}
first.close()
print(json.dumps(facts))
"""
NO_BUS = "unix:path=/nonexistent/bus"
PRIVILEGED = may_be_realtime() and os.geteuid() == 0 and shutil.which("setpriv") is not None
privileged = pytest.mark.skipif(not PRIVILEGED, reason="needs a real root, and setpriv to give a part of it up")


def child(rt: ModuleType, env: dict[str, str], *command: str) -> dict[str, object]:
    """What a thread of another process got."""
    done = subprocess.run(
        [*command, sys.executable, "-c", CHILD, str(Path(str(rt.__file__)).parent)],
        env=os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": NO_BUS} | env,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    facts = dict(json.loads(done.stdout))
    assert facts["same_files"]
    return facts


def raised(rt: ModuleType, bus: str = NO_BUS) -> dict[str, object]:
    """In a process without any right to priorities."""
    words = ["prlimit", "--rtprio=0", "--nice=0"]
    if PRIVILEGED:
        words += ["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"]
    facts = child(rt, {"DBUS_SYSTEM_BUS_ADDRESS": bus}, *words)
    assert (facts["policy"], facts["resets"], facts["slack_ns"]) == (os.SCHED_OTHER, True, 1)
    return facts


def test_without_any_right_sleeps_are_at_least_not_rounded(rt: ModuleType) -> None:
    got = raised(rt)
    assert (got["scheduling"], got["nice"]) == ("SCHED_OTHER, 1 ns slack", 0)


@privileged
def test_with_every_right(rt: ModuleType) -> None:
    got = child(rt, {})
    assert (got["scheduling"], got["policy"], got["resets"]) == ("SCHED_FIFO 70", os.SCHED_FIFO, True)


@pytest.fixture(scope="module")
def fake_kernel(tmp_path_factory: pytest.TempPathFactory) -> str:
    target = str(tmp_path_factory.mktemp("kernel") / "fake_kernel.so")
    source = str(Path(__file__).with_name("fake_kernel.c"))
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", source, "-o", target], check=True)
    return target


@pytest.mark.parametrize(
    ("rtprio", "nice", "rttime_us", "scheduling"),
    [
        (95, 0, -1, "SCHED_FIFO 70"),
        (70, 40, -1, "SCHED_FIFO 70"),
        (20, 40, -1, "SCHED_FIFO 20"),
        (1, 0, -1, "SCHED_FIFO 1"),
        (0, 31, -1, "nice -11"),
        (0, 40, -1, "nice -11"),
        (0, 30, -1, "SCHED_OTHER, 1 ns slack"),
        # a host that hangs would be killed for it by the kernel
        (95, 40, 200_000, "nice -11"),
        (95, 0, 2_999_999, "SCHED_OTHER, 1 ns slack"),
        (95, 0, 3_000_000, "SCHED_FIFO 70"),
    ],
)
def test_the_best_that_the_limits_permit(
    rt: ModuleType, fake_kernel: str, rtprio: int, nice: int, rttime_us: int, scheduling: str
) -> None:
    limits = {"KERNEL_RTPRIO": str(rtprio), "KERNEL_NICE": str(nice), "KERNEL_RTTIME_US": str(rttime_us)}
    # a sanitizer's library stays the first
    preloaded = ":".join(filter(None, [os.environ.get("LD_PRELOAD"), fake_kernel]))
    assert child(rt, {"LD_PRELOAD": preloaded} | limits)["scheduling"] == scheduling


# ---- rtkit, by a bus of the test's own ----

RETURN, ERROR, SIGNAL = 2, 3, 4


def message(kind: int, serial: int, body: bytes = b"") -> bytes:
    fields = struct.pack("<BBBBI", 5, 1, ord("u"), 0, serial)
    return struct.pack("<cBBBIII", b"l", kind, 1, 1, len(body), 7, len(fields)) + fields + body


def receive(connection: socket.socket, n: int) -> bytes:
    got = b""
    while len(got) < n:
        chunk = connection.recv(n - len(got))
        if not chunk:
            raise EOFError
        got += chunk
    return got


def receive_call(connection: socket.socket) -> tuple[bytes, bytes]:
    """(header fields, body) of a method call."""
    order, kind, _, version, n_body, _, n_fields = struct.unpack("<cBBBIII", receive(connection, 16))
    assert (order, kind, version) == (b"l", 1, 1)
    fields = receive(connection, (n_fields + 7) // 8 * 8)
    return fields[:n_fields], receive(connection, n_body)


@contextmanager
def bus(folder: Path, answer: Callable[[socket.socket, bytes, bytes], None]) -> Iterator[tuple[str, list[str]]]:
    """(address, what happened): a system bus with a program behind it that answers as told."""
    seen: list[str] = []
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / "bus"))
    server.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                seen.append("connected")
                try:
                    assert receive(connection, 22) == b"\0AUTH EXTERNAL\r\nDATA\r\n"
                    connection.sendall(b"DATA\r\nOK 0123456789abcdef\r\n")
                    assert receive(connection, 7) == b"BEGIN\r\n"
                    fields, body = receive_call(connection)
                    assert b"Hello" in fields and not body
                    connection.sendall(message(RETURN, 1, b"\x04\0\0\0:1.5\0") + message(SIGNAL, 0, bytes(300)))
                    fields, body = receive_call(connection)
                    assert b"MakeThreadHighPriority\0" in fields and b"\x01g\0\x02ti\0" in fields
                    answer(connection, fields, body)
                    connection.recv(1)  # until they hang up
                    seen.append("closed")
                except (EOFError, ConnectionError):
                    seen.append("closed")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"unix:path={folder / 'bus'},guid=0", seen
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(10)


def grant(connection: socket.socket, fields: bytes, body: bytes) -> None:
    thread, level = struct.unpack("<Qi", body)
    os.setpriority(os.PRIO_PROCESS, thread, level)
    connection.sendall(message(SIGNAL, 0) + message(RETURN, 2))


def refuse(connection: socket.socket, fields: bytes, body: bytes) -> None:
    connection.sendall(message(ERROR, 2, b"\x02\0\0\0no\0"))


def claim(connection: socket.socket, fields: bytes, body: bytes) -> None:
    connection.sendall(message(RETURN, 2))


def hush(connection: socket.socket, fields: bytes, body: bytes) -> None:
    pass


def babble(connection: socket.socket, fields: bytes, body: bytes) -> None:
    connection.sendall(bytes(range(256)))


@privileged
def test_rtkit_grants_a_nice_level(rt: ModuleType, tmp_path: Path) -> None:
    with bus(tmp_path, grant) as (address, seen):
        got = raised(rt, address)
    assert (got["scheduling"], got["nice"]) == ("nice -11 by rtkit", -11)
    assert seen == ["connected", "closed"] * 2


@pytest.mark.parametrize("answer", [refuse, claim], ids=["refuses", "claims"])
def test_rtkit_that_grants_nothing(
    rt: ModuleType, tmp_path: Path, answer: Callable[[socket.socket, bytes, bytes], None]
) -> None:
    """What counts is the level that the thread has in the end."""
    with bus(tmp_path, answer) as (address, seen):
        got = raised(rt, address)
    assert (got["scheduling"], got["again"]) == ("SCHED_OTHER, 1 ns slack",) * 2
    assert seen == ["connected", "closed"] * 2


@pytest.mark.parametrize("answer", [hush, babble], ids=["silent", "broken"])
def test_a_bus_that_does_not_answer_is_asked_once(
    rt: ModuleType, tmp_path: Path, answer: Callable[[socket.socket, bytes, bytes], None]
) -> None:
    with bus(tmp_path, answer) as (address, seen):
        got = raised(rt, address)
    assert (got["scheduling"], got["again"]) == ("SCHED_OTHER, 1 ns slack",) * 2
    assert seen == ["connected", "closed"]


# ---- taking it away ----


@pytest.fixture
def hung(rt: ModuleType) -> Iterator[object]:
    thread = rt.Raised(True)
    try:
        if not thread.scheduling.startswith("SCHED_FIFO"):
            pytest.skip("this user may not make real-time threads")
        yield thread
    finally:
        thread.close()


def test_a_thread_that_never_sleeps_is_made_an_ordinary_one(rt: ModuleType, hung: object) -> None:
    idle = rt.Raised(False)
    end = time.monotonic() + 20
    n_lowered = 0
    while not n_lowered and time.monotonic() < end:
        n_lowered = rt.watch()
        time.sleep(0.3)
    assert n_lowered == 1
    assert hung.scheduling == "SCHED_OTHER, lowered: a callback did not come back"  # type: ignore[attr-defined]
    assert idle.scheduling.startswith("SCHED_FIFO")
    assert rt.watch() == 0
    idle.close()


def test_a_stopper_lowers_at_once_and_an_ended_thread_not_at_all(rt: ModuleType, hung: object) -> None:
    assert hung.lower() is True  # type: ignore[attr-defined]
    assert hung.lower() is False  # type: ignore[attr-defined]
    ended = rt.Raised(False)
    ended.close()
    assert ended.lower() is False


# ---- measure_wake ----


def test_measure_wake_tells_all_that_a_benchmark_needs() -> None:
    measured = measure_wake(1_000_000, 50, 100_000)
    late_ns = memoryview(measured["late_ns"]).cast("q")
    assert len(late_ns) == 50 and min(late_ns) >= 0
    assert measured["missed"] >= 0 and 0 < measured["cpu_share"] <= 1.1
    assert measured["scheduling"] and measured["sleep"] == f"{sleep_method()}, the last 100 us spun"


def test_measure_wake_as_an_ordinary_thread() -> None:
    measured = measure_wake(500_000, 20, realtime=False, wakeful=False)
    assert measured["scheduling"] in ("SCHED_OTHER, 1 ns slack", "ordinary") and measured["wakeful"] is False
    assert measured["sleep"] == sleep_method()


@pytest.mark.parametrize("arguments", [(9_999, 10), (1_000_000, 0), (1_000_000, 10, -1)])
def test_measure_wake_refuses_nonsense(arguments: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least"):
        measure_wake(*arguments)

"""bench: a jackd of our own, freewheeling with one client that copies its channels: how long is one of its cycles?

The client lives in a process of its own (this file, run as a program), as clients do; its callback is C.
"""

import contextlib
import ctypes
import ctypes.util
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from asiokit.bench.measure import unpinned

START_S = 10.0
NO_START_SERVER = 1  # JackOptions
IS_INPUT, IS_OUTPUT = 1, 2  # JackPortFlags
AUDIO = b"32 bit float mono audio"


@contextlib.contextmanager
def freewheeling(n_channels: int, n_frames: int) -> Iterator[Callable[[float], float]]:
    """Gives a function (seconds) -> ns a cycle over that time. LookupError if there is no JACK that starts."""
    program, library = shutil.which("jackd"), ctypes.util.find_library("jack")
    if program is None or library is None:
        raise LookupError("JACK is not installed")
    # a name of its own: a JACK that the user runs is left alone
    name = f"asiokit-bench-{os.getpid()}"
    environment = os.environ | {"JACK_DEFAULT_SERVER": name, "JACK_NO_AUDIO_RESERVATION": "1"}
    command = [program, "--no-realtime", "--name", name, "-d", "dummy", "-r", "48000", "-p", str(n_frames)]
    with contextlib.ExitStack() as stack:
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        # what is pinned is the benchmark; JACK's two processes may have all CPUs
        with unpinned():
            server = subprocess.Popen(command, env=environment, **quiet)  # type: ignore[call-overload]
            stack.callback(_end, server)
            client = subprocess.Popen(
                [sys.executable, "-m", "asiokit.bench.jack", library, str(n_channels), str(n_frames)],
                env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
            stack.callback(_end, client)
        if _ask(client, None) != "ready":
            raise LookupError("JACK does not start")
        yield lambda seconds: float(_ask(client, f"{seconds}") or "nan")


def _ask(client: "subprocess.Popen[str]", question: str | None) -> str:
    """The client's next line; empty when it has ended or says nothing in time."""
    assert client.stdin is not None and client.stdout is not None
    if question is not None:
        print(question, file=client.stdin, flush=True)
    if not select.select([client.stdout], [], [], START_S)[0]:
        return ""
    return client.stdout.readline().strip()


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


# ---- the client's process ---------------------------------------------------------------------------------------


def main(library: str, n_channels: int, n_frames: int) -> int:
    from asiokit.bench.loops import JackClient  # noqa: PLC0415 - the parent needs no JACK

    jack = ctypes.CDLL(library)
    function: Any
    for function, result, arguments in (
        (jack.jack_client_open, ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]),
        (jack.jack_port_register, ctypes.c_void_p,
         [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]),
        (jack.jack_set_process_callback, ctypes.c_int, [ctypes.c_void_p] * 3),
        (jack.jack_activate, ctypes.c_int, [ctypes.c_void_p]),
        (jack.jack_set_freewheel, ctypes.c_int, [ctypes.c_void_p, ctypes.c_int]),
        (jack.jack_client_close, ctypes.c_int, [ctypes.c_void_p]),
    ):  # fmt: skip
        function.restype, function.argtypes = result, arguments
    client = _opened(jack)
    ports: dict[int, list[int]] = {
        direction: [
            jack.jack_port_register(client, f"{direction}_{i}".encode(), AUDIO, direction, 0) for i in range(n_channels)
        ]
        for direction in (IS_INPUT, IS_OUTPUT)
    }
    address = ctypes.cast(jack.jack_port_get_buffer, ctypes.c_void_p).value or 0
    copies = JackClient(address, ports[IS_INPUT], ports[IS_OUTPUT], n_frames)
    if not all(ports[IS_INPUT] + ports[IS_OUTPUT]):
        return 1
    if jack.jack_set_process_callback(client, copies.process, copies.context) or jack.jack_activate(client):
        return 1
    print("ready", flush=True)
    for line in sys.stdin:
        jack.jack_set_freewheel(client, 1)
        time.sleep(0.05)  # until it does
        begin, n = time.perf_counter_ns(), copies.n_cycles
        time.sleep(float(line))
        took, n = time.perf_counter_ns() - begin, copies.n_cycles - n
        # out of the way of what is measured next
        jack.jack_set_freewheel(client, 0)
        time.sleep(0.05)
        print(took / n if n else "nan", flush=True)
    jack.jack_client_close(client)
    return 0


def _opened(jack: ctypes.CDLL) -> int:
    end = time.monotonic() + START_S / 2
    while True:
        client = jack.jack_client_open(b"asiokit-bench", NO_START_SERVER, None)
        if client:
            return int(client)
        if time.monotonic() > end:
            raise SystemExit(1)
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))

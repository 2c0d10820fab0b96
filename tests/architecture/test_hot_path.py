"""The stream thread never asks for the GIL: seen in the sources, in the C made of them, in the machine code."""

import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from architecture.conftest import Generated
from architecture.sources import ROOT, sources

# Everything that may run on the stream thread while the stream runs, and the questions that are answered from inside
# a switch. A function that is gone or renamed fails here: the list is meant to be read.
HOT: dict[str, tuple[str, ...]] = {
    "asiokit.rt.clock": (
        "advance",
        "woken",
        "wait_realtime",
        "wait_spinning",
        "wait_freewheel",
        "wait_manual",
        "clock_anchor",
        "clock_step_done",
    ),
    "asiokit.rt.system": (
        *("now_ns", "host_time_ns", "sleep_until", "sleep_spin_until"),
        *("thread_id", "event_set", "event_wait"),
    ),
    "asiokit.engine.notifier": ("engine_notify", "engine_request", "say", "tell_host", "notifier_thread"),
    "asiokit.engine.state": ("engine_can_rate", "engine_on_stream_thread", "engine_log"),
    "asiokit.engine.stream": (
        *("cycle_device_first", "cycle_host_first", "run_device", "device_failed", "wait_output_ready", "fill_time"),
        *("switch_plain", "switch_time_info", "switch_time_code", "serve_edge", "run_thread", "engine_edge"),
    ),
    "asiokit.device.base": ("Device_process", "Device_control", "Device_time_code", "Device_thread_begin"),
    "asiokit.device.ahead": ("ahead_cycle", "take", "hand_over", "copy_channels"),
    "asiokit.com.driver": (
        *("c_get_channels", "c_get_latencies", "c_get_buffer_size", "c_get_sample_rate", "c_get_sample_position"),
        *("c_get_clock_sources", "c_get_channel_info", "c_get_driver_name", "c_get_driver_version"),
        *("c_get_error_message", "c_can_sample_rate", "c_output_ready", "c_future", "c_query_interface", "c_add_ref"),
    ),
    "asiokit.com.guard": ("refuse", "fail", "remember", "null_pointer"),
    "asiokit.com.future": ("answer_future", "ask_device", "io_format", "channel_exists"),
    "asiokit_drivers.fileplayer": (
        *("FilePlayer_process", "FilePlayer_control", "FilePlayer_time_code", "play", "play_block", "play_nothing"),
        *("next_of", "record", "record_block", "nothing", "miss", "silence"),
    ),
    "asiokit_drivers.generator": ("Generator_process", "sine", "sweep", "noise", "impulse"),
    "asiokit_drivers.level_meter": ("LevelMeter_process", "LevelMeter_control"),
    "asiokit_drivers.delay": ("Delay_process",),
    "asiokit_drivers.quantiser": ("Quantiser_process",),
    "asiokit_drivers.identify": ("Identify_process", "fill_levels", "fill_pulses"),
    "asiokit_drivers.loopback": ("Loopback_process", "copy_channels", "mix_channels"),
}

# Inline functions of .pxd files appear in every module that uses them; one is enough.
INLINE: dict[str, tuple[str, ...]] = {
    "asiokit.engine.stream": (
        *("gate_enter", "gate_leave", "gate_is_closed", "gate_is_busy", "gate_is_mine"),
        *("status_publish", "status_count", "journal_put", "engine_rate", "clock_cycle_done"),
    ),
    "asiokit.rt.clock": ("status_wake",),
    "asiokit.com.driver": ("status_read",),
}

FORBIDDEN = re.compile(
    r"PyGILState\w*|PyEval\w*|__Pyx_RefNanny\w*|__Pyx_X?(?:INC|DEC)REF\w*|Py_X?(?:INC|DEC)REF|PyObject\w*|PyErr\w*"
    r"|__Pyx_ErrOccurredWithGIL|__Pyx_WriteUnraisable|__Pyx_FastGIL\w*|Py_(?:BEGIN|END)_ALLOW_THREADS|__Pyx_PyGIL\w*"
)


def body_of(text: str, name: str) -> str:
    """The function's body in generated C: from its brace to the brace in column 0. Names end in _NAME."""
    found = re.findall(rf"^(?:static|__PYX_EXTERN_C)[^;{{}}]*?\b(?:__pyx_f_\w*?)_\d*{name}\([^;{{]*\)\s*\{{\n(.*?)^\}}",
                       text, re.MULTILINE | re.DOTALL)  # fmt: skip
    assert found, f"{name} is gone: if it was renamed, rename it here"
    return str(max(found, key=len))


def listed() -> Iterator[tuple[str, str]]:
    for table in (HOT, INLINE):
        for module, names in table.items():
            for name in names:
                yield module, name


@pytest.mark.parametrize(("module", "name"), list(listed()))
def test_generated_c_takes_no_gil(generated: Generated, module: str, name: str) -> None:
    # /* comments */ quote the Cython source
    body = re.sub(r"/\*.*?\*/", "", body_of(generated.text(module), name), flags=re.DOTALL)
    assert FORBIDDEN.findall(body) == []


def test_the_check_would_see_it(generated: Generated) -> None:
    """Functions that do take the GIL, found by the same means."""
    assert FORBIDDEN.search(body_of(generated.text("asiokit.com.driver"), "do_start"))
    assert FORBIDDEN.search(body_of(generated.text("asiokit.entry"), "entry_create"))


def test_cython_has_no_hint(generated: Generated) -> None:
    """A performance hint is a lock or a check in a place that should have none; a warning is never meant."""
    lines = [
        line for line in generated.said.splitlines() if re.search(r"performance hint|warning", line, re.IGNORECASE)
    ]
    assert lines == []
    assert "Cythonizing" in generated.said


@pytest.mark.parametrize("path", sources(".pyx", ".pxd"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nogil_is_noexcept(path: Path) -> None:
    """Without noexcept the caller asks for the GIL after each call, to see whether something was raised."""
    text = re.sub(r"#[^\n]*", "", re.sub(r'"""[\s\S]*?"""', "", path.read_text(encoding="utf-8")))
    assert re.findall(r"[^\n]*\)\s*(?:except[^:\n]*?)?\bnogil\b[^\n]*", text) == []
    # with gil, and for others to call: an exception must not leave it either
    assert re.findall(r"\)\s*with gil", text) == []


def machine_code(module: str, objdump: str) -> dict[str, list[str]]:
    """function -> names of what it calls, for one extension module as it was built."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    folder = ROOT / "drivers" if module.startswith("asiokit_drivers") else ROOT
    library = folder / (module.replace(".", "/") + suffix)
    if not library.exists():
        pytest.skip(f"{module} is not built in place")
    listing = subprocess.run(
        [objdump, "-d", "--no-show-raw-insn", str(library)], check=True, capture_output=True, text=True
    )
    calls: dict[str, list[str]] = {}
    here: list[str] = []
    for line in listing.stdout.splitlines():
        if match := re.fullmatch(r"[0-9a-f]+ <([^>]+)>:", line):
            here = calls.setdefault(match[1], [])
        elif match := re.search(r"\b(?:call|jmp|bl|b)q?\s+[0-9a-f]+ <([^>+]+)", line):
            here.append(match[1].removesuffix("@plt"))
    return calls


@pytest.mark.skipif(sys.platform == "win32", reason="reads ELF files")
@pytest.mark.parametrize("module", HOT)
def test_machine_code_calls_neither_python_nor_malloc(objdump: str, module: str) -> None:
    calls = machine_code(module, objdump)
    reached: set[str] = set()
    # run_thread also ends the run; engine_log writes and the notifier calls on another thread only; locked is what
    # future() does for one selector, before init
    ends = {"run_thread", "engine_log", "fail", "refuse", "tell_host", "notifier_thread", "say", "locked"}
    waiting = [
        f for f in calls for name in HOT[module] if name not in ends and re.search(rf"^__pyx_f_\w+_\d*{name}(\.|$)", f)
    ]
    assert waiting or module == "asiokit.rt.system", f"{module} was stripped of its symbols"
    while waiting:
        function = waiting.pop()
        for target in calls.get(function, []):
            # what a hot function reaches counts as hot, but for the guarded ways out of it
            if target not in reached and not any(re.search(rf"_{name}(\.|$)", target) for name in ends):
                reached.add(target)
                waiting.append(target)
    bad = re.compile(r"_?Py|malloc|calloc|realloc|free$|pthread_(?:mutex|cond|rwlock)|fopen|printf|write$|open$")
    assert sorted(name for name in reached if bad.match(name)) == []

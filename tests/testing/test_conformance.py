"""tests of the conformance suite: good drivers pass all of it, and each check sees the bug that it is meant for."""

import contextlib
import ctypes
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from reference.library import Reference
from testing.mutants import Method, always, mutate, once_done

from asiokit.cli import main
from asiokit.errors import AsiokitError
from asiokit.host.open import open_driver
from asiokit.host.raw import BufferInfo, Callbacks, ChannelInfo, Time
from asiokit.testing.conformance import calls, run
from asiokit.testing.conformance.case import BAD, CHECKS, Finding, Outcome
from asiokit.testing.conformance.suite import CHECKS as ALL

SEED = 1
assert ALL is CHECKS
FROM_TABLE = [id for id, check in CHECKS.items() if check.look.__module__ == calls.__name__]


def bad(findings: list[dict[str, Any]]) -> list[str]:
    return [f"{f['id']}: {f['outcome']}: {f['detail']}" for f in findings if f["outcome"] in BAD]


def test_there_are_more_than_a_hundred_and_each_is_described() -> None:
    assert len(CHECKS) >= 150
    for check in CHECKS.values():
        assert check.id == check.id.lower() and " " not in check.id
        assert check.rule.endswith(".") and check.source


@pytest.mark.timeout(200)
def test_ours_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "device:loopback", "--json", "--seed", str(SEED)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert bad(answer["checks"]) == []
    assert answer["counts"]["pass"] >= 150 and answer["counts"]["skipped"] <= 3
    assert [f["id"] for f in answer["checks"]] == list(CHECKS)
    assert (answer["driver"], answer["seed"]) == ("device:loopback", SEED)
    assert set(answer["checks"][0]) == {"id", "outcome", "detail", "rule", "source", "seconds"}


@pytest.mark.timeout(200)
def test_the_reference_passes(reference_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    junit, page = tmp_path / "check.xml", tmp_path / "check.html"
    words = ["--junit", str(junit), "--report", str(page)]
    assert main(["check", str(reference_path), "--seed", str(SEED), *words]) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert f"of {len(CHECKS)} checks" in last and "fail" not in last
    suite = ElementTree.parse(junit).getroot()
    assert int(suite.get("tests", "0")) == len(CHECKS) == len(suite.findall("testcase"))
    assert suite.get("failures") == suite.get("errors") == "0"
    text = page.read_text(encoding="utf-8")
    assert all(f"<td>{id}</td>" in text for id in CHECKS) and "rules kept" in text


# ---- planted bugs ---------------------------------------------------------------------------------------------------


@pytest.fixture
def found(reference: Reference) -> Iterator[Callable[..., Finding]]:
    """found(id, **mutations): what a check says of the reference driver with these slots replaced."""

    def look(id: str, **mutations: Any) -> Finding:
        def opener() -> Any:
            return mutate(open_driver(str(reference.path), initialize=False), **mutations)

        return run.make(CHECKS[id], opener, SEED)

    yield look


def slot_and_due(id: str) -> tuple[str, bool]:
    """Of a check of the table: the slot that it calls, and whether success is due in some state."""
    cells = dict(zip(CHECKS[id].look.__code__.co_freevars, CHECKS[id].look.__closure__ or (), strict=True))
    expected = str(cells["expected"].cell_contents)
    return str(cells["slot"].cell_contents), "ok" in expected or "SUCCESS" in expected


@pytest.mark.parametrize("id", FROM_TABLE)
def test_a_call_that_answers_the_wrong_way_is_seen(found: Callable[..., Finding], id: str) -> None:
    """Where success is due: the slot refuses while it can't yet be needed for the way there. Where an error is due: the
    slot says yes."""
    slot, success_is_due = slot_and_due(id)
    assert found(id).outcome == Outcome.PASS
    finding = found(id, **{slot: answering(slot, success_is_due)})
    assert finding.outcome == Outcome.FAIL, finding
    assert f"{slot} while " in finding.detail


def answering(slot: str, success_is_due: bool) -> Callable[[Method], Method]:
    """A slot that inverts what it would have answered, after its work, so that other calls get as far as before."""

    def mutation(original: Method) -> Method:
        def method(*values: Any) -> int:
            # memory that the check has lent must not be touched for a call that only pretends
            answer = original(*values)
            is_error = answer not in (0, 0x3F4847A0)
            if success_is_due:
                return int(answer) if is_error else STUBBORN
            return 0 if is_error else int(answer)

        STUBBORN = -999
        return method

    return mutation


def host_callbacks(**changes: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Callable[[Method], Method]:
    """A createBuffers that hands the driver other callbacks: changes[name](the host's) -> what the driver calls."""

    def mutation(original: Method) -> Method:
        def create(infos: int, n: int, n_frames: int, callbacks: int) -> int:
            table = Callbacks.from_address(callbacks) if callbacks else None
            if table is None:
                return int(original(infos, n, n_frames, callbacks))
            mine = Callbacks.from_buffer_copy(table)
            for name, change in changes.items():
                kind = type(getattr(table, name))
                setattr(mine, name, kind(change(getattr(table, name))))
            KEPT.append((mine, callbacks))
            return int(original(infos, n, n_frames, ctypes.addressof(mine)))

        return create

    return mutation


KEPT: list[object] = []


def both_switches(change: Callable[[int, int], int]) -> dict[str, Any]:
    """change(cycle, index) -> the index that the host gets."""
    cycles = {"n": -1}

    def next_index(index: int) -> int:
        cycles["n"] += 1
        return change(cycles["n"], index)

    return {
        "create_buffers": host_callbacks(
            buffer_switch=lambda real: lambda index, direct: real(next_index(index), direct),
            buffer_switch_time_info=lambda real: lambda time, index, direct: real(time, next_index(index), direct),
        )
    }


def with_time(change: Callable[[int, Any], None]) -> dict[str, Any]:
    """change(cycle, time info), before the host sees it."""
    cycles = {"n": -1}

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def switch(address: int, index: int, direct: int) -> int:
            cycles["n"] += 1
            change(cycles["n"], Time.from_address(address).time_info)
            return int(real(address, index, direct) or 0)

        return switch

    return {"create_buffers": host_callbacks(buffer_switch_time_info=wrap)}


def writes(text: bytes) -> Callable[[Method], Method]:
    return lambda original: lambda address: ctypes.memmove(address, text, len(text)) and None


def info_with(**fields: Any) -> Callable[[Method], Method]:
    """A getChannelInfo that sets these fields."""

    def mutation(original: Method) -> Method:
        def method(address: int) -> int:
            code = int(original(address))
            for name, value in fields.items():
                setattr(ChannelInfo.from_address(address), name, value(ChannelInfo.from_address(address)))
            return code

        return method

    return mutation


def longs_with(*values: int) -> Callable[[Method], Method]:
    def mutation(original: Method) -> Method:
        def method(*pointers: int) -> int:
            code = int(original(*pointers))
            for pointer, value in zip(pointers, values, strict=False):
                if pointer and code == 0:
                    ctypes.c_long.from_address(pointer).value = value
            return code

        return method

    return mutation


def _jump(cycle: int, info: Any) -> None:
    if cycle == 20:
        info.sample_position += 1


def _back(cycle: int, info: Any) -> None:
    if cycle == 20:
        info.system_time -= 10**9


def _other_rate(cycle: int, info: Any) -> None:
    info.sample_rate = 12345.0


# check: what a slot of the reference driver does instead
PLANTED: dict[str, dict[str, Any]] = {
    "name-fits": {"get_driver_name": writes(b"x" * 40)},
    "name-before-init": {"get_driver_name": writes(b"\0")},
    "name-is-ascii": {"get_driver_name": writes(b"\xfcber\0")},
    "error-message-fits": {"get_error_message": writes(b"x" * 130)},
    "error-message-after-init": {"get_error_message": writes(b"x" * 130)},
    "error-message-says-why": {"get_error_message": writes(b"\0")},
    "references": {"add_ref": always(7)},
    "unknown-interface": {"query_interface": always(0)},
    "some-channels": {"get_channels": longs_with(0, 0)},
    "channel-names": {"get_channel_info": info_with(name=lambda info: b"")},
    "channel-info-echoes": {"get_channel_info": info_with(channel=lambda info: info.channel + 1)},
    "channels-inactive-before": {"get_channel_info": info_with(is_active=lambda info: 1)},
    "channels-active-while-prepared": {"get_channel_info": info_with(is_active=lambda info: 0)},
    "one-sample-type": {"get_channel_info": info_with(type=lambda info: 18 + info.channel % 2)},
    "both-directions-one-type": {"get_channel_info": info_with(type=lambda info: 18 + info.is_input)},
    "known-sample-type": {"get_channel_info": info_with(type=lambda info: 99)},
    "sizes-are-ordered": {"get_buffer_size": longs_with(512, 64, 256, -1)},
    "one-size-is-one-size": {"get_buffer_size": longs_with(64, 512, 64, 0)},
    "a-common-rate": {"can_sample_rate": always(-995)},
    "rate-is-remembered": {"set_sample_rate": always(0)},
    "clock-sources": {"get_clock_sources": lambda original: lambda sources, count: none_of(count)},
    "latencies-before-buffers": {"get_latencies": longs_with(-1, 0)},
    "init": {"init": always(0)},
    "init-with-null": {"init": lambda original: lambda handle: original(handle) if handle else 0},
    "init-with-any-handle": {"init": lambda original: lambda handle: original(handle) if handle != 0xDEAD else 0},
    "index-alternates": both_switches(lambda cycle, index: 1 if cycle == 10 else index),
    "first-index": both_switches(lambda cycle, index: 1 - index),
    "position-counts-frames": with_time(_jump),
    "time-rises": with_time(_back),
    "rate-in-time-info": with_time(_other_rate),
    "stop-is-quick": {"stop": lambda original: lambda: (pause(1.1), original())[1]},
    "structs-are-copied": {"create_buffers": once_done(-999)},
    "latency-is-honest": {"get_latencies": longs_with(100, 1)},
    "buffers-are-apart": {"create_buffers": lambda original: lambda i, n, f, c: overlapping(original, i, n, f, c)},
    "future-yes-is-success": {"future": always(0)},
    "future-while-running": {"future": always(0)},
    "refused-rate-changes-nothing": {
        "set_sample_rate": lambda original: lambda rate: (original(44100.0) and -995) or -995
    },
    "output-ready-is-constant": {"output_ready": lambda original: changing()},
    "future-questions-repeat": {"future": lambda original: changing()},
}


def none_of(count: int) -> int:
    if count:
        ctypes.c_long.from_address(count).value = 0
    return 0


def pause(seconds: float) -> None:
    time.sleep(seconds)


def changing() -> Method:
    answers = itertools.cycle([0, -1000])
    return lambda *values: next(answers)


def overlapping(original: Method, infos: int, n: int, n_frames: int, callbacks: int) -> int:
    code = int(original(infos, n, n_frames, callbacks))
    rows = (BufferInfo * n).from_address(infos)
    if code == 0 and n > 1:
        rows[1].buffers[0] = rows[0].buffers[0]
    return code


@pytest.mark.parametrize("id", PLANTED)
def test_a_planted_bug_is_seen_by_the_check_meant_for_it(found: Callable[..., Finding], id: str) -> None:
    assert found(id).outcome == Outcome.PASS
    finding = found(id, **PLANTED[id])
    assert finding.outcome == (Outcome.FAIL if CHECKS[id].is_must else Outcome.WARNING), finding


@pytest.mark.parametrize(
    ("option", "value", "id"),
    [
        (Reference.REPEAT_INDEX, 7, "index-alternates"),
        (Reference.SKIP_POSITION, 7, "position-counts-frames"),
        (Reference.CORRUPT, 7, "loop-is-exact"),
        (Reference.MESSAGE, 3, "no-surprise-messages"),
    ],
)
def test_the_reference_s_own_faults_are_seen(
    reference: Reference, found: Callable[..., Finding], option: int, value: int, id: str
) -> None:
    reference.option(option, value)
    finding = found(id)
    assert finding.outcome in BAD, finding


def test_how_many_bugs_are_planted() -> None:
    planted = len(FROM_TABLE) + len(PLANTED) + 4
    print(f"{planted} planted, each caught by its check")
    assert planted >= 100


# ---- children -------------------------------------------------------------------------------------------------------

CHILD = """
import json, os, sys, time
ids = sys.argv[1].split(",")
from asiokit.testing.conformance.case import Finding
for id in ids:
    print(json.dumps({{"begins": id}}), flush=True)
    {fault}
    print(json.dumps(Finding(id, "pass", "", "", "", 0.0).as_dict()), flush=True)
"""


def findings_of(fault: str, ids: list[str], timeout_s: float = 20.0) -> list[Finding]:
    script = CHILD.format(fault=fault)
    return list(run.run(ids, lambda left: [sys.executable, "-c", script, ",".join(left)], timeout_s))


def test_a_crash_is_a_finding_and_the_rest_is_made() -> None:
    ids = list(CHECKS)[:5]
    findings = findings_of(f"if id == {ids[2]!r}: os.abort()", ids)
    assert [finding.id for finding in findings] == ids
    assert [finding.outcome for finding in findings] == ["pass", "pass", "crashed", "pass", "pass"]
    assert findings[2].rule == CHECKS[ids[2]].rule and "exit code" in findings[2].detail


def test_a_hang_is_a_finding() -> None:
    ids = list(CHECKS)[:3]
    findings = findings_of(f"if id == {ids[1]!r}: time.sleep(60)", ids, timeout_s=2.0)
    assert [finding.outcome for finding in findings] == ["pass", "hung", "pass"]


def test_a_child_that_does_not_begin_is_an_error() -> None:
    with pytest.raises(AsiokitError, match="has ended: exit code 3"):
        list(run.run(list(CHECKS)[:2], lambda left: [sys.executable, "-c", "raise SystemExit(3)"]))


# ---- the command ----------------------------------------------------------------------------------------------------


def test_only_skip_and_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--list", "--only", "init*", "--skip", "init-twice"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:] if not line.startswith(" ")] == [
        *("init", "init-with-null", "init-with-any-handle"),
    ]
    assert max(map(len, lines)) <= 80
    assert main(["check", "device:loopback", "--only", "nonsense*"]) == 2
    assert "no check is named 'nonsense*'" in capsys.readouterr().err
    assert main(["check", "no such driver"]) == 2


def test_known_failures(reference: Reference, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "known.toml"
    file.write_text('[fail]\ninit = "does not fail at all"\n')
    assert main(["check", str(reference.path), "--only", "init", "--expect", str(file)]) == 1
    assert "init is listed as known to fail, and does not" in capsys.readouterr().out
    file.write_text('[fail]\nnonsense = "no such check"\n')
    assert main(["check", str(reference.path), "--expect", str(file)]) == 2
    assert "no check is named 'nonsense'" in capsys.readouterr().err


def test_the_seed_says_everything(reference: Reference) -> None:
    """The same seed makes the same choices."""
    with contextlib.ExitStack():
        details = [
            run.make(CHECKS["buffers-again"], lambda: open_driver(str(reference.path), initialize=False), SEED).detail
            for _ in range(2)
        ]
    assert details[0] == details[1]


def test_the_documents_list_what_there_is() -> None:
    from tools.conformance_docs import FILE, text  # noqa: PLC0415

    assert FILE.read_text(encoding="utf-8") == text(), "run python -m tools.conformance_docs"

"""asiokit bench: its words, its files, what it compares, its exit codes, and its report."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from asiokit.bench import GROUPS
from asiokit.cli import bench, bench_report, bench_text, main
from asiokit.cli.bench_text import Row, changes, figure, number, row_lines, values

ABOUT = {
    "cpu": "A CPU", "cores": 2, "kernel": "Linux 6", "os": "Debian", "python": "3.11", "convert_level": "avx2",
    "scheduling": "SCHED_FIFO 80", "load": 0.1, "date": "2026-11-27", "asiokit": "1.0", "compiler": "gcc 12",
    "governor": "performance", "virtual": True,
}  # fmt: skip


def row(name: str, **fields: Any) -> Row:
    empty = {"value": None, "unit": "ns", "anchor": None, "anchor_name": "", "ratio": None, "spread": None}
    return {"name": name, "group": name.partition("/")[0], **empty, "goal": None, "met": None, "detail": None, **fields}


MET = row("cycle/a loopback", value=150.0, anchor=75.0, anchor_name="memcpy", ratio=2.0, spread=[1.9, 2.05],
          goal="<= 2.2 x memcpy", met=True)  # fmt: skip
MISSED = row("convert/geometric mean", anchor_name="memcpy", ratio=0.4, spread=[0.39, 0.41], goal=">= 0.45 x memcpy",
             met=False)  # fmt: skip
OPEN = row("ring/faster than JACK's by", value=28.0, anchor_name="JACK", goal=">= 1.4 x JACK")
PLAIN = row("proof/page faults a cycle", value=0, unit="faults", goal="<= 0 faults", met=True)
MACHINE = bench.machine_row(ABOUT)
RUN = [MACHINE, MISSED, MET, OPEN, PLAIN]


def written(path: Path, rows: object) -> str:
    path.write_text(json.dumps(rows), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("x", "text"),
    [(None, "-"), (0, "0"), (0.12345, "0.123"), (2.0, "2"), (999.4, "999"), (999.7, "1,000"), (12345.6, "12,346"),
     (0.00012, "1.20e-04"), (3e9, "3.00e+09")],
)  # fmt: skip
def test_numbers_have_three_figures(x: float | None, text: str) -> None:
    assert number(x) == text


def test_what_a_line_says() -> None:
    assert figure(MET) == "2 (1.9 ... 2.05) x memcpy"
    assert values(MET) == "150 : 75 ns"
    assert (figure(OPEN), values(OPEN)) == ("- (no JACK here)", "28 : - ns")
    assert (figure(PLAIN), values(PLAIN)) == ("0 faults", "")
    assert (figure(row("a/b")), values(row("a/b"))) == ("-", "")
    first, second = row_lines(MET)
    assert first.startswith("  a loopback") and first.endswith("<= 2.2  yes")
    assert second == "      2 (1.9 ... 2.05) x memcpy  [150 : 75 ns]"
    assert row_lines(MISSED)[0].endswith(">= 0.45   NO")
    assert row_lines(OPEN)[0].endswith(">= 1.4    -")


def test_no_line_is_wider_than_the_terminal() -> None:
    long = MET | {"name": "cycle/" + "a very long name " * 9, "anchor_name": "another very long name " * 5}
    assert max(map(len, row_lines(long))) <= 80
    assert max(map(len, bench_text.machine_lines(ABOUT | {"cpu": "x " * 70}))) <= 80
    assert max(map(len, bench_text.summary_lines([long | {"met": False, "spread": [0.1, 9]}]))) <= 80


def test_the_summary_names_what_is_not_met(capsys: pytest.CaptureFixture[str]) -> None:
    lines = bench_text.summary_lines(RUN)
    assert lines[0] == "2 of 3 goals met"
    assert lines[1:] == ["missed:", "  convert/geometric mean", "open, for want of an anchor:", f"  {OPEN['name']}"]


def test_a_noisy_run_says_where() -> None:
    assert bench_text.noise(RUN) == pytest.approx({"convert": 0.05, "cycle": 0.075})
    noisy = [MET | {"spread": [1.0, 3.0]}, MISSED, MET | {"spread": [1.5, 2.5]}]
    assert bench_text.noise(noisy)["cycle"] == 1.0
    assert "in cycle (by 100 %);" in " ".join(bench_text.summary_lines(noisy))
    assert "noisy" not in " ".join(bench_text.summary_lines(RUN))
    assert bench_text.noise([PLAIN]) == {}


def test_the_worst_of_many_is_named() -> None:
    worst = MISSED | {"detail": {"cell": "float32 > int24, 64 x 32"}}
    assert row_lines(worst)[1].endswith("float32 > int24, 64 x 32")
    assert "geometric mean: float32 > int24, 64 x 32 |" in bench_text.markdown([worst])
    assert row_lines(MISSED | {"detail": "SCHED_FIFO 70"}) == row_lines(MISSED)


@pytest.mark.parametrize(
    ("then", "now", "remark"),
    [
        ({"met": True}, {"met": False}, "goal lost"),
        ({"met": False}, {"met": True}, "goal won"),
        ({}, {"ratio": 2.02, "spread": [2.0, 2.1]}, ""),
        ({}, {"ratio": 2.1, "spread": [2.06, 2.15]}, "worse"),
        ({}, {"ratio": 1.5, "spread": [1.4, 1.6]}, "better"),
        ({"goal": ">= 1 x y"}, {"ratio": 3.0, "spread": [2.9, 3.1], "goal": ">= 1 x y"}, "better"),
        ({}, {"ratio": 3.0, "spread": [2.9, 3.1], "goal": None, "met": None}, "other"),
        ({"spread": None}, {"ratio": 9.0, "spread": None}, ""),
    ],
)
def test_changes(then: dict[str, Any], now: dict[str, Any], remark: str) -> None:
    (change,) = changes([MET | then], [MET | now])
    assert (change.name, change.before, change.remark) == (MET["name"], 2.0, remark)
    assert change.now == now.get("ratio", 2.0)


def test_only_lines_of_both_runs_are_compared() -> None:
    assert changes([MACHINE, MET], [MACHINE, MISSED]) == []
    assert changes([MET | {"ratio": None}], [MET]) == []
    assert [change.now for change in changes([PLAIN], [PLAIN | {"value": 3}])] == [3.0]


# ---- the command ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["cycel"], "there is no group 'cycel' (did you mean 'cycle'?); possible: convert, cycle"),
        (["--from", "none.json"], "none.json: can't be read"),
        (["--compare", "none.json", "proof"], "none.json: can't be read"),
        (["--rounds", "0"], "0 is not above 0"),
    ],
)
def test_what_a_user_can_get_wrong(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *arguments]) == 2
    said = capsys.readouterr()
    assert text in said.err and not said.out


@pytest.mark.parametrize(
    "content",
    ["{", "{}", "[1]", '[{"name": "a/b"}]', json.dumps([MET | {"ratio": "2"}]), json.dumps([MET | {"met": "yes"}]),
     json.dumps([MET | {"name": 3}]), json.dumps([MACHINE | {"value": 3}])],
)  # fmt: skip
def test_files_that_are_no_benchmark(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "old.json"
    file.write_text(content, encoding="utf-8")
    for option in ("--from", "--compare"):
        assert main(["bench", option, str(file)]) == 2
        assert "old.json: is not" in capsys.readouterr().err


def test_list_measures_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == list(GROUPS)


def test_an_old_run_can_be_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "run.json", RUN)
    assert main(["bench", "--from", file]) == 1  # a goal was missed
    out = capsys.readouterr().out
    assert "A CPU" in out and "cycle: " in out and "2 of 3 goals met" in out
    assert max(map(len, out.splitlines())) <= 80
    assert main(["bench", "cycle", "--from", file]) == 0
    assert "convert: " not in capsys.readouterr().out


def test_json_is_the_whole_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "run.json", RUN)
    main(["bench", "--from", file, "--json"])
    assert json.loads(capsys.readouterr().out) == RUN
    copy = tmp_path / "deep" / "copy.json"
    main(["bench", "--from", file, "--json", str(copy)])
    assert json.loads(copy.read_text()) == RUN
    assert f"figures: {copy}" in capsys.readouterr().out
    (tmp_path / "file").touch()
    assert main(["bench", "--from", file, "--json", str(tmp_path / "file" / "x.json")]) == 2
    assert "can't be written" in capsys.readouterr().err


def test_a_comparison_fails_only_for_a_lost_goal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = written(tmp_path / "old.json", RUN), written(tmp_path / "new.json", [MET | {"met": False}])
    assert main(["bench", "--from", old, "--compare", old]) == 0
    assert main(["bench", "--from", new, "--compare", old]) == 1
    assert "goal lost" in capsys.readouterr().out
    assert main(["bench", "--from", new, "--compare", new]) == 0
    assert main(["bench", "--from", old, "--compare", written(tmp_path / "other.json", [row("cycle/other")])]) == 0
    assert "no line in common" in capsys.readouterr().out


def test_markdown_is_a_table_for_each_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["bench", "--from", written(tmp_path / "run.json", RUN), "--markdown"])
    out = capsys.readouterr().out
    assert out.startswith("Measured on 2026-11-27: A CPU, 2 cores, a virtual machine; Debian")
    assert f"### cycle: {GROUPS['cycle']}\n\n| what | figure | of | goal | met |\n|---|---|---|---|---|\n" in out
    assert "| a loopback | 2 (1.9 ... 2.05) x memcpy | 150 : 75 ns | <= 2.2 | yes |" in out
    assert "### wake" not in out


def test_as_a_user_runs_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, report = tmp_path / "now.json", tmp_path / "now.html"
    assert main(["bench", "ring", "--quick", "--json", str(file), "--report", str(report)]) in (0, 1)
    out = capsys.readouterr().out
    assert "ring: " in out and "goals met" in out
    assert max(len(line) for line in out.splitlines() if str(tmp_path) not in line) <= 80
    machine, *lines = json.loads(file.read_text())
    assert machine["name"] == "machine" and machine["value"]["scheduling"]
    assert {line["group"] for line in lines} == {"ring"}
    assert "<svg" in report.read_text(encoding="utf-8")


# ---- the report ---------------------------------------------------------------------------------------------------


def details() -> list[Row]:
    """Rows with everything that is drawn."""
    cells = [[f"float32 > {kind}, planar", c, f, 0.5] for kind in ("int16", "int24") for c in (2, 64) for f in (32, 64)]
    growth = {"rows": [[2, 32, 50.0], [64, 32, 300.0], [2, 64, 60.0], [64, 64, 500.0]], "fit": [40.0, 1.0, 0.1]}
    late = {"period_us": 1000.0, "modes": {"cyclictest": [[10, 5], [50, 1]], "realtime": [[9, 6]], "unprivileged": []}}
    return [
        row("convert/geometric mean", ratio=0.5, anchor_name="memcpy", detail={"level": "avx2", "cells": cells}),
        row("cycle/growth, float32 copied: farthest off the fit", value=3.0, unit="%", detail=growth),
        row("cycle/growth, int32 converted: farthest off the fit", value=3.0, unit="%", detail=growth),
        row("wake/1 ms, cyclictest itself, p50", value=10.5, unit="us", detail=late),
        row("dispatch/a call", value=2.0, anchor=2.0, anchor_name="indirect call", ratio=1.0, spread=[0.9, 1.1]),
        row("dispatch/a longer call", value=700.0, anchor=2.0, anchor_name="indirect call", ratio=350.0),
        row("cpu/<b>&", value=4.0, unit="% of a core", anchor=2.0, anchor_name="sleeping", ratio=2.0),
    ]


def test_the_report_has_its_plots_and_needs_nothing_beside_it() -> None:
    pytest.importorskip("matplotlib")
    page = bench_report.render([MACHINE, MISSED, MET, OPEN, PLAIN, *details()], [MET | {"met": False}])
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", page))
    assert all(address.startswith("http://www.w3.org/") for address in addresses)  # names of namespaces
    assert not re.search(r"<(script|link|img|iframe)\b|@import|url\((?!#)", page)
    assert page.count("<svg") == 9
    assert not re.search(r"#0[1-7]0[1-7]0[1-7]\b", page)  # every stand-in has become a variable
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', page)) <= set(ids)
    assert "prefers-color-scheme: dark" in page
    assert "&lt;b&gt;&amp;" in page and "<b>&" not in page
    assert "goal won" in page and "1 missed" in page


def test_without_matplotlib_the_tables_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_report.importlib.util, "find_spec", lambda name: None)
    page = bench_report.render([*RUN, *details()])
    assert "<svg" not in page
    assert "2 (1.9 ... 2.05) x memcpy" in page and "A CPU" in page


def test_a_noisy_report_says_so() -> None:
    assert "A noisy run" in bench_report.render([MET | {"spread": [1.0, 3.0]}])
    assert "A noisy run" not in bench_report.render(RUN)

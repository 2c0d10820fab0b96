"""What the doctor says of real time, for systems of all kinds; and of this one."""

import pytest

from asiokit.cli import doctor, main
from asiokit.install import realtime
from asiokit.install.realtime import Machine, findings

WAKE = {
    "scheduling": "SCHED_FIFO 70", "sleep": "clock_nanosleep", "wakeful": True, "wine": "",
    "period_us": 1000, "n": 500, "p50_us": 7.4, "p99_us": 30.2, "missed": 0, "cpu_share": 0.0171,
}  # fmt: skip


def found(machine=None, **wake):
    return {finding.check: finding for finding in findings(WAKE | wake, machine or Machine())}


def test_all_that_could_be_wished_for():
    best = Machine(("performance",), (950_000, 1_000_000), None, True, True)
    checks = found(best)
    assert {finding.status for finding in checks.values()} == {"ok"}
    assert {finding.remedy for finding in checks.values()} == {""}
    assert list(checks) == ["wait", "priority", "cpu-wakeful", "wake-up", "governor", "throttling", "kernel"]
    assert checks["wake-up"].text == "7 us late (p50), 30 us (p99)\n500 times every 1000 us, 1.7 % of a CPU"
    assert checks["kernel"].text == "PREEMPT_RT"


@pytest.mark.parametrize(
    ("scheduling", "in_remedy", "not_in_remedy"),
    [
        ("SCHED_FIFO 20", ["rtprio 95", "log in again"], ["rtkit"]),
        ("nice -11 by rtkit", ["rtprio 95"], ["rtkit"]),
        ("SCHED_OTHER, 1 ns slack", ["rtprio 95", "rtkit"], []),
        ("SCHED_OTHER, 1 ns slack (Linux below Wine)", ["rtprio 95", "rtkit"], []),
        ("time-critical, without MMCSS", ["Multimedia Class Scheduler"], ["rtprio"]),
        ("as Wine schedules it", ["a Wine that"], ["rtprio"]),
    ],
)
def test_a_priority_that_is_not_the_best(scheduling, in_remedy, not_in_remedy):
    priority = found(scheduling=scheduling)["priority"]
    assert priority.status == "warn" and priority.text.startswith(scheduling)
    assert all(word in priority.remedy for word in in_remedy)
    assert not any(word in priority.remedy for word in not_in_remedy)


@pytest.mark.parametrize("scheduling", ["SCHED_FIFO 70", "SCHED_FIFO 70 (Linux below Wine)", "MMCSS Pro Audio"])
def test_the_best_priority_of_each_system(scheduling):
    assert found(scheduling=scheduling)["priority"].status == "ok"


def test_a_time_limit_stands_before_rights():
    limited = Machine(rttime_us=200_000)
    priority = found(limited, scheduling="nice -11")["priority"]
    assert "200000 us" in priority.text and "LimitRTTIME" in priority.remedy
    assert found(limited, scheduling="SCHED_FIFO 20")["priority"].remedy == realtime.LIMITS
    assert found(Machine(rttime_us=5_000_000), scheduling="nice -11")["priority"].remedy == realtime.LIMITS


def test_a_cpu_that_may_fall_asleep():
    wakeful = found(wakeful=False)["cpu-wakeful"]
    assert (wakeful.status, wakeful.remedy) == ("warn", realtime.UDEV)


def test_wine_with_and_without_the_linux_below():
    below = found(wine="8.0", sleep="clock_nanosleep (Linux below Wine)")["wait"]
    assert (below.status, below.text.splitlines()[0]) == ("ok", "Wine 8.0, Linux below used:")
    without = found(wine="11.0", sleep="NtDelayExecution")["wait"]
    assert (without.status, without.remedy) == ("warn", realtime.WINE_VERSION)
    wakeful = found(wine="11.0", sleep="NtDelayExecution", wakeful=False)["cpu-wakeful"]
    assert (wakeful.status, wakeful.remedy) == ("warn", realtime.WINE_VERSION)


def test_late_wakes_are_a_warning_only():
    assert found(p99_us=499.0)["wake-up"].status == "ok"
    late = found(p99_us=3000.0, missed=12)["wake-up"]
    assert late.status == "warn" and late.text.endswith("12 missed") and "longer buffers" in late.remedy


@pytest.mark.parametrize(
    ("machine", "status", "text"),
    [
        (Machine(("powersave",)), "warn", "powersave"),
        (Machine(("performance", "schedutil")), "warn", "performance, schedutil"),
        (Machine(("performance",)), "ok", "performance"),
    ],
)
def test_governors(machine, status, text):
    governor = found(machine)["governor"]
    assert governor.status == status and text in governor.text
    assert ("cpupower" in governor.remedy) == (status == "warn")


@pytest.mark.parametrize(
    ("throttling_us", "status", "text"),
    [
        ((950_000, 1_000_000), "ok", "95 %"),
        ((-1, 1_000_000), "ok", "none"),
        ((500_000, 1_000_000), "warn", "50 %"),
        ((0, 1_000_000), "warn", "0 %"),
    ],
)
def test_throttling(throttling_us, status, text):
    throttling = found(Machine(throttling_us=throttling_us))["throttling"]
    assert throttling.status == status and text in throttling.text
    assert bool(throttling.remedy) == (status == "warn")


def test_a_machine_is_read_from_its_files(tmp_path):
    assert Machine.read(tmp_path) == Machine()
    files = {
        "proc/sys/kernel/sched_rt_runtime_us": "950000\n",
        "proc/sys/kernel/sched_rt_period_us": "1000000\n",
        "proc/self/limits": "Limit  Soft Limit  Hard Limit  Units\nMax realtime timeout  200000  200000  us\n",
        "proc/cmdline": "root=/dev/sda1 threadirqs quiet\n",
        "sys/kernel/realtime": "1\n",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "schedutil\n",
        "sys/devices/system/cpu/cpu11/cpufreq/scaling_governor": "performance\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    machine = Machine(("performance", "schedutil"), (950_000, 1_000_000), 200_000, True, True)
    assert Machine.read(tmp_path) == machine
    (tmp_path / "proc/self/limits").write_text("Max realtime timeout      unlimited            unlimited      us\n")
    assert Machine.read(tmp_path).rttime_us is None


def test_no_line_is_wider_than_a_console(capsys, folders):
    worst = Machine(("conservative", "powersave"), (1, 1_000_000), 200_000)
    bad = {"wakeful": False, "missed": 500, "p50_us": 99999.0, "p99_us": 999999.0, "wine": "10.99-rc9"}
    below = "SCHED_OTHER, 1 ns slack (Linux below Wine)"
    cases = [
        found(worst, **bad, scheduling=below, sleep="NtDelayExecution"),
        found(worst, **bad, scheduling="SCHED_FIFO 5", sleep="NtDelayExecution"),
        found(scheduling=below, wine="10.99-rc9", sleep="clock_nanosleep (Linux below Wine)"),
    ]
    for case in cases:
        for finding in case.values():
            doctor._show(finding)
    assert main(["doctor"]) in (0, 1)  # whatever else it finds
    lines = capsys.readouterr().out.partition("real time")
    wide = [line for line in (lines[0] + lines[2].partition("\nlog")[0]).splitlines() if len(line) > 80]
    assert [line for line in wide if "/" not in line and "machine type" not in line] == []
    assert "wake-up" in lines[2]

"""setup side: what asiokit doctor says of real time: what a stream thread got, and what would give it more.

Nothing here fails: a driver works with whatever it is granted, with longer buffers if need be. Texts are cut into lines
that fit a console of 80 columns.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from asiokit.install.finding import Finding
from asiokit.values import Frozen

BEST_PRIORITY = 70  # what the stream thread asks for (sdk_shim/os_linux.c)
RTTIME_US_MIN = 3_000_000  # with less no real-time priority is asked for (there, too)
USUAL_THROTTLING = (950_000, 1_000_000)  # us in us

LIMITS = (
    "put '@audio - rtprio 95' and '@audio - memlock unlimited' into\n"
    "/etc/security/limits.d/audio.conf, join the group audio, log in again"
)
RTKIT = "or install rtkit, which gives any local user a better nice level"
UDEV = (
    "a file in /etc/udev/rules.d with the line\n"
    """KERNEL=="cpu_dma_latency", GROUP="audio", MODE="0660"\n"""
    "lets the group audio hold it"
)
GOVERNOR = "'cpupower frequency-set -g performance', as root, while you play"
THROTTLING = "'sysctl kernel.sched_rt_runtime_us=950000', as root, is the default"
WINE_VERSION = "a Wine that does not trap system calls lets asiokit ask Linux itself"


class Machine(Frozen):
    """What the system's files say; empty or None where they say nothing.

    governors: of the CPUs' frequencies. throttling_us: how many us of how many all real-time threads may use.
    rttime_us: after which time without a sleep the kernel kills a real-time thread's process. preempt_rt, threadirqs:
    of the kernel.
    """

    __slots__ = ("governors", "preempt_rt", "rttime_us", "threadirqs", "throttling_us")
    governors: tuple[str, ...]
    throttling_us: tuple[int, int] | None
    rttime_us: int | None
    preempt_rt: bool
    threadirqs: bool

    def __init__(
        self,
        governors: tuple[str, ...] = (),
        throttling_us: tuple[int, int] | None = None,
        rttime_us: int | None = None,
        preempt_rt: bool = False,
        threadirqs: bool = False,
    ) -> None:
        self._set(governors=governors, throttling_us=throttling_us, rttime_us=rttime_us)
        self._set(preempt_rt=preempt_rt, threadirqs=threadirqs)

    @classmethod
    def read(cls, root: Path | None = None) -> "Machine":
        """root: where Linux's files are; in Wine they are on drive Z as a rule. Real Windows has none."""
        if root is None:
            root = Path("Z:/" if sys.platform == "win32" else "/")
        numbers = [_text(root / "proc/sys/kernel" / f"sched_rt_{name}_us") for name in ("runtime", "period")]
        cpus = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")
        return cls(
            governors=tuple(sorted({_text(file) for file in cpus} - {""})),
            throttling_us=(int(numbers[0]), int(numbers[1])) if all(numbers) else None,
            rttime_us=_rttime_us(_text(root / "proc/self/limits")) if sys.platform != "win32" else None,
            preempt_rt=_text(root / "sys/kernel/realtime") == "1",
            threadirqs="threadirqs" in _text(root / "proc/cmdline").split(),
        )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _rttime_us(limits: str) -> int | None:
    for line in limits.splitlines():
        if line.startswith("Max realtime timeout"):
            soft = line.split()[3]
            return int(soft) if soft.isdecimal() else None
    return None


def findings(wake: Mapping[str, object], machine: Machine) -> Iterator[Finding]:
    """wake: what child.wake has measured."""
    yield _sleep(str(wake["sleep"]), str(wake["wine"]))
    yield _priority(str(wake["scheduling"]), machine)
    yield _wakeful(bool(wake["wakeful"]), str(wake["wine"]), str(wake["sleep"]))
    yield _lateness(wake)
    yield from _kernel(machine)


def _sleep(sleep: str, wine: str) -> Finding:
    if not wine:
        return Finding("wait", "ok", sleep)
    if "below" in sleep:
        return Finding("wait", "ok", f"Wine {wine}, Linux below used:\n{sleep}")
    return Finding("wait", "warn", f"Wine {wine}, Linux below not used:\n{sleep}", WINE_VERSION)


def _priority(scheduling: str, machine: Machine) -> Finding:
    if scheduling.startswith("MMCSS") or scheduling.startswith(f"SCHED_FIFO {BEST_PRIORITY}"):
        return Finding("priority", "ok", scheduling)
    if scheduling.startswith("time-critical"):
        return Finding("priority", "warn", scheduling, "start the Windows service 'Multimedia Class Scheduler'")
    if scheduling.startswith("as Wine"):
        return Finding("priority", "warn", scheduling, WINE_VERSION)
    if machine.rttime_us is not None and machine.rttime_us < RTTIME_US_MIN and not scheduling.startswith("SCHED_FIFO"):
        text = f"{scheduling}:\nRLIMIT_RTTIME, {machine.rttime_us} us, would kill a host that hangs at SCHED_FIFO"
        return Finding("priority", "warn", text, "take LimitRTTIME or ulimit -R from where the host is started")
    remedy = LIMITS if scheduling.startswith(("SCHED_FIFO", "nice")) else f"{LIMITS};\n{RTKIT}"
    return Finding("priority", "warn", f"{scheduling}\nSCHED_FIFO {BEST_PRIORITY} is refused", remedy)


def _wakeful(is_held: bool, wine: str, sleep: str) -> Finding:
    if is_held and sys.platform == "win32" and not wine:
        return Finding("cpu-wakeful", "ok", "1 ms timer period; see the power plan")
    if is_held:
        return Finding("cpu-wakeful", "ok", "/dev/cpu_dma_latency is held while a stream runs")
    if wine and "below" not in sleep:
        return Finding("cpu-wakeful", "warn", "not held: an idle CPU may wake late", WINE_VERSION)
    return Finding("cpu-wakeful", "warn", "/dev/cpu_dma_latency is refused:\nan idle CPU may wake late", UDEV)


def _lateness(wake: Mapping[str, object]) -> Finding:
    period_us, n, missed = (int(str(wake[key])) for key in ("period_us", "n", "missed"))
    p50, p99, share = (float(str(wake[key])) for key in ("p50_us", "p99_us", "cpu_share"))
    text = f"{p50:.0f} us late (p50), {p99:.0f} us (p99)\n{n} times every {period_us} us, {100 * share:.1f} % of a CPU"
    if missed:
        text += f", {missed} missed"
    if p99 < period_us / 2:
        return Finding("wake-up", "ok", text)
    return Finding("wake-up", "warn", text, "choose longer buffers, or find out what else the CPUs do")


def _kernel(machine: Machine) -> Iterator[Finding]:
    if machine.governors:
        text = f"CPU frequency: {', '.join(machine.governors)}"
        best = machine.governors == ("performance",)
        yield Finding("governor", "ok" if best else "warn", text, "" if best else GOVERNOR)
    if machine.throttling_us:
        runtime_us, whole_us = machine.throttling_us
        is_less = 0 <= runtime_us * USUAL_THROTTLING[1] < USUAL_THROTTLING[0] * whole_us
        text = f"real-time threads get {100 * runtime_us / whole_us:.0f} % of a CPU"
        if runtime_us < 0:
            text = "none: a real-time thread that hangs keeps its CPU"
        yield Finding("throttling", "warn" if is_less else "ok", text, THROTTLING if is_less else "")
        if machine.preempt_rt or machine.threadirqs:
            yield Finding("kernel", "ok", "PREEMPT_RT" if machine.preempt_rt else "threadirqs")
        else:
            yield Finding("kernel", "ok", "neither PREEMPT_RT nor threadirqs, which would\nlower the rarest delays")

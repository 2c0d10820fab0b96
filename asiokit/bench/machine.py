"""bench: on what was it measured?"""

import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

from asiokit import __version__
from asiokit.bench.loops import compiler
from asiokit.rt.clock import measure_wake  # type: ignore[import-not-found]
from asiokit.rt.convert import levels  # type: ignore[import-not-found]
from asiokit.rt.system import sleep_method  # type: ignore[import-not-found]


def describe() -> dict[str, Any]:
    """What a reader has to know to compare the figures with others."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "kernel": f"{platform.system()} {platform.release()}",
        "os": _system(),
        "virtual": "hypervisor" in _read("/proc/cpuinfo"),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip() or "unknown",
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "compiler": compiler(),
        "convert_level": levels()[-1],
        "sleep": sleep_method(),
        "scheduling": measure_wake(1_000_000, 3)["scheduling"],
        "asiokit": __version__,
        "date": time.strftime("%Y-%m-%d"),
    }


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _cpu() -> str:
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    for line in _read("/etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return f"{sys.platform} {platform.version()}"

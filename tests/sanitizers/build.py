"""tests: a second build of asiokit, with a sanitizer in every compiled module, and the environment to run it in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FLAGS = {
    "address": "-fsanitize=address,undefined -fno-sanitize-recover=undefined",
    "thread": "-fsanitize=thread",
}
LIBRARIES = {"address": ("libasan.so", "libubsan.so"), "thread": ("libtsan.so",)}
OPTIONS = {
    "address": {
        # Python leaves much behind at its end; what grows is tests/native/test_lifetime.py's affair
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        # each of Python's objects becomes an allocation that ASan knows
        "PYTHONMALLOC": "malloc",
    },
    "thread": {"TSAN_OPTIONS": "halt_on_error=0:report_signal_unsafe=0:history_size=4:exitcode=66"},
}
# The loader frees a thread's TLS with the thread, and tells TSan nothing of it.
SUPPRESSIONS = "race:_dl_deallocate_tls\nrace:allocate_dtv_entry\n"


def _sanitizer_library(name: str) -> str:
    command = [os.environ.get("CC", "cc"), f"-print-file-name={name}"]
    path = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return path if os.path.isabs(path) else ""


def is_there(sanitizer: str) -> bool:
    return all(_sanitizer_library(name) for name in LIBRARIES[sanitizer])


def compile_flags(sanitizer: str) -> dict[str, str]:
    flags = FLAGS[sanitizer]
    return {"ASIOKIT_CFLAGS": f"-O1 -g -fno-omit-frame-pointer {flags}", "ASIOKIT_LDFLAGS": flags}


def build(sanitizer: str, folder: Path) -> None:
    """asiokit as if it were installed, in folder/lib. The generated C is the ordinary build's."""
    words = ["-q", "build", "--build-base", str(folder / "build"), "--build-lib", str(folder / "lib")]
    words += ["build_ext", "-j", str(os.cpu_count() or 1), "egg_info", "--egg-base", str(folder / "lib")]
    done = subprocess.run(
        [sys.executable, "setup.py", *words],
        cwd=ROOT, env=os.environ | compile_flags(sanitizer), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    # which Python the library belongs to can't be seen from where it lies
    location = ROOT / "asiokit" / "asiokit.location"
    if location.exists():
        text = location.read_text(encoding="utf-8").replace(f"path={ROOT}", f"path={folder / 'lib'}")
        (folder / "lib" / "asiokit" / location.name).write_text(text, encoding="utf-8")


def run(sanitizer: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python with these words, in that build; what a sanitizer says is in stderr."""
    (folder / "suppressions").write_text(SUPPRESSIONS)
    options = {name: f"{value}:suppressions={folder / 'suppressions'}" if name == "TSAN_OPTIONS" else value
               for name, value in OPTIONS[sanitizer].items()}  # fmt: skip
    environment = os.environ | compile_flags(sanitizer) | options
    environment |= {
        "LD_PRELOAD": " ".join(map(_sanitizer_library, LIBRARIES[sanitizer])),
        "PYTHONPATH": str(folder / "lib"),
        "ASIOKIT_TEST_BUILD": str(folder / "tests"),
        "XDG_STATE_HOME": str(folder / "state"),
    }
    command = [sys.executable, "-P", *words]
    if sanitizer == "thread" and shutil.which("setarch"):
        # its shadow memory has fixed places, which a kernel that scatters mappings widely may have given away
        command = ["setarch", "-R", *command]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

"""The ABI three times over: the C header, ctypes' own idea of it in the host, and tables that count on its order."""

import ctypes
import os
import re
import subprocess
from pathlib import Path

import pytest

from architecture.sources import ROOT
from asiokit.com.answers import METHODS
from asiokit.host import raw

# ctypes structure -> C structure; fields have the same order, and mostly the same names
STRUCTURES = {
    raw.TimeCode: "asio_time_code_t",
    raw.TimeInfo: "asio_time_info_t",
    raw.Time: "asio_time_t",
    raw.ClockSource: "asio_clock_source_t",
    raw.ChannelInfo: "asio_channel_info_t",
    raw.BufferInfo: "asio_buffer_info_t",
    raw.IoFormat: "asio_io_format_t",
    raw.InternalBufferInfo: "asio_internal_buffer_info_t",
    raw.Callbacks: "asio_callbacks_t",
}
RENAMED = {
    ("asio_time_code_t", "samples"): "time_code_samples",
    ("asio_clock_source_t", "channel"): "associated_channel",
    ("asio_clock_source_t", "group"): "associated_group",
    ("asio_clock_source_t", "is_current"): "is_current_source",
    ("asio_channel_info_t", "group"): "channel_group",
    ("asio_buffer_info_t", "channel"): "channel_num",
    ("asio_callbacks_t", "rate_did_change"): "sample_rate_did_change",
    ("asio_callbacks_t", "message"): "asio_message",
}

# The order of the vtable, as every host of the last decades has it compiled in.
SLOTS = (
    *("query_interface", "add_ref", "release", "init", "get_driver_name", "get_driver_version", "get_error_message"),
    *("start", "stop", "get_channels", "get_latencies", "get_buffer_size", "can_sample_rate", "get_sample_rate"),
    *("set_sample_rate", "get_clock_sources", "set_clock_source", "get_sample_position", "get_channel_info"),
    *("create_buffers", "dispose_buffers", "control_panel", "future", "output_ready"),
)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What the C compiler makes of sdk_shim/asio_abi.h: "struct" -> size, "struct.field" -> offset."""
    wanted = [(name, f"sizeof({name})") for name in STRUCTURES.values()]
    for structure, name in STRUCTURES.items():
        for field, *_ in structure._fields_:
            c_field = RENAMED.get((name, field), field)
            wanted.append((f"{name}.{field}", f"offsetof({name}, {c_field})"))
    wanted += [(f"vtable.{slot}", f"offsetof(asio_driver_vtable_t, {slot})") for slot in SLOTS]
    wanted += [("vtable", "sizeof(asio_driver_vtable_t)"), ("void *", "sizeof(void *)")]
    lines = "\n".join(f'    printf("%s=%zu\\n", "{name}", (size_t){value});' for name, value in wanted)
    folder = tmp_path_factory.mktemp("abi")
    source, program = folder / "layout.c", folder / "layout"
    includes = '#include <stddef.h>\n#include <stdio.h>\n#include "asio_abi.h"\n'
    source.write_text(f"{includes}int main(void) {{\n{lines}\n    return 0;\n}}\n")
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, "-std=c11", f"-I{ROOT / 'sdk_shim'}", str(source), "-o", str(program)], check=True)
    answer = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    return {name: int(value) for name, _, value in (line.partition("=") for line in answer.splitlines())}


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.__name__)
def test_ctypes_and_c_agree(layout: dict[str, int], structure: type[ctypes.Structure]) -> None:
    name = STRUCTURES[structure]
    assert ctypes.sizeof(structure) == layout[name]
    for field, *_ in structure._fields_:
        assert getattr(structure, field).offset == layout[f"{name}.{field}"], field


def test_the_vtable_has_its_24_slots_in_order(layout: dict[str, int]) -> None:
    assert layout["vtable"] == 24 * layout["void *"]
    assert [layout[f"vtable.{slot}"] for slot in SLOTS] == [n * layout["void *"] for n in range(24)]
    assert tuple(raw.SLOTS) == SLOTS


def test_the_answers_stand_in_the_order_of_their_numbers() -> None:
    """The table is Python, the index C: com/guard.pxd's method_t."""
    text = (ROOT / "asiokit" / "com" / "guard.pxd").read_text(encoding="utf-8")
    block = re.search(r"cdef enum method_t:\n((?:\s+METHOD_\w+\n)+)", text)
    assert block is not None
    names = re.findall(r"METHOD_(\w+)", block[1])
    assert names.pop() == "COUNT"
    assert [name.replace("_", "").lower() for name in names] == [name.lower() for name in METHODS]


def test_the_pxd_declares_what_the_header_has() -> None:
    """Cython believes the .pxd, and finds out in the C compiler only."""
    header = (ROOT / "sdk_shim" / "asio_abi.h").read_text(encoding="utf-8")
    declared = (ROOT / "asiokit" / "abi" / "asio.pxd").read_text(encoding="utf-8")
    names = set(re.findall(r"\bASIO_[A-Z0-9_]+\b", declared))
    assert names <= set(re.findall(r"\bASIO_[A-Z0-9_]+\b", header))
    assert len(names) > 60


def test_headers_stand_alone(tmp_path: Path) -> None:
    """Each header compiles as the only one, in C and in C++: that is how a stranger's device meets asiokit_device.h."""
    for header in ("asio_abi.h", "asiokit_device.h", "atomic.h", "convert.h", "entry.h", "os.h"):
        for suffix, standard in ((".c", "c11"), (".cpp", "c++17")):
            source = tmp_path / f"alone{suffix}"
            source.write_text(f'#include "{header}"\n#include "{header}"\n')
            command = ["cc", f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-fsyntax-only"]
            done = subprocess.run(
                [*command, f"-I{ROOT / 'sdk_shim'}", str(source)], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{header} as {standard}:\n{done.stderr}"

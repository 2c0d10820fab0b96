"""tests: the whole device that the comment in asiokit_device.h shows."""

import re
from pathlib import Path

import asiokit


def header_example() -> str:
    """Its source, as it would be copied into a file."""
    header = Path(asiokit.get_include(), "asiokit_device.h").read_text(encoding="utf-8")
    (shown,) = re.findall(r"\n( \*     #include.*?;)\n \*\n \* In Python", header, re.DOTALL)
    return re.sub(r"^ \*(?:     )?", "", shown, flags=re.MULTILINE) + "\n"

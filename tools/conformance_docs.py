"""tools: docs/conformance.md, made of the checks themselves: python -m tools.conformance_docs"""

import importlib
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "docs" / "conformance.md"
HEAD = """# The conformance checks

What `asiokit check` looks at ([testing a driver](testing-a-driver.md)), in its order. Made by
`python -m tools.conformance_docs`.

"""


def text() -> str:
    report = importlib.import_module("asiokit.testing.conformance.report")
    suite = importlib.import_module("asiokit.testing.conformance.suite")
    return HEAD + str(report.as_markdown(suite.CHECKS.values()))


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    print(f"wrote {FILE}")

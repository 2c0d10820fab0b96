"""cli: writes a package with a device class of your own, to begin with.

It builds, has a test that passes, and registers itself, so that asiokit
devices lists it once it is installed. The three kinds are the same tremolo:
python (numpy), cython (no GIL on the stream thread), c (a function in C).
"""

import argparse
import importlib.metadata
import importlib.util
import keyword
import re
from pathlib import Path

from asiokit import discovery
from asiokit.cli import OK
from asiokit.errors import AsiokitError

EXAMPLE = """
asiokit new-device wobble
asiokit new-device wobble --kind cython --folder ~/projects
"""

# compiled ones are built against the asiokit that is installed here, so not in an environment of pip's own
KINDS = {
    "python": "python -m pip install -e .[test]",
    "cython": 'python -m pip install setuptools "cython<4" && python -m pip install --no-build-isolation -e .[test]',
    "c": "python -m pip install setuptools && python -m pip install --no-build-isolation -e .[test]",
}
TEMPLATES = Path(__file__).with_name("templates")
TAIL = ".in"  # of a template: what it is without it would be taken for ours


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of the device class and its package, such as wobble")
    parser.add_argument("--kind", choices=KINDS, default="python", help=f"{', '.join(KINDS)} (default: python)")
    parser.add_argument(
        "--folder", metavar="DIR", type=Path, default=Path(), help="where the folder NAME is made (default: here)"
    )


def run(arguments: argparse.Namespace) -> int:
    words = words_of(arguments.name)
    target = arguments.folder.expanduser() / arguments.name
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise AsiokitError(f"{target} exists already, and is not empty: choose another name or --folder")
    words["install"] = KINDS[arguments.kind]
    for path, text in files_of(arguments.kind, words).items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    print(f"wrote {target}, a device in {arguments.kind}. Next:")
    print(f"  cd {target}")
    for command in words["install"].split(" && "):
        print(f"  {command}")
    print("  python -m pytest")
    print(f'  asiokit create "My {words["class"]}" --device {arguments.name} --register')
    return OK


def words_of(name: str) -> dict[str, str]:
    """What the templates' words stand for. AsiokitError if the name can't be one, or is taken."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*", name):
        raise AsiokitError(f"{name!r} can't be the name of a package: small letters and digits, words joined by - or _")
    package = name.replace("-", "_")
    if keyword.iskeyword(package):
        raise AsiokitError(f"{name!r} is a word of Python: choose another name")
    for device in discovery.declared_classes():
        if device.name in (name, package):
            raise AsiokitError(f"{name!r} is a device class of {device.origin()} already: choose another name")
    if importlib.util.find_spec(package) is not None:
        raise AsiokitError(f"there is a Python module {package!r} already: choose another name")
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        pass
    else:
        raise AsiokitError(f"a package {name!r} is installed already: choose another name")
    return {"name": name, "package": package, "class": "".join(word.capitalize() for word in package.split("_"))}


def files_of(kind: str, words: dict[str, str]) -> dict[str, str]:
    """The package's files: path, text."""
    files = {}
    for folder in ("common", kind):
        for template in sorted((TEMPLATES / folder).rglob(f"*{TAIL}")):
            path = filled(template.relative_to(TEMPLATES / folder).as_posix().removesuffix(TAIL), words)
            if path.startswith("package/"):
                path = words["package"] + path.removeprefix("package")
            files[path] = filled(template.read_text(encoding="utf-8"), words)
    return files


def filled(text: str, words: dict[str, str]) -> str:
    return re.sub(r"@(name|package|class|install)@", lambda match: words[match[1]], text)

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
    "python": 'python -m pip install -e ".[test]"',
    "cython": 'python -m pip install setuptools "cython<4" && python -m pip install --no-build-isolation -e ".[test]"',
    "c": 'python -m pip install setuptools && python -m pip install --no-build-isolation -e ".[test]"',
}
# a package so named would be hidden by another file of its project, or kept out of git as something built
PROJECT_NAMES = {"build", "dist", "setup", "tests"}
# Windows has no files of these names
WINDOWS_NAMES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
# a class so named would hide what its own file uses
TEMPLATE_CLASSES = {"CDevice", "Device", "Option", "Path", "PyDevice", "State"}
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
    check_free(words, target)
    words["install"] = KINDS[arguments.kind]
    for path, text in files_of(arguments.kind, words).items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    print(f"wrote {target}, a device in {arguments.kind}. Next:")
    print(f'  cd "{target}"' if " " in str(target) else f"  cd {target}")
    for command in words["install"].split(" && "):
        print(f"  {command}")
    print("  python -m pytest")
    print(f'  asiokit create "My {words["class"]}" --device {arguments.name} --register')
    return OK


def words_of(name: str) -> dict[str, str]:
    """What the templates' words stand for. AsiokitError if no package can have that name."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*", name):
        raise AsiokitError(f"{name!r} can't be the name of a package: small letters and digits, words joined by - or _")
    package = name.replace("-", "_")
    class_name = "".join(word.capitalize() for word in package.split("_"))
    why = ""
    if keyword.iskeyword(package):
        why = "is a word of Python"
    elif package in PROJECT_NAMES:
        why = "is a file or folder of every Python project"
    elif package in WINDOWS_NAMES:
        why = "can't be a folder on Windows"
    elif class_name in TEMPLATE_CLASSES:
        why = f"would make a class {class_name}, which its own file needs from elsewhere"
    if why:
        raise AsiokitError(f"{name!r} {why}: choose another name")
    return {"name": name, "package": package, "class": class_name}


def check_free(words: dict[str, str], target: Path) -> None:
    """AsiokitError if a device class, a module, a package or a folder has that name."""
    name, package = words["name"], words["package"]
    if target.is_dir() and any(target.iterdir()):
        raise AsiokitError(f"{target} exists already, and is not empty: choose another name or --folder")
    if target.exists() and not target.is_dir():
        raise AsiokitError(f"{target} is a file: choose another name or --folder")
    for device in discovery.declared_classes():
        # my-device and my_device would be told apart by nobody
        if device.name.replace("-", "_") == package:
            raise AsiokitError(f"{device.name!r} is a device class of {device.origin()} already: choose another name")
    spec = importlib.util.find_spec(package)
    # an empty folder counts as a module where it lies beside what is run; the target may be one
    if spec is not None and [Path(place) for place in spec.submodule_search_locations or ()] != [target.absolute()]:
        raise AsiokitError(f"there is a Python module {package!r} already ({spec.origin}): choose another name")
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return
    raise AsiokitError(f"a package {name!r} is installed already: choose another name")


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

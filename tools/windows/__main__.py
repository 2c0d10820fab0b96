"""tools: `python -m tools.windows`: see --help."""

import argparse
import sys
import tempfile
from pathlib import Path

from tools.windows import environment, wheel, wine
from tools.windows.steps import Failed, Missing
from tools.windows.versions import PYTHONS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.windows", description=__doc__)
    parser.add_argument("--cache", type=Path, default=environment.CACHE, help="default: build/windows of the checkout")
    parser.add_argument(
        "--python", choices=sorted(PYTHONS), default=environment.DEFAULT, help="minor version of the Windows CPython"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("env", help="assemble a Windows CPython, an SDK and a Wine prefix")
    build = commands.add_parser("wheel", help="cross-build the win_amd64 wheel")
    build.add_argument("--source", type=Path, default=environment.ROOT, help="a checkout or an sdist (.tar.gz)")
    build.add_argument("--dist", type=Path, default=environment.ROOT / "dist")
    parser.add_argument("--timeout", type=float, default=600, help="s, for run")
    commands.add_parser("run", help="run the Windows Python in a Wine prefix of its own: run -c 'import sys'")
    words = sys.argv[1:]
    # everything after "run" belongs to the Windows Python
    own = words[: words.index("run") + 1] if "run" in words else words
    options = parser.parse_args(own)
    try:
        windows = environment.ensure(options.cache, options.python)
        if options.command == "wheel":
            print(wheel.build(windows, options.source, options.dist))
        if options.command == "run":
            with tempfile.TemporaryDirectory() as folder:
                with wine.copy_prefix(windows.prefix_template, Path(folder) / "prefix") as prefix:
                    done = prefix.run(
                        [windows.python_home / "python.exe", *words[len(own) :]], timeout_s=options.timeout
                    )
                sys.stdout.write(done.stdout)
                sys.stderr.write(done.stderr)
                return done.returncode
    except (Missing, Failed) as error:
        print(f"windows: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

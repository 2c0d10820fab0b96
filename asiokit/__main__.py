"""cli: python -m asiokit."""

import sys

from asiokit.cli import main

if __name__ == "__main__":
    sys.exit(main())

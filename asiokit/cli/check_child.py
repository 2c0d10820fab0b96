"""cli: the process in which asiokit check lets a driver crash. Arguments: DRIVER SEED ID,ID,..."""

import contextlib
import faulthandler
import os
import sys

import asiokit.host.open as host_open
from asiokit.cli.drivers import open_device
from asiokit.testing.conformance.run import work
from asiokit.testing.conformance.suite import CHECKS


def main(spec: str, seed: int, ids: list[str]) -> None:
    # a driver may print: what is ours goes another way
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    faulthandler.enable()
    host_open.in_process_opener = open_device
    work(ids or list(CHECKS), lambda: host_open.open_driver(spec, initialize=False), seed, out)
    out.flush()
    # a driver that can't be unloaded in peace is no finding of a check that has passed
    with contextlib.suppress(Exception):
        sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3].split(","))

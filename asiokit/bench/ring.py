"""bench, group ring: a write and a read, on one thread, against two memcpys and other people's rings."""

import contextlib
from collections.abc import Iterator
from functools import partial

from asiokit.bench import peers
from asiokit.bench.loops import Rings
from asiokit.bench.measure import Contender, Goal, Result, Tick, compared, in_rotation

BLOCKS = ((2, 32), (8, 32), (64, 32), (64, 256))


PINNED = True  # one CPU for all contenders


def run(rounds: int, quick: bool, tick: Tick) -> Iterator[Result]:
    for n_channels, n_frames in BLOCKS[:1] if quick else BLOCKS:
        n_bytes = 4 * n_channels * n_frames
        rings = Rings(n_bytes)
        contenders: dict[str, Contender] = {"ours": rings.run, "memcpy": rings.run_copies}
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(LookupError):
                pa = peers.PaRing(4 * n_bytes)
                contenders["PortAudio"] = partial(rings.run_pa, ring=pa.address, write=pa.write, read=pa.read)
            with contextlib.suppress(LookupError):
                jack = peers.JackRing(8 * n_bytes)
                stack.callback(jack.close)
                contenders["JACK"] = partial(rings.run_jack, ring=jack.address, write=jack.write, read=jack.read)
            taken = in_rotation(contenders, rounds)
        label = f"{n_bytes} bytes written and read"
        yield compared("ring", label, taken["ours"], taken["memcpy"], "two memcpys")
        goal = Goal(1.4, at_least=True) if n_bytes == 256 else None
        for peer in ("PortAudio", "JACK"):
            yield compared("ring", f"{label}, faster than {peer}'s by", taken["ours"], taken.get(peer), peer, goal,
                           inverse=True)  # fmt: skip

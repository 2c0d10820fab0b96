"""drivers: the threads of a file player that read and write; each looks after one lane (fileplayer.pyx)."""

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from asiokit.errors import DeviceError
from asiokit_drivers.playlist import Playlist
from asiokit_drivers.take import Take

Array = npt.NDArray[Any]
Log = Callable[[str], None]

CHUNK_S = 0.25  # what is read or written at a time
FIRST_S = 0.02  # ... after a locate, when the host waits for it
NO_END = 1 << 62


class DiskThread(threading.Thread):
    """Ends when the lane quits. problem: why nothing comes any more; empty: all is well. A daemon: a host that never
    lets its driver go must still be able to end."""

    def __init__(self, name: str, lane: Any, log: Log) -> None:
        super().__init__(name=name, daemon=True)
        self.lane = lane
        self.log = log
        self.problem = ""
        self._n_told = 0
        self._told_s = 0.0

    def run(self) -> None:
        try:
            self.work()
        except DeviceError as error:
            self.fail(str(error))
        except Exception as error:
            self.fail(f"{type(error).__name__}: {error}")
        finally:
            self.lane.end()

    def work(self) -> None:
        raise NotImplementedError

    def fail(self, problem: str) -> None:
        if not self.problem:
            self.problem = problem
            self.log(problem)

    def tell_missed(self, what: str) -> None:
        """At most once a second."""
        n_missed = self.lane.n_missed
        if n_missed != self._n_told and time.monotonic() - self._told_s >= 1:
            self.log(f"{n_missed} {what}: the disk, or this process, was too slow")
            self._n_told, self._told_s = n_missed, time.monotonic()

    def quit(self, timeout_s: float) -> None:
        """[control thread]"""
        self.lane.quit()
        if self.is_alive():
            self.join(timeout_s)


class Player(DiskThread):
    """Fills a lane with a playlist. sources: the playlist's channel for each of the lane's, -1: silence; matrix, if
    there is one: what the channels are mixed by first. The playlist is the thread's from now on."""

    def __init__(self, lane: Any, log: Log, playlist: Playlist, sources: Array, matrix: Array | None) -> None:
        super().__init__("asiokit-play", lane, log)
        self.playlist = playlist
        self.sources = sources
        self.matrix = matrix
        self.around = playlist.n_frames if playlist.loops else NO_END

    def work(self) -> None:
        try:
            self._play()
        finally:
            self.playlist.close()

    def _play(self) -> None:
        lane, playlist = self.lane, self.playlist
        n_block = lane.n_frames
        chunk_s = FIRST_S
        data: Array | None = None
        position = 0
        while not lane.quits:
            place = lane.wanted_place()
            if place is not None:
                playlist.locate(place[0])
                lane.located(place[1])
                data, chunk_s = None, FIRST_S
            if data is None and not playlist.has_ended:
                position = playlist.position
                n_blocks = max(1, round(chunk_s * playlist.rate_hz / n_block))
                data = self._made(playlist.read(n_blocks * n_block), n_block)
                chunk_s = CHUNK_S
            if data is not None:
                n_frames = lane.fill(data, self.sources, position, self.around) * n_block
                position += n_frames
                data = data[n_frames:] if n_frames < len(data) else None
            elif playlist.has_ended:
                lane.end()
            if data is not None or playlist.has_ended:
                self.tell_missed("blocks of silence")
                lane.look_again()

    def _made(self, data: Array, n_block: int) -> Array | None:
        """Whole blocks of float32, the last one filled up with silence."""
        if len(data) == 0:
            return None
        if self.matrix is not None:
            data = data @ self.matrix
        if len(data) % n_block:
            data = np.concatenate((data, np.zeros((-len(data) % n_block, data.shape[1]), data.dtype)))
        # 32-bit integers are moved as if they were floats
        return np.ascontiguousarray(data).view(np.float32)


class Recorder(DiskThread):
    """Empties a lane into one take after the other."""

    def __init__(self, lane: Any, log: Log, n_channels: int, rate_hz: float) -> None:
        super().__init__("asiokit-record", lane, log)
        self.n_chunk = max(1, round(CHUNK_S * rate_hz / lane.n_frames)) * lane.n_frames
        self.n_channels = n_channels
        self._takes: dict[int, Take] = {}
        self._finished = -1  # runs up to this one will get no more blocks
        self._closed = -1  # takes of runs up to this one are complete
        self._news = threading.Event()

    def begin(self, run: int, take: Take) -> None:
        """[control thread] Before the first block of that run; runs are counted upwards."""
        self._takes[run] = take

    def finish(self, run: int, timeout_s: float) -> bool:
        """[control thread] After the last block of that run. Waits until it is written; False: that takes longer."""
        self._finished = run
        self.lane.wake()
        end_s = time.monotonic() + timeout_s
        while self._closed < run and self.is_alive():
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return False
            self._news.wait(min(left_s, 0.1))
            self._news.clear()
        return True

    def work(self) -> None:
        try:
            self._record()
        finally:
            for run in sorted(self._takes):
                self._close(run)

    def _record(self) -> None:
        lane = self.lane
        current, expected = -1, 0
        frames: Array | None = None
        while True:
            finished = self._finished  # before looking: what comes later belongs to a later run
            quits = lane.quits
            head = lane.peek()
            if head is None:
                for run in sorted(run for run in self._takes if run <= finished):
                    self._close(run)
                if quits:
                    return
                self.tell_missed("blocks were lost, silent in the recording")
                lane.look_again()
                continue
            position, run = head
            if run != current:
                current, expected = run, position
            # none: of a stream that was late to end, after its recording was closed
            take = self._takes.get(run)
            dtype = take.kind.dtype if take else "int32"
            if frames is None or frames.dtype != dtype:
                frames = np.empty((self.n_chunk, self.n_channels), dtype)
            n_frames = lane.take(frames.reshape(-1).view(np.uint8), run, position) * lane.n_frames
            if take is None:
                continue
            take.write_silence(position - expected)
            expected = position + n_frames
            made = frames[:n_frames]
            if take.kind.shift:
                made <<= take.kind.shift
            take.write(made)
            if take.problem and not self.problem:
                self.fail(take.problem)
                lane.end()

    def _close(self, run: int) -> None:
        take = self._takes.pop(run)
        take.close()
        if take.problem:
            self.fail(take.problem)
        self._closed = max(self._closed, run)
        self._news.set()

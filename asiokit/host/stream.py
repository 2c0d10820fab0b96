"""host: the comfortable face of a driver: numpy arrays in, numpy arrays out. [one thread at a time]

with Driver("asiokit loopback") as driver:
    recording = driver.playrec(samples, rate_hz=48000, buffer_frames=64)
    recording.samples()                 # float32 (frames, channels), from the first callback on
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from asiokit.errors import DriverError
from asiokit.host.manners import Manners
from asiokit.host.native import NativeDriver
from asiokit.host.open import open_driver
from asiokit.host.samples import Array, Planes, SampleType, decode, encode, type_name
from asiokit.host.session import Session

_HW_MALFUNCTION = -999
_MAX_LOG = 1_000_000  # callbacks; 72 bytes each

Progress = Callable[[float, float], object]  # seconds so far, seconds in all


@dataclass(frozen=True)
class Channel:
    index: int
    is_input: bool
    name: str
    sample_type: str
    group: int
    is_active: bool


@dataclass(frozen=True)
class ClockSource:
    index: int
    name: str
    is_current: bool


@dataclass(frozen=True)
class BufferSizes:
    """In frames. granularity -1: powers of two; 0: the preferred size only."""

    minimum: int
    maximum: int
    preferred: int
    granularity: int


@dataclass(frozen=True)
class Recording:
    """What one run brought. `planes` begin with the first callback: what was played comes back a round trip later.

    callbacks, messages: one row each, see CALLBACK_DTYPE and MESSAGE_DTYPE in asiokit.host.session.
    """

    planes: Planes
    played: Planes
    sample_type: SampleType | None  # of the inputs
    play_type: SampleType | None  # of the outputs
    rate_hz: float
    buffer_frames: int
    latencies: tuple[int, int]
    n_switches: int
    n_index_faults: int
    n_overlaps: int
    callbacks: npt.NDArray[Any]
    messages: npt.NDArray[Any]

    @property
    def reported_round_trip_frames(self) -> int:
        return sum(self.latencies)

    def samples(self, dtype: npt.DTypeLike = np.float32) -> Array:
        """(frames, channels) of float32, float64, int16 or int32."""
        if self.sample_type is None:
            return np.zeros((0, 0), dtype)
        return decode(self.planes, self.sample_type, dtype)


class Driver:
    """An initialised driver; released by close() or at the end of a with block."""

    def __init__(self, driver: str | NativeDriver) -> None:
        self.native = open_driver(driver) if isinstance(driver, str) else driver

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self.native.release()

    # ---- what it is ----

    @property
    def name(self) -> str:
        return self.native.name()

    @property
    def version(self) -> int:
        return self.native.version()

    @property
    def n_inputs(self) -> int:
        return self.native.get_channels()[0]

    @property
    def n_outputs(self) -> int:
        return self.native.get_channels()[1]

    def channel(self, index: int, is_input: bool) -> Channel:
        is_active, group, kind, name = self.native.get_channel_info(index, is_input)
        return Channel(index, is_input, name, type_name(kind), group, is_active)

    @property
    def inputs(self) -> list[Channel]:
        return [self.channel(index, True) for index in range(self.n_inputs)]

    @property
    def outputs(self) -> list[Channel]:
        return [self.channel(index, False) for index in range(self.n_outputs)]

    @property
    def latencies(self) -> tuple[int, int]:
        """(input, output) in frames; before buffers exist, those of the preferred size."""
        return self.native.get_latencies()

    @property
    def buffer_sizes(self) -> BufferSizes:
        return BufferSizes(*self.native.get_buffer_size())

    @property
    def rate_hz(self) -> float:
        return self.native.get_sample_rate()

    @rate_hz.setter
    def rate_hz(self, rate_hz: float) -> None:
        self.native.set_sample_rate(rate_hz)

    @property
    def clock_sources(self) -> list[ClockSource]:
        return [ClockSource(index, name, current) for index, _, _, current, name in self.native.get_clock_sources()]

    # ---- what it does ----

    def playrec(
        self,
        data: Array | None,
        *,
        inputs: Sequence[int] | None = None,
        outputs: Sequence[int] | None = None,
        n_frames: int | None = None,
        rate_hz: float | None = None,
        buffer_frames: int | None = None,
        manners: Manners | None = None,
        progress: Progress | None = None,
        keep_on_interrupt: bool = False,
    ) -> Recording:
        """Plays `data` (frames, channels) and records n_frames meanwhile.

        data: floats are converted to the driver's sample type, int16 and int32 taken bit for bit (ValueError where the
        type has no room). outputs: the channels to play on (default: the first ones, as many as data has). inputs:
        those to record (default: the same numbers as outputs, as far as they exist). n_frames: default is what it takes
        for all of data to come back by the reported latencies, and one block more. rate_hz, buffer_frames: default
        is what the driver is set to, and prefers. keep_on_interrupt: Ctrl-C ends the run; what has come so far is kept.
        Raises DriverError, also when the driver stops calling.
        """
        data = np.zeros((0, 0), np.float32) if data is None else np.asarray(data)
        if data.ndim == 1:
            data = data[:, None]
        if rate_hz is not None and rate_hz != self.rate_hz:
            self.rate_hz = rate_hz
        rate_hz = self.rate_hz
        buffer_frames = buffer_frames or self.buffer_sizes.preferred
        outputs = list(range(data.shape[1])) if outputs is None else list(outputs)
        if len(outputs) != data.shape[1]:
            raise ValueError(f"data has {data.shape[1]} channels, outputs names {len(outputs)}")
        if max(outputs, default=-1) >= self.n_outputs:
            raise ValueError(f"{self.name} has {self.n_outputs} outputs; the samples want number {max(outputs) + 1}")
        inputs = [c for c in outputs if c < self.n_inputs] if inputs is None else list(inputs)
        with Session(self.native, inputs=inputs, outputs=outputs, n_frames=buffer_frames, manners=manners) as session:
            played = encode(data, session.out_type) if session.out_type else np.zeros((0, 0), np.uint8)
            latencies = self.native.get_latencies()
            if n_frames is None:
                n_frames = len(data) + sum(latencies) + buffer_frames
            n_switches = max(1, -(-max(n_frames, len(data)) // buffer_frames))
            session.load(played, record_frames=n_frames, log=min(n_switches + 64, _MAX_LOG))
            try:
                run(session, n_switches, rate_hz, progress)
            except KeyboardInterrupt:
                if not keep_on_interrupt:
                    raise
            return Recording(
                planes=session.recorded,
                played=played,
                sample_type=session.in_type,
                play_type=session.out_type,
                rate_hz=rate_hz,
                buffer_frames=buffer_frames,
                latencies=latencies,
                n_switches=session.n_switches,
                n_index_faults=session.n_index_faults,
                n_overlaps=session.n_overlaps,
                callbacks=session.callbacks,
                messages=session.messages,
            )

    def play(self, data: Array, **options: Any) -> Recording:
        """As playrec, but records nothing."""
        return self.playrec(data, inputs=[], **options)

    def record(self, seconds: float, *, inputs: Sequence[int] | None = None, **options: Any) -> Recording:
        """Records all inputs, or the given ones."""
        rate_hz = options.get("rate_hz") or self.rate_hz
        inputs = range(self.n_inputs) if inputs is None else inputs
        return self.playrec(None, inputs=inputs, n_frames=round(seconds * rate_hz), **options)


def run(session: Session, n_switches: int, rate_hz: float, progress: Progress | None = None) -> None:
    """start, n_switches callbacks, stop. DriverError when none comes for two seconds and two blocks."""
    period_s = session.n_frames / rate_hz
    report = None
    if progress is not None:
        call = progress
        report = lambda n: call(min(n, n_switches) * period_s, n_switches * period_s)  # noqa: E731
    session.start()
    try:
        if not session.wait(n_switches, stall_s=2 + 2 * period_s, progress=report):
            raise DriverError(
                _HW_MALFUNCTION,
                f"{session.driver.name()}: bufferSwitch came {session.n_switches} times, then no more; "
                f"{n_switches} were awaited",
            )
    finally:
        session.stop()

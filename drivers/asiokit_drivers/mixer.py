"""drivers: mixer: each input is a weighted sum of the outputs. The kit's device in Python and numpy."""

import threading
from typing import Any

import numpy as np

from asiokit.device import PyDevice, option
from asiokit.errors import ConfigError

TOP = 10 ** (12 / 20)  # what ASIO's full gain means


class Mixer(PyDevice):
    """A matrix mixer: input i is the sum of matrix[i][o] times output o. The host may set each input's gain."""

    inputs: int = option(None, "channels that the host records from; default: a row each, or 2", minimum=1, maximum=512)
    outputs: int = option(None, "channels that the host plays to; default: a column each, or 2", minimum=1, maximum=512)
    matrix: list = option(None, "a list of gains for each input, one for each output; default: 1 where numbers meet")  # type: ignore[type-arg]

    def __init__(self, inputs: int | None = None, outputs: int | None = None, matrix: list[Any] | None = None) -> None:
        rows = np.eye(inputs or 2, outputs or 2) if matrix is None else _checked(matrix, inputs, outputs)
        super().__init__(inputs=rows.shape[0], outputs=rows.shape[1])
        self.weights = np.asarray(rows, np.float32)
        # replaced as a whole, never changed: process() may be in the middle of it
        self._wanted = np.ones((self.inputs, 1), np.float32)
        # of those who replace it; process() does not wait for it
        self._replacing = threading.Lock()

    def prepare(self, stream: Any) -> None:
        self._gains = self._wanted
        self._ramp = np.linspace(0, 1, stream.n_frames + 1, dtype=np.float32)[1:]

    def channel_name(self, is_input: bool, index: int) -> str:
        return f"{'Mix' if is_input else 'Out'} {index + 1}"

    def set_input_gain(self, channel: int, gain: float) -> None:
        with self._replacing:
            gains = self._wanted.copy()
            gains[channel] = gain * TOP
            self._wanted = gains

    def process(self, block: Any) -> None:
        wanted = self._wanted
        np.matmul(self.weights, block.from_host, out=block.to_host)
        if wanted is not self._gains:
            # over one block, so that it does not click
            block.to_host[:] *= self._gains + (wanted - self._gains) * self._ramp
            self._gains = wanted
        else:
            block.to_host[:] *= wanted


def _checked(matrix: list[Any], inputs: int | None, outputs: int | None) -> Any:
    try:
        rows = np.asarray(matrix, np.float64)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"key 'options.matrix': {error}", key="options.matrix") from None
    wanted = (inputs or len(rows), outputs or (rows.shape[-1] if rows.ndim == 2 else 1))
    if rows.shape != wanted or not 0 < min(wanted) <= max(wanted) <= 512 or not np.isfinite(rows).all():
        shape = f"{wanted[0]} rows (inputs) of {wanted[1]} gains (outputs), all of them finite, 1 to 512 each way"
        raise ConfigError(f"key 'options.matrix': must be {shape}; is {rows.shape}", key="options.matrix")
    return rows

"""drivers: mixer: each input is a weighted sum of the outputs. The kit's device in Python and numpy."""

from typing import Any

import numpy as np

from asiokit.device import PyDevice, option
from asiokit.errors import ConfigError

TOP = 10 ** (12 / 20)  # what ASIO's full gain means


class Mixer(PyDevice):
    """A matrix mixer: input i is the sum of matrix[i][o] times output o. The host may set each input's gain."""

    inputs: int = option(2, "channels that the host records from", minimum=1, maximum=512)
    outputs: int = option(2, "channels that the host plays to", minimum=1, maximum=512)
    matrix: list = option(None, "a list of gains for each input, one for each output; default: 1 where numbers meet")  # type: ignore[type-arg]

    def __init__(self, inputs: int = 2, outputs: int = 2, matrix: list[Any] | None = None) -> None:
        super().__init__(inputs=inputs, outputs=outputs)
        rows = np.eye(inputs, outputs) if matrix is None else self._checked(matrix)
        self.weights = np.asarray(rows, np.float32)
        # replaced as a whole, never changed: process() may be in the middle of it
        self._wanted = np.ones((inputs, 1), np.float32)

    def _checked(self, matrix: list[Any]) -> Any:
        try:
            rows = np.asarray(matrix, np.float64)
        except (ValueError, TypeError) as error:
            raise ConfigError(f"key 'options.matrix': {error}", key="options.matrix") from None
        if rows.shape != (self.inputs, self.outputs) or not np.isfinite(rows).all():
            wanted = f"{self.inputs} rows (inputs) of {self.outputs} gains (outputs)"
            raise ConfigError(f"key 'options.matrix': must be {wanted}, is {rows.shape}", key="options.matrix")
        return rows

    def prepare(self, stream: Any) -> None:
        self._gains = self._wanted
        self._ramp = np.linspace(0, 1, stream.n_frames + 1, dtype=np.float32)[1:]

    def channel_name(self, is_input: bool, index: int) -> str:
        return f"{'Mix' if is_input else 'Out'} {index + 1}"

    def set_input_gain(self, channel: int, gain: float) -> None:
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

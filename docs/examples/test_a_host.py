"""A host in front of a driver that needs no hardware and no time: two tests of what the host does with it."""

import numpy as np
import pytest


@pytest.mark.asio("loopback", sample_type="int32")
def test_what_is_played_is_heard_one_buffer_later(asio_host, manual_clock):
    session = asio_host(inputs=[0], outputs=[0], n_frames=64)
    played = np.arange(640, dtype=np.int32)[None, :].view(np.uint8)
    session.load(play=played, record_frames=640)
    session.start()
    manual_clock(10)  # ten buffer switches, now
    session.stop()
    np.testing.assert_array_equal(session.recorded[:, 256:], played[:, :-256])


@pytest.mark.asio("identify", options={"inputs": 8})
def test_channels_are_not_mixed_up(asio_host, manual_clock):
    session = asio_host(inputs=[6, 2], n_frames=64)
    session.load(record_frames=64)
    session.start()
    manual_clock(1)
    assert (session.recorded.view(np.float32)[:, 0] * 1024).tolist() == [7, 3]

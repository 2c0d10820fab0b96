"""drivers: fileplayer: the host's inputs come from audio files, its outputs are recorded into one. No GIL on the
stream thread, which only copies.

Between the stream thread and each file stands a lane: some seconds of blocks in the host's own sample type, filled or
emptied by a disk thread in Python. What the disk does not deliver in time is silence, and counted; what it does not
take in time is lost, and silence in the recording, so that what follows stays in its place. Where nobody listens
(freewheel, manual clock) the stream waits for the disk instead.

The disk threads look after their lanes every few ms by themselves: to wake them would be a system call.
"""
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from asiokit.abi.asio cimport (ASIO_FUTURE_CAN_TRANSPORT, ASIO_FUTURE_TRANSPORT, ASIO_INVALID_PARAMETER,
                               ASIO_NOT_PRESENT, ASIO_SUCCESS, ASIO_TC_ON_SPEED, ASIO_TC_RUNNING,
                               ASIO_TC_SPEED_VALID, ASIO_TC_STILL, ASIO_TC_VALID, ASIO_TRANSPORT_LOCATE,
                               ASIO_TRANSPORT_START, ASIO_TRANSPORT_STOP, asio_error_t, asio_long_t,
                               asio_samples_from_int64, asio_samples_to_int64, asio_time_code_t,
                               asio_transport_parameters_t)
from asiokit.abi.atomic cimport (atomic_add_i64, atomic_load_i32, atomic_load_i64, atomic_load_relaxed_i64,
                                 atomic_store_i32, atomic_store_i64, atomic_store_relaxed_i64)
from asiokit.device.base cimport REQUEST_OVERLOAD
from asiokit.device cimport Device, StreamInfo, block_t
from asiokit.rt.blocks cimport (blocks_commit, blocks_consume, blocks_filled, blocks_init, blocks_next, blocks_room,
                                blocks_skip_to, blocks_stride, blocks_t)
from asiokit.rt.convert cimport convert_best_level, convert_find, converters_t
from asiokit.rt.system cimport (event_free, event_new, event_set, event_wait, log_write, now_ns, os_event_t, pages_free,
                                pages_new)

import time

import numpy as np

from asiokit.device.options import Option
from asiokit.errors import DeviceError
from asiokit.sample_types import SAMPLE_TYPES

from asiokit_drivers.disk import Player, Recorder
from asiokit_drivers.playlist import Playlist, look
from asiokit_drivers.routing import parse_routing
from asiokit_drivers.take import Take, check_target, kind_of

# 32-bit samples that pass from file to host or back as they are: those of float32 are moved bit for bit.
MOVED_AS = {"int32": "float32", "int32_msb": "float32_msb"}

cdef int64_t LANE_BYTES_MAX = 1 << 28     # of one lane: 512 channels at 192 kHz are 0.4 s of it
cdef int64_t LOOK_NS = 20000000           # how often a disk thread looks after its lane
READY_TIMEOUT_S = 2.0        # how long start() waits for the first blocks
cdef int64_t WAIT_NS = 10000000000       # how long a stream that nobody listens to waits for the disk
FINISH_TIMEOUT_S = 2.0       # how long stop() waits for the end of a recording
QUIT_TIMEOUT_S = 5.0         # ... and close()

# The head of each block in a lane; its samples follow, one channel after the other.
ctypedef struct head_t:
    int64_t position           # playing: in the playlist; recording: in the stream; frames
    int64_t run                # recording: which start() it belongs to

ctypedef struct lane_t:
    blocks_t blocks
    int32_t n_channels         # those that the host uses
    int32_t *channels          # ... their places in the block's table
    size_t n_channel_bytes
    bint may_wait
    os_event_t *for_disk
    os_event_t *for_stream
    int32_t quits              # atomic
    int32_t has_ended          # atomic: no block will follow: the end of the files, or a failure
    # locating: the control side asks, the disk thread does it, the stream leaves out what lies before
    int64_t seek_to            # atomic
    int64_t n_seeks            # atomic
    int64_t n_seeks_done       # atomic
    int64_t first_block        # atomic; of the last one that is done
    # of the stream thread
    int64_t n_seeks_seen
    int64_t n_missed           # atomic: blocks
    int64_t position           # atomic: playing: of the last block
    int64_t run                # recording: set before the stream begins

ctypedef int (*lane_fn)(FilePlayer self, block_t *block) noexcept nogil

cdef enum:
    HEAD_BYTES = 64
    MAX_PLANES = 1024          # libsndfile reads no more channels


cdef class Lane:
    """The memory of a lane, and what a disk thread does with it. Kept by the thread as well as by the device.

    host_type: of the samples in it; file_type: of those that the disk thread brings (float32) or takes.
    """
    cdef lane_t *c
    cdef void *pages
    cdef size_t n_bytes
    cdef readonly int32_t n_frames    # of a block
    cdef size_t file_width
    cdef converters_t host
    cdef converters_t file
    cdef object scratch               # float32 planes

    def __cinit__(self, StreamInfo stream, tuple active, double seconds, str host_type, str file_type):
        cdef size_t stride
        cdef int64_t n_blocks
        cdef int i
        channels = [index for index, is_active in enumerate(active) if is_active]
        self.n_frames = stream.n_frames
        self.file_width = SAMPLE_TYPES[file_type].width
        convert_find(SAMPLE_TYPES[host_type].number, convert_best_level(), &self.host)
        convert_find(SAMPLE_TYPES[file_type].number, convert_best_level(), &self.file)
        self.c = <lane_t *>calloc(1, sizeof(lane_t))
        if self.c is NULL:
            raise MemoryError("no memory for the read-ahead")
        self.c.n_channels = <int32_t>len(channels)
        self.c.channels = <int32_t *>calloc(len(channels) + 1, sizeof(int32_t))
        self.c.n_channel_bytes = <size_t>stream.sample_width * <size_t>self.n_frames
        self.c.may_wait = not stream.is_realtime
        self.c.for_disk = event_new()
        self.c.for_stream = event_new()
        stride = blocks_stride(HEAD_BYTES + self.c.n_channel_bytes * len(channels))
        n_blocks = min(<int64_t>(seconds * stream.rate_hz / stream.n_frames), <int64_t>(LANE_BYTES_MAX // stride))
        n_blocks = max(n_blocks, 4)
        self.n_bytes = stride * n_blocks
        self.pages = pages_new(self.n_bytes)
        if self.c.channels is NULL or self.c.for_disk is NULL or self.c.for_stream is NULL or self.pages is NULL:
            raise MemoryError("no memory for the read-ahead")
        for i in range(self.c.n_channels):
            self.c.channels[i] = channels[i]
        blocks_init(&self.c.blocks, self.pages, n_blocks, stride)

    def __dealloc__(self):
        if self.c is NULL:
            return
        if self.c.for_disk is not NULL:
            event_free(self.c.for_disk)
        if self.c.for_stream is not NULL:
            event_free(self.c.for_stream)
        if self.pages is not NULL:
            pages_free(self.pages, self.n_bytes)
        free(self.c.channels)
        free(self.c)

    # ---- for the disk thread ----

    def quit(self) -> None:
        """[control thread]"""
        atomic_store_i32(&self.c.quits, 1)
        event_set(self.c.for_disk)
        event_set(self.c.for_stream)

    @property
    def quits(self) -> bool:
        return atomic_load_i32(&self.c.quits) != 0

    def end(self) -> None:
        """No block will follow."""
        atomic_store_i32(&self.c.has_ended, 1)
        event_set(self.c.for_stream)

    def wake(self) -> None:
        """[control thread] There is work for the disk thread."""
        event_set(self.c.for_disk)

    def look_again(self) -> None:
        """Returns after a while, or when somebody has work."""
        with nogil:
            event_wait(self.c.for_disk, LOOK_NS)

    @property
    def position(self) -> int:
        return atomic_load_relaxed_i64(&self.c.position)

    @property
    def n_filled(self) -> int:
        return blocks_filled(&self.c.blocks)

    @property
    def n_missed(self) -> int:
        return atomic_load_relaxed_i64(&self.c.n_missed)

    @property
    def is_ready(self) -> bool:
        """What was located is there, or will never be."""
        done = atomic_load_i64(&self.c.n_seeks_done) == atomic_load_i64(&self.c.n_seeks)
        return done and (self.n_filled > 0 or atomic_load_i32(&self.c.has_ended) != 0)

    def wanted_place(self):
        """The frame that somebody has asked for since the last located(), with the number of that wish; or None."""
        cdef int64_t n_seeks = atomic_load_i64(&self.c.n_seeks)
        if n_seeks == atomic_load_i64(&self.c.n_seeks_done):
            return None
        return atomic_load_i64(&self.c.seek_to), n_seeks

    def located(self, int64_t n_seeks) -> None:
        """What is filled from now on lies behind that place."""
        atomic_store_i32(&self.c.has_ended, 0)
        atomic_store_i64(&self.c.first_block, atomic_load_relaxed_i64(&self.c.blocks.written))
        atomic_store_i64(&self.c.n_seeks_done, n_seeks)

    def fill(self, const float[:, ::1] frames, const int32_t[::1] sources, int64_t position, int64_t around) -> int:
        """Blocks from (frames, channels), as many as there is room for; says how many. sources: which of those
        channels each of the lane's takes, -1: silence. position: of the first frame, counted modulo around."""
        cdef size_t n_planes = frames.shape[1]
        cdef int64_t n_blocks = frames.shape[0] // self.n_frames
        cdef float[:, ::1] planes = self._scratch(n_planes)
        cdef int64_t n = 0
        if n_planes > MAX_PLANES or sources.shape[0] < self.c.n_channels:
            raise ValueError("blocks of another shape")
        with nogil:
            while n < n_blocks and self._fill(&frames[n * self.n_frames, 0], &planes[0, 0], n_planes, &sources[0],
                                              (position + n * self.n_frames) % around):
                n += 1
            if n and self.c.may_wait:
                event_set(self.c.for_stream)
        return n

    cdef bint _fill(self, const float *frames, float *planes, size_t n_planes, const int32_t *sources,
                    int64_t position) noexcept nogil:
        cdef uint8_t *at = <uint8_t *>blocks_room(&self.c.blocks)
        cdef void *pointers[MAX_PLANES]
        cdef size_t i
        if at is NULL:
            return False
        (<head_t *>at).position = position
        at += HEAD_BYTES
        for i in range(n_planes):
            pointers[i] = planes + i * self.n_frames
        self.file.deinterleave(pointers, frames, n_planes, self.n_frames)
        for i in range(<size_t>self.c.n_channels):
            if sources[i] < 0 or <size_t>sources[i] >= n_planes:
                memset(at, 0, self.c.n_channel_bytes)
            else:
                self.host.from_float32(at, pointers[sources[i]], self.n_frames)
            at += self.c.n_channel_bytes
        blocks_commit(&self.c.blocks)
        return True

    def peek(self):
        """(position, run) of the next block, or None."""
        cdef const head_t *head = <const head_t *>blocks_next(&self.c.blocks)
        return None if head is NULL else (head.position, head.run)

    def take(self, uint8_t[::1] frames, int64_t run, int64_t position) -> int:
        """Blocks of that run from that position on, as interleaved frames of the file's type, until there is none,
        one is missing, or frames is full; says how many."""
        cdef size_t n_block = <size_t>self.n_frames * self.c.n_channels * self.file_width
        cdef float[:, ::1] planes = self._scratch(self.c.n_channels)
        cdef const head_t *head
        cdef int64_t n = 0
        with nogil:
            while (n + 1) * n_block <= <size_t>frames.shape[0]:
                head = <const head_t *>blocks_next(&self.c.blocks)
                if head is NULL or head.run != run or head.position != position + n * self.n_frames:
                    break
                self._take(<const uint8_t *>head + HEAD_BYTES, &planes[0, 0], &frames[n * n_block])
                n += 1
            if n and self.c.may_wait:
                event_set(self.c.for_stream)
        return n

    cdef void _take(self, const uint8_t *at, float *planes, uint8_t *frames) noexcept nogil:
        cdef const void *pointers[MAX_PLANES]
        cdef size_t i
        for i in range(<size_t>self.c.n_channels):
            self.host.to_float32(planes + i * self.n_frames, at + i * self.c.n_channel_bytes, self.n_frames)
            pointers[i] = planes + i * self.n_frames
        self.file.interleave(frames, pointers, self.c.n_channels, self.n_frames)
        blocks_consume(&self.c.blocks)

    cdef object _scratch(self, size_t n_planes):
        if self.scratch is None or self.scratch.shape[0] < n_planes:
            self.scratch = np.empty((max(n_planes, 1), self.n_frames), np.float32)
        return self.scratch


# ---- the stream thread ----------------------------------------------------------------------------------------------

cdef inline void silence(block_t *block) noexcept nogil:
    cdef int32_t i
    for i in range(block.n_to_host):
        memset(block.to_host[i], 0, <size_t>block.n_frames * block.sample_width)


cdef int nothing(FilePlayer self, block_t *block) noexcept nogil:
    return 0


cdef int play_nothing(FilePlayer self, block_t *block) noexcept nogil:
    silence(block)
    return 0


cdef int miss(FilePlayer self, lane_t *lane) noexcept nogil:
    atomic_store_relaxed_i64(&lane.n_missed, atomic_load_relaxed_i64(&lane.n_missed) + 1)
    if self.request is not NULL:
        self.request(self.request_context, REQUEST_OVERLOAD, 0, 0)
    return 1


cdef inline const head_t *next_of(lane_t *lane) noexcept nogil:
    """The next block behind the last locate; NULL: not there yet."""
    cdef int64_t n_seeks = atomic_load_i64(&lane.n_seeks)
    if n_seeks != lane.n_seeks_seen:
        if atomic_load_i64(&lane.n_seeks_done) != n_seeks:
            return NULL
        blocks_skip_to(&lane.blocks, atomic_load_i64(&lane.first_block))
        lane.n_seeks_seen = n_seeks
    return <const head_t *>blocks_next(&lane.blocks)


cdef inline int play_block(FilePlayer self, lane_t *lane, const head_t *head, block_t *block) noexcept nogil:
    cdef const uint8_t *at = <const uint8_t *>head + HEAD_BYTES
    cdef int32_t i
    for i in range(lane.n_channels):
        memcpy(block.to_host[lane.channels[i]], at, lane.n_channel_bytes)
        at += lane.n_channel_bytes
    atomic_store_relaxed_i64(&lane.position, head.position)
    blocks_consume(&lane.blocks)
    return 0


cdef int play(FilePlayer self, block_t *block) noexcept nogil:
    """In real time: what is not there is silence."""
    cdef lane_t *lane = self.playing
    cdef const head_t *head
    if not atomic_load_i32(&self.rolls):
        silence(block)
        return 0
    head = next_of(lane)
    if head is not NULL:
        return play_block(self, lane, head, block)
    silence(block)
    # a locate takes its time, and after the end there is nothing to miss
    if atomic_load_i64(&lane.n_seeks) != lane.n_seeks_seen or atomic_load_i32(&lane.has_ended):
        return 0
    return miss(self, lane)


cdef int play_waiting(FilePlayer self, block_t *block) noexcept nogil:
    """Where nobody listens: waits for the disk."""
    cdef lane_t *lane = self.playing
    cdef int64_t end_ns
    if atomic_load_i32(&self.rolls) and next_of(lane) is NULL:
        end_ns = now_ns() + WAIT_NS
        while next_of(lane) is NULL and not atomic_load_i32(&lane.quits) and now_ns() < end_ns:
            if lane.n_seeks_seen == atomic_load_i64(&lane.n_seeks) and atomic_load_i32(&lane.has_ended):
                break
            event_set(lane.for_disk)
            event_wait(lane.for_stream, 20000000)
    return play(self, block)


cdef inline int record_block(lane_t *lane, uint8_t *at, const block_t *block) noexcept nogil:
    cdef int32_t i
    (<head_t *>at).position = block.position
    (<head_t *>at).run = lane.run
    at += HEAD_BYTES
    for i in range(lane.n_channels):
        memcpy(at, block.from_host[lane.channels[i]], lane.n_channel_bytes)
        at += lane.n_channel_bytes
    blocks_commit(&lane.blocks)
    return 0


cdef int record(FilePlayer self, block_t *block) noexcept nogil:
    """In real time: what there is no room for is lost."""
    cdef lane_t *lane = self.recording
    cdef uint8_t *at = <uint8_t *>blocks_room(&lane.blocks)
    if at is not NULL:
        return record_block(lane, at, block)
    # when the recording has failed nobody waits for it
    return 0 if atomic_load_i32(&lane.has_ended) else miss(self, lane)


cdef int record_waiting(FilePlayer self, block_t *block) noexcept nogil:
    cdef lane_t *lane = self.recording
    cdef int64_t end_ns
    if blocks_room(&lane.blocks) is NULL:
        end_ns = now_ns() + WAIT_NS
        while (blocks_room(&lane.blocks) is NULL and not atomic_load_i32(&lane.quits)
               and not atomic_load_i32(&lane.has_ended) and now_ns() < end_ns):
            event_set(lane.for_disk)
            event_wait(lane.for_stream, 20000000)
    return record(self, block)


# ---- the device -----------------------------------------------------------------------------------------------------

cdef void say(str text) noexcept:
    log_write(b"device", b"device FilePlayer: " + text.encode("utf-8", "replace"))


def log(text):
    say(text)


def seek(Lane lane, int64_t frame):
    """[any thread] The lane goes on there; what is in it is left out."""
    ask_for(lane.c, frame)


cdef void ask_for(lane_t *lane, int64_t frame) noexcept nogil:
    atomic_store_i64(&lane.seek_to, frame)
    atomic_add_i64(&lane.n_seeks, 1)
    event_set(lane.for_disk)


cdef class FilePlayer(Device):
    """Plays audio files to the host's inputs, and records its outputs into a file.

    Everything that libsndfile reads and writes. With a file at the driver's rate and nothing to be mixed the host gets
    the file's samples; 24 bits of them through float32, all 32 where the host's type is int32. Each start() plays from
    start_s on, and records into a new file: nothing that is there is overwritten. Figures: statistics().
    """

    OPTIONS = (
        Option("files", list, [], "files to play, one after the other", is_path=True),
        Option("inputs", int, None, "channels that the host records from; default: the files'", minimum=0, maximum=512),
        Option("outputs", int, 2, "channels that the host plays to", minimum=0, maximum=512),
        Option("mapping", list, None, 'what the inputs carry: "2>1" (the files\' channel 2 to input 1) or "1>2*0.5" '
                                      "(with a gain); default: each channel to the input of its number"),
        Option("loop", bool, True, "after the last file the first one follows"),
        Option("start_s", float, 0.0, "where playing begins", minimum=0.0, unit="s"),
        Option("gain_db", float, 0.0, "of what is played", minimum=-120.0, maximum=60.0, unit="dB"),
        Option("play", bool, True, "false: silence, until the host says start by its transport control"),
        Option("read_ahead_s", float, 3.0, "what is held ready", minimum=0.1, maximum=60.0, unit="s"),
        Option("quality", str, "HQ", "of the conversion of files that have another rate",
               choices=("QQ", "LQ", "MQ", "HQ", "VHQ")),
        Option("record", str, "", "file to record the outputs into; its ending tells the format", is_path=True),
        Option("record_type", str, "int24", "samples of the recording", choices=("int16", "int24", "int32", "float32")),
    )
    native = True
    has_time_code = True
    cdef readonly int inputs
    cdef readonly int outputs
    cdef readonly list takes           # paths of the recordings
    cdef tuple files                   # AudioFile
    cdef object routes
    cdef object options
    cdef double start_s
    cdef double gain
    cdef bint plays
    cdef object sample_type
    cdef object rate_hz
    cdef Lane play_lane, record_lane
    cdef tuple retired                 # the lanes before these: a stream that was late to end may still look at them
    cdef object player, recorder       # disk threads, or None
    cdef list threads                  # those of the last prepare(), though they may have ended
    cdef int64_t n_runs
    cdef bint is_used                  # the lane has been played from
    # for the stream thread
    cdef lane_t *playing
    cdef lane_t *recording
    cdef lane_fn play
    cdef lane_fn record
    cdef int32_t rolls                 # atomic

    def __init__(self, files=(), inputs=None, int outputs=2, mapping=None, bint loop=True, double start_s=0.0,
                 double gain_db=0.0, bint play=True, double read_ahead_s=3.0, str quality="HQ", str record="",
                 str record_type="int24"):
        self.files = tuple([look(path) for path in files])
        n_channels = max([file.n_channels for file in self.files], default=0)
        if not self.files and not record:
            raise DeviceError("fileplayer has nothing to do: set its option files, or record, or both")
        if record and not outputs:
            raise DeviceError("fileplayer: a recording needs outputs, and the option outputs is 0")
        self.inputs = n_channels if inputs is None else inputs
        self.outputs = outputs
        self.routes = None if mapping is None else parse_routing(mapping, self.inputs, n_channels, "mapping", "channel")
        self.start_s = start_s
        self.gain = 10 ** (gain_db / 20)
        self.plays = play
        self.options = {"loops": loop, "quality": quality, "read_ahead_s": read_ahead_s, "record": record,
                        "record_type": record_type}
        self.takes = []
        self.threads = []
        self.retired = ()
        self.play = play_nothing
        self.record = nothing

    def channel_name(self, is_input, index):
        return f"{'File' if is_input else 'Record'} {index + 1}"

    def open(self):
        if self.options["record"]:
            check_target(self.options["record"], self.options["record_type"])

    def prepare(self, StreamInfo stream):
        """Opens the files and begins to read ahead."""
        self._let_go(0.5)
        names = {kind.number: name for name, kind in SAMPLE_TYPES.items()}
        self.sample_type = names[stream.sample_type]
        self.rate_hz = stream.rate_hz
        self.play, self.record = play_nothing, nothing
        if self.files and any(stream.active_inputs):
            self._prepare_player(stream)
        if self.options["record"] and any(stream.active_outputs):
            self._prepare_recorder(stream)
        self.threads = [thread for thread in (self.player, self.recorder) if thread is not None]

    def _prepare_player(self, StreamInfo stream):
        routes = self.routes
        if routes is None:
            n_channels = max([file.n_channels for file in self.files])
            routes = [(channel, channel, 1.0) for channel in range(min(n_channels, self.inputs))]
        is_mixed = len({to for _, to, _ in routes}) < len(routes) or any([gain != 1.0 for _, _, gain in routes])
        is_exact = (not is_mixed and self.gain == 1.0 and self.sample_type in MOVED_AS
                    and all([file.subtype == "PCM_32" and file.rate_hz == stream.rate_hz for file in self.files]))
        playlist = Playlist(self.files, stream.rate_hz, loops=self.options["loops"], quality=self.options["quality"],
                            dtype="int32" if is_exact else "float32")
        host_type = MOVED_AS[self.sample_type] if is_exact else self.sample_type
        lane = Lane(stream, stream.active_inputs, self.options["read_ahead_s"], host_type, "float32")
        matrix = None
        source = {to: from_ for from_, to, _ in routes}
        if is_mixed or self.gain != 1.0:
            matrix = np.zeros((playlist.n_channels, self.inputs), np.float32)
            for from_, to, gain in routes:
                matrix[from_, to] = gain * self.gain
            source = {to: to for _, to, _ in routes}
        active = [index for index, is_active in enumerate(stream.active_inputs) if is_active]
        sources = np.array([source.get(to, -1) for to in active], np.int32)
        self.player = Player(lane, log, playlist, sources, matrix)
        self.play_lane = lane
        self.playing = lane.c
        self.play = play if stream.is_realtime else play_waiting
        seek(lane, round(self.start_s * stream.rate_hz))
        self.is_used = False
        self.player.start()

    def _prepare_recorder(self, StreamInfo stream):
        wanted = self.options["record_type"]
        kind = kind_of(self.options["record"], wanted)
        is_exact = wanted == "int32" and kind.made_as == "int32" and self.sample_type in MOVED_AS
        host_type = MOVED_AS[self.sample_type] if is_exact else self.sample_type
        lane = Lane(stream, stream.active_outputs, self.options["read_ahead_s"], host_type,
                    "float32" if is_exact else kind.made_as)
        self.recorder = Recorder(lane, log, sum(stream.active_outputs), stream.rate_hz)
        self.record_lane = lane
        self.recording = lane.c
        self.record = record if stream.is_realtime else record_waiting
        self.recorder.start()

    def start(self):
        self.n_runs += 1
        if self.recorder is not None:
            take = Take(self.options["record"], self.rate_hz, self.recorder.n_channels, self.options["record_type"])
            self.takes.append(take.path)
            self.recording.run = self.n_runs
            self.recorder.begin(self.n_runs, take)
        if self.player is None:
            return
        if self.is_used:
            seek(self.play_lane, round(self.start_s * self.rate_hz))
        self.is_used = True
        atomic_store_i32(&self.rolls, self.plays)
        end_s = time.monotonic() + READY_TIMEOUT_S
        while not self.play_lane.is_ready and self.player.is_alive() and time.monotonic() < end_s:
            time.sleep(0.001)

    def stop(self):
        atomic_store_i32(&self.rolls, 0)
        if self.recorder is not None and not self.recorder.finish(self.n_runs, FINISH_TIMEOUT_S):
            log(f"{self.takes[len(self.takes) - 1]} is still being written")

    cdef int unbind(self) except -1:
        self._let_go(0.5)
        return 0

    def close(self):
        self._let_go(QUIT_TIMEOUT_S)

    def _let_go(self, double timeout_s):
        """Ends the disk threads; one that is stuck ends by itself."""
        self.play, self.record = play_nothing, nothing
        threads = [thread for thread in (self.player, self.recorder) if thread is not None]
        for thread in threads:
            thread.lane.quit()
        for thread in threads:
            thread.quit(timeout_s)
        if threads:
            self.retired = (self.play_lane, self.record_lane)
        self.player = self.recorder = None

    def statistics(self):
        """missed_blocks: silence, because the disk was late. lost_blocks: of the recording. position: in the playlist,
        frames. takes: the files recorded. problem: why nothing is played or recorded any more."""
        return {
            "missed_blocks": 0 if self.play_lane is None else self.play_lane.n_missed,
            "lost_blocks": 0 if self.record_lane is None else self.record_lane.n_missed,
            "position": 0 if self.play_lane is None else self.play_lane.position,
            "takes": list(self.takes),
            "problem": "; ".join([thread.problem for thread in self.threads if thread.problem]),
        }

    # ---- the audio half ----

    cdef int process(self, block_t *block) noexcept nogil:
        cdef int status = self.play(self, block)
        return self.record(self, block) or status

    cdef void time_code(self, const block_t *block, asio_time_code_t *code) noexcept nogil:
        cdef bint rolls = atomic_load_i32(&self.rolls)
        if self.playing is NULL:
            return
        code.time_code_samples = asio_samples_from_int64(atomic_load_relaxed_i64(&self.playing.position))
        code.speed = 1.0 if rolls else 0.0
        code.flags = ASIO_TC_VALID | ASIO_TC_SPEED_VALID
        code.flags |= ASIO_TC_RUNNING | ASIO_TC_ON_SPEED if rolls else ASIO_TC_STILL

    cdef asio_error_t control(self, asio_long_t selector, void *params) noexcept nogil:
        cdef asio_transport_parameters_t *transport = <asio_transport_parameters_t *>params
        if selector == ASIO_FUTURE_CAN_TRANSPORT:
            return ASIO_SUCCESS
        if selector != ASIO_FUTURE_TRANSPORT or self.playing is NULL:
            return ASIO_NOT_PRESENT
        if transport.command == ASIO_TRANSPORT_START:
            atomic_store_i32(&self.rolls, 1)
        elif transport.command == ASIO_TRANSPORT_STOP:
            atomic_store_i32(&self.rolls, 0)
        elif transport.command == ASIO_TRANSPORT_LOCATE and asio_samples_to_int64(transport.sample_position) >= 0:
            ask_for(self.playing, asio_samples_to_int64(transport.sample_position))
        else:
            return ASIO_INVALID_PARAMETER
        return ASIO_SUCCESS

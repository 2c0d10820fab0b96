"""host: one set of buffers from createBuffers to disposeBuffers, and what is done in bufferSwitch.

Everything below on_switch and on_message runs on the driver's threads without the GIL, allocates nothing and takes no
lock (but for Manners.lock_callback, which exists to be rude). Each callback leaves one row in a table, with the thread
and the time; what is played is read from, and what is recorded written to, memory that was there before start().
"""
cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from asiokit.abi.asio cimport (
    ASIO_MSG_SELECTOR_SUPPORTED,
    asio_bool_t,
    asio_buffer_info_t,
    asio_callbacks_t,
    asio_driver_t,
    asio_error_t,
    asio_long_t,
    asio_samples_t,
    asio_samples_to_int64,
    asio_stamp_to_int64,
    asio_time_stamp_t,
    asio_time_t,
)
from asiokit.abi.atomic cimport (
    atomic_add_i32,
    atomic_cas_i32,
    atomic_load_i32,
    atomic_load_i64,
    atomic_store_i32,
    atomic_store_i64,
)
from asiokit.host.native cimport NativeDriver
from asiokit.rt.system cimport (
    event_free,
    event_new,
    event_set,
    event_wait,
    host_time_follow,
    host_time_ns,
    mutex_free,
    mutex_lock,
    mutex_new,
    mutex_unlock,
    now_ns,
    os_event_t,
    os_mutex_t,
    sleep_until,
    thread_id,
)

import numpy as np

from asiokit.errors import DriverError
from asiokit.host.manners import Manners
from asiokit.host.samples import SampleType

cdef extern from "host_slots.h" nogil:
    ctypedef struct host_handlers_t:
        void (*buffer_switch)(void *, asio_time_t *, asio_long_t, asio_bool_t) noexcept nogil
        void (*rate_did_change)(void *, double) noexcept nogil
        asio_long_t (*message)(void *, asio_long_t, asio_long_t, void *, double *) noexcept nogil
    enum:
        HOST_SLOTS
    ctypedef struct host_slot_t:
        int32_t n_strays
    host_handlers_t host_handlers
    host_slot_t host_slots[HOST_SLOTS]
    const asio_callbacks_t host_slot_callbacks[HOST_SLOTS]
    int host_slot_take(void *context)
    void host_slot_close(int n)
    int host_slot_n_inside(int n)
    void host_slot_give_back(int n, int is_empty)

cdef enum:
    N_SELECTORS = 64
    N_MESSAGES = 4096
    N_ACTS = 8
    RATE_DID_CHANGE = -1  # in the log of messages, beside the selectors

cdef int64_t NEVER = 1 << 62

# What a callback can be told to do besides its work. The names are the contract; the order is private.
ACTS = ("stop", "start", "dispose_buffers", "get_sample_position", "can_sample_rate", "get_sample_rate", "get_channels",
        "get_latencies", "output_ready", "future", "sleep", "hook")
cdef enum:
    ACT_STOP = 0
    ACT_START = 1
    ACT_DISPOSE = 2
    ACT_POSITION = 3
    ACT_CAN_RATE = 4
    ACT_RATE = 5
    ACT_CHANNELS = 6
    ACT_LATENCIES = 7
    ACT_OUTPUT_READY = 8
    ACT_FUTURE = 9
    ACT_SLEEP = 10
    ACT_HOOK = 11

ctypedef void (*hook_fn)(void *context, int64_t cycle, asio_long_t index) noexcept nogil

cdef struct act_t:
    int kind
    int64_t at       # this cycle; -1: see every
    int64_t every    # each n-th cycle; 0: see at
    double value     # rate in Hz, time in ns, selector
    hook_fn hook
    void *context
    int64_t n_calls
    int64_t last_code

cdef struct callback_t:
    int64_t t_ns          # on the monotonic clock, at entry
    int64_t left_ns       # and when the callback returned
    int64_t host_ns       # t_ns on the host's clock, to be compared with system_ns
    int64_t system_ns     # what the driver says; -1: it said nothing
    int64_t position      # frames; -1: it said nothing
    double rate_hz        # 0: it said nothing
    uint64_t thread
    int32_t index
    int32_t flags         # asio_time_flag; -1: plain bufferSwitch

CALLBACK_DTYPE = np.dtype([
    ("t_ns", "i8"), ("left_ns", "i8"), ("host_ns", "i8"), ("system_ns", "i8"), ("position", "i8"), ("rate_hz", "f8"),
    ("thread", "u8"), ("index", "i4"), ("flags", "i4"),
])
assert CALLBACK_DTYPE.itemsize == sizeof(callback_t)

cdef struct message_t:
    int64_t t_ns
    uint64_t thread
    int64_t selector
    int64_t value
    int64_t answer
    int64_t message       # address that came along; 0: NULL
    double opt            # what the pointer pointed at; the rate for sampleRateDidChange

MESSAGE_DTYPE = np.dtype([
    ("t_ns", "i8"), ("thread", "u8"), ("selector", "i8"), ("value", "i8"), ("answer", "i8"), ("message", "i8"),
    ("opt", "f8"),
])
assert MESSAGE_DTYPE.itemsize == sizeof(message_t)

cdef struct session_t:
    asio_driver_t *driver
    asio_callbacks_t callbacks
    int slot
    int n_in, n_out
    asio_buffer_info_t *infos
    void **inputs            # [2 * n_in]: half 0 and half 1 of each
    void **outputs
    int64_t n_frames
    int64_t in_bytes         # of a block of one channel
    int64_t out_bytes
    const uint8_t *play      # [n_out][play_bytes]
    int64_t play_bytes       # of a channel
    uint8_t *record
    int64_t record_bytes
    callback_t *log
    int64_t n_log
    message_t *messages
    int32_t n_messages
    int32_t answers[N_SELECTORS]
    int32_t supported[N_SELECTORS]
    bint output_ready, ask_position, takes_lock
    os_mutex_t *lock
    act_t acts[N_ACTS]
    int n_acts
    os_event_t *reached
    int64_t target           # this many switches set the event
    int64_t n_switches
    int64_t last_position
    int32_t inside, n_overlaps, n_index_faults, n_position_faults, n_after_stop, is_stopped, last_index


# ---- on the driver's threads ------------------------------------------------------------------------------------

cdef void block_play(session_t *s, int64_t k, int half) noexcept nogil:
    cdef int64_t begin = k * s.out_bytes, n = 0
    cdef int c
    if begin < s.play_bytes:
        n = min(s.out_bytes, s.play_bytes - begin)
    for c in range(s.n_out):
        if n > 0:
            memcpy(s.outputs[2 * c + half], s.play + c * s.play_bytes + begin, n)
        if n < s.out_bytes:
            memset(<uint8_t *>s.outputs[2 * c + half] + n, 0, s.out_bytes - n)


cdef void block_record(session_t *s, int64_t k, int half) noexcept nogil:
    cdef int64_t begin = k * s.in_bytes, n
    cdef int c
    if begin >= s.record_bytes:
        return
    n = min(s.in_bytes, s.record_bytes - begin)
    for c in range(s.n_in):
        memcpy(s.record + c * s.record_bytes + begin, s.inputs[2 * c + half], n)


cdef void act_do(session_t *s, act_t *act, int64_t k, asio_long_t index) noexcept nogil:
    cdef asio_driver_t *d = s.driver
    cdef asio_samples_t position
    cdef asio_time_stamp_t t
    cdef asio_long_t a, b
    cdef double rate
    if act.every > 0:
        if k % act.every != 0:
            return
    elif k != act.at:
        return
    if act.kind == ACT_STOP:
        act.last_code = d.vtable.stop(d)
    elif act.kind == ACT_START:
        act.last_code = d.vtable.start(d)
    elif act.kind == ACT_DISPOSE:
        act.last_code = d.vtable.dispose_buffers(d)
    elif act.kind == ACT_POSITION:
        act.last_code = d.vtable.get_sample_position(d, &position, &t)
    elif act.kind == ACT_CAN_RATE:
        act.last_code = d.vtable.can_sample_rate(d, act.value)
    elif act.kind == ACT_RATE:
        act.last_code = d.vtable.get_sample_rate(d, &rate)
    elif act.kind == ACT_CHANNELS:
        act.last_code = d.vtable.get_channels(d, &a, &b)
    elif act.kind == ACT_LATENCIES:
        act.last_code = d.vtable.get_latencies(d, &a, &b)
    elif act.kind == ACT_OUTPUT_READY:
        act.last_code = d.vtable.output_ready(d)
    elif act.kind == ACT_FUTURE:
        act.last_code = d.vtable.future(d, <asio_long_t>act.value, NULL)
    elif act.kind == ACT_SLEEP:
        sleep_until(now_ns() + <int64_t>act.value)
    elif act.kind == ACT_HOOK:
        act.hook(act.context, k, index)
    act.n_calls += 1


cdef void row_fill(session_t *s, callback_t *row, asio_time_t *time, int64_t t_ns, asio_long_t index) noexcept nogil:
    cdef asio_samples_t position
    cdef asio_time_stamp_t t
    row.t_ns = t_ns
    row.host_ns = host_time_ns(t_ns)
    row.thread = thread_id()
    row.index = <int32_t>index
    row.system_ns = row.position = row.flags = -1
    row.rate_hz = 0
    if time is not NULL:
        row.system_ns = asio_stamp_to_int64(time.time_info.system_time)
        row.position = asio_samples_to_int64(time.time_info.sample_position)
        row.rate_hz = time.time_info.sample_rate
        row.flags = <int32_t>time.time_info.flags
    elif s.ask_position and s.driver.vtable.get_sample_position(s.driver, &position, &t) == 0:
        row.system_ns = asio_stamp_to_int64(t)
        row.position = asio_samples_to_int64(position)


cdef void on_switch(void *context, asio_time_t *time, asio_long_t index, asio_bool_t direct) noexcept nogil:
    cdef int64_t t_ns = now_ns()
    cdef session_t *s = <session_t *>context
    cdef int64_t k = s.n_switches
    cdef callback_t row
    cdef int i, half = <int>(index & 1)
    if not atomic_cas_i32(&s.inside, 0, 1):
        atomic_add_i32(&s.n_overlaps, 1)
        return
    if atomic_load_i32(&s.is_stopped):  # before the lock: who waits for it began in time
        atomic_add_i32(&s.n_after_stop, 1)
    if s.takes_lock:
        mutex_lock(s.lock)
    if index != (s.last_index ^ 1):
        atomic_add_i32(&s.n_index_faults, 1)
    s.last_index = half
    row_fill(s, &row, time, t_ns, index)
    if row.position >= 0 and row.position != s.last_position + s.n_frames:
        atomic_add_i32(&s.n_position_faults, 1)
    s.last_position = row.position
    block_record(s, k, half)
    block_play(s, k, half)
    for i in range(s.n_acts):
        act_do(s, &s.acts[i], k, index)
    if s.output_ready:
        s.driver.vtable.output_ready(s.driver)
    row.left_ns = now_ns()
    if k < s.n_log:
        s.log[k] = row
    atomic_store_i64(&s.n_switches, k + 1)
    if k + 1 >= atomic_load_i64(&s.target):
        event_set(s.reached)
    if s.takes_lock:
        mutex_unlock(s.lock)
    atomic_store_i32(&s.inside, 0)


cdef void message_log(session_t *s, int64_t selector, int64_t value, int64_t answer, void *message,
                      double opt) noexcept nogil:
    cdef int32_t n = atomic_add_i32(&s.n_messages, 1)
    cdef message_t *row
    if n >= N_MESSAGES:
        return
    row = &s.messages[n]
    row.t_ns = now_ns()
    row.thread = thread_id()
    row.selector = selector
    row.value = value
    row.answer = answer
    row.message = <int64_t><uintptr_t>message
    row.opt = opt


cdef asio_long_t on_message(void *context, asio_long_t selector, asio_long_t value, void *message,
                            double *opt) noexcept nogil:
    cdef session_t *s = <session_t *>context
    cdef asio_long_t answer = 0
    if selector == ASIO_MSG_SELECTOR_SUPPORTED:
        if 0 <= value < N_SELECTORS:
            answer = s.supported[value]
    elif 0 <= selector < N_SELECTORS:
        answer = s.answers[selector]
    message_log(s, selector, value, answer, message, opt[0] if opt is not NULL else 0)
    return answer


cdef void on_rate(void *context, double rate_hz) noexcept nogil:
    message_log(<session_t *>context, RATE_DID_CHANGE, 0, 0, NULL, rate_hz)


host_handlers.buffer_switch = on_switch
host_handlers.rate_did_change = on_rate
host_handlers.message = on_message


# ---- on the host's threads --------------------------------------------------------------------------------------

@cython.no_gc_clear  # the driver uses what this object holds until __dealloc__ has told it to stop
cdef class Session:
    """createBuffers on the given channels; disposeBuffers at close() or at the end of a with block.

    Not for several threads at once, but for start() and stop(). Raises DriverError for every code that is not OK.
    """

    cdef session_t *s
    cdef readonly NativeDriver driver
    cdef readonly object inputs, outputs, manners, in_type, out_type
    cdef readonly bint is_prepared, is_running
    cdef object play_memory, record_memory, log_memory, message_memory, hooks

    def __cinit__(self):
        self.s = <session_t *>calloc(1, sizeof(session_t))
        if self.s is NULL:
            raise MemoryError
        self.s.slot = -1

    def __init__(self, NativeDriver driver not None, *, inputs=(), outputs=(), n_frames: int, manners=None):
        cdef session_t *s = self.s
        self.driver = driver
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)
        self.manners = manners = manners if manners is not None else Manners()
        s.driver = driver.alive()
        s.n_in, s.n_out, s.n_frames = len(self.inputs), len(self.outputs), n_frames
        s.last_index = 1
        s.target = NEVER
        s.reached = event_new()
        s.lock = mutex_new()
        s.infos = <asio_buffer_info_t *>calloc(s.n_in + s.n_out + 1, sizeof(asio_buffer_info_t))
        s.inputs = <void **>calloc(2 * s.n_in + 1, sizeof(void *))
        s.outputs = <void **>calloc(2 * s.n_out + 1, sizeof(void *))
        if NULL in (s.reached, s.lock, s.infos, s.inputs, s.outputs):
            raise MemoryError
        s.output_ready, s.ask_position, s.takes_lock = manners.output_ready, manners.ask_position, manners.lock_callback
        for selector, value in manners.answers.items():
            s.answers[selector % N_SELECTORS] = value
        for selector, value in manners.supports().items():
            s.supported[selector % N_SELECTORS] = value
        self.message_memory = np.zeros(N_MESSAGES, MESSAGE_DTYPE)
        s.messages = <message_t *><uintptr_t>self.message_memory.ctypes.data
        self.hooks = []
        self.load(log=0)
        s.slot = host_slot_take(s)
        if s.slot < 0:
            raise RuntimeError(f"all {HOST_SLOTS} sessions of this process are in use; close() one")
        s.callbacks = host_slot_callbacks[s.slot]
        if not manners.plain:
            s.callbacks.buffer_switch = NULL
        if not manners.rate_did_change:
            s.callbacks.sample_rate_did_change = NULL
        if not manners.message:
            s.callbacks.asio_message = NULL
        if not manners.time_info:
            s.callbacks.buffer_switch_time_info = NULL
        host_time_follow()
        try:
            self._create_buffers()
        except BaseException:
            self.close()
            raise

    def _create_buffers(self):
        cdef session_t *s = self.s
        cdef asio_long_t n = s.n_in + s.n_out
        cdef asio_error_t code
        cdef int i
        first, second = [(1, c) for c in self.inputs], [(0, c) for c in self.outputs]
        order = second + first if self.manners.outputs_first else first + second
        for i, (is_input, channel) in enumerate(order):
            s.infos[i].is_input, s.infos[i].channel_num = is_input, channel
        with nogil:
            code = s.driver.vtable.create_buffers(s.driver, s.infos, n, s.n_frames, &s.callbacks)
        self.driver.check(code, f"createBuffers({n} channels, {s.n_frames} frames)")
        self.is_prepared = True
        for i, (is_input, channel) in enumerate(order):
            place = self.inputs.index(channel) if is_input else self.outputs.index(channel)
            for half in range(2):
                if s.infos[i].buffers[half] is NULL:
                    raise DriverError(-999, f"createBuffers gave no buffer for channel {channel}, half {half}")
                if is_input:
                    s.inputs[2 * place + half] = s.infos[i].buffers[half]
                else:
                    s.outputs[2 * place + half] = s.infos[i].buffers[half]
        if self.manners.drop_structs:
            memset(&s.callbacks, 0, sizeof(s.callbacks))
            memset(s.infos, 0xDD, n * sizeof(asio_buffer_info_t))
        self.in_type, self.out_type = self._type_of(self.inputs, True), self._type_of(self.outputs, False)
        s.in_bytes = s.n_frames * self.in_type.n_bytes if self.in_type else 0
        s.out_bytes = s.n_frames * self.out_type.n_bytes if self.out_type else 0

    def _type_of(self, channels, is_input):
        types = {self.driver.get_channel_info(channel, is_input)[2] for channel in channels}
        if len(types) > 1:
            which = "inputs" if is_input else "outputs"
            raise DriverError(-1000, f"the driver's {which} differ in sample type: {types}")
        return SampleType.from_code(types.pop()) if types else None

    def __dealloc__(self):
        # a session that was never closed: the driver may still call it, so the driver must first be told
        if self.s is not NULL:
            if self.is_prepared and self.driver is not None and self.driver.driver is not NULL:
                with nogil:
                    self.s.driver.vtable.dispose_buffers(self.s.driver)
            self._free()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    cdef _free(self):
        """Empties the slot and frees; what a thread is still inside of is given up, memory and slot, for good."""
        cdef session_t *s = self.s
        cdef int64_t end_ns
        cdef bint empty = True
        self.s = NULL
        if s.slot >= 0:
            with nogil:
                host_slot_close(s.slot)
                end_ns = now_ns() + 2000000000
                while host_slot_n_inside(s.slot) and now_ns() < end_ns:
                    sleep_until(now_ns() + 1000000)
                empty = host_slot_n_inside(s.slot) == 0
                host_slot_give_back(s.slot, empty)
        if not empty:
            LOST.append((self.play_memory, self.record_memory, self.log_memory, self.message_memory, self.hooks))
            return
        event_free(s.reached)
        mutex_free(s.lock)
        free(s.infos)
        free(s.inputs)
        free(s.outputs)
        free(s)

    cdef session_t *alive(self) except NULL:
        if self.s is NULL:
            raise ValueError("the session is closed")
        return self.s

    # ---- what is played and recorded ----

    def load(self, play=None, record_frames: int = 0, log: int = 0) -> None:
        """Sets what the callbacks work on; before start().

        play: uint8 (n_outputs, n bytes), planar, in the driver's sample type; silence follows it.
        record_frames: so many frames of every input are kept, from the first callback on. log: rows for callbacks.
        """
        cdef session_t *s = self.alive()
        if self.is_running:
            raise ValueError("load() while running")
        n_bytes = record_frames * (self.in_type.n_bytes if self.in_type else 0)
        # written to once, so that no page is first touched by the callback
        record = np.full((s.n_in, n_bytes), 0, np.uint8)
        rows = np.full(log, 0, CALLBACK_DTYPE)
        if play is None:
            play = np.zeros((s.n_out, 0), np.uint8)
        play = np.ascontiguousarray(play)
        if play.dtype != np.uint8 or play.shape[0] != s.n_out or play.ndim != 2:
            raise ValueError(f"play is uint8 ({s.n_out} outputs, n bytes), not {play.dtype} {play.shape}")
        if self.out_type is not None and play.shape[1] % self.out_type.n_bytes:
            n = self.out_type.n_bytes
            raise ValueError(f"a channel of {play.shape[1]} bytes is no whole number of {n}-byte samples")
        self.play_memory, self.record_memory, self.log_memory = play, record, rows
        s.play, s.play_bytes = <const uint8_t *><uintptr_t>play.ctypes.data, play.shape[1]
        s.record, s.record_bytes = <uint8_t *><uintptr_t>record.ctypes.data, n_bytes
        s.log, s.n_log = <callback_t *><uintptr_t>rows.ctypes.data, log

    def act(self, name: str, *, at: int = -1, every: int = 0, value: float = 0, hook: int = 0, context: int = 0,
            owner: object = None) -> None:
        """Tells the callback to do one of ACTS in cycle `at`, or in each n-th cycle.

        value: the rate of can_sample_rate, the ns of sleep, the selector of future. hook: address of a C function
        void (*)(void *context, int64_t cycle, long index); `owner` is kept alive with the session.
        """
        cdef session_t *s = self.alive()
        if s.n_acts == N_ACTS:
            raise ValueError(f"a session has {N_ACTS} acts at most")
        if name == "hook" and not hook:
            raise ValueError("the act 'hook' needs the address of a function")
        cdef act_t *act = &s.acts[s.n_acts]
        act.kind, act.at, act.every, act.value = ACTS.index(name), at, every, value
        act.hook, act.context = <hook_fn><uintptr_t>hook, <void *><uintptr_t>context
        self.hooks.append(owner)
        s.n_acts += 1

    def act_results(self) -> list[tuple[str, int, int]]:
        """(name, number of calls, last code) of each act."""
        cdef session_t *s = self.alive()
        return [(ACTS[s.acts[i].kind], s.acts[i].n_calls, s.acts[i].last_code) for i in range(s.n_acts)]

    # ---- motion ----

    def start(self) -> None:
        """Counts, log and recording begin anew."""
        cdef session_t *s = self.alive()
        s.n_switches = 0
        s.last_index = 1
        s.last_position = -s.n_frames
        atomic_store_i32(&s.is_stopped, 0)
        self.driver.start()
        self.is_running = True

    def stop(self, under_lock: bool = False, hold_s: float = 0) -> None:
        """under_lock: holds the lock that a callback with Manners.lock_callback takes, as some hosts do.

        hold_s: so long before the driver is called; after more than a period a callback is waiting for sure.
        """
        cdef session_t *s = self.alive()
        cdef int64_t hold_ns = <int64_t>(1e9 * hold_s)
        if under_lock:
            with nogil:
                mutex_lock(s.lock)
                sleep_until(now_ns() + hold_ns)
        try:
            self.driver.stop()
            atomic_store_i32(&s.is_stopped, 1)
        finally:
            self.is_running = False
            if under_lock:
                mutex_unlock(s.lock)

    def wait(self, n_switches: int, stall_s: float = 2.0, progress: object = None) -> bool:
        """Waits until so many callbacks have returned. False when none has come for stall_s seconds.

        progress: called with the number so far, about ten times a second. Interrupted by signals.
        """
        cdef session_t *s = self.alive()
        cdef int64_t seen = -1, now, since_ns = now_ns(), target = n_switches
        atomic_store_i64(&s.target, target)
        while True:
            now = atomic_load_i64(&s.n_switches)
            if progress is not None:
                progress(now)
            if now >= target:
                atomic_store_i64(&s.target, NEVER)
                return True
            if now != seen:
                seen, since_ns = now, now_ns()
            elif now_ns() - since_ns > <int64_t>(stall_s * 1e9):
                return False
            with nogil:
                event_wait(s.reached, 100000000)
            PyErr_CheckSignals()

    def dispose(self) -> None:
        self.alive()
        self.is_prepared = self.is_running = False
        self.driver.dispose_buffers()

    def close(self, dispose: bool = True) -> None:
        """Ends the session in the driver, unless `dispose` is false, and gives the slot back. Never raises twice."""
        if self.s is NULL:
            return
        try:
            if self.is_prepared and dispose and self.driver.driver is not NULL:
                self.dispose()
        finally:
            self.is_prepared = self.is_running = False
            self._free()

    # ---- what happened; numpy arrays are copies, or views that live as long as they are held ----

    @property
    def slot(self) -> int:
        return self.alive().slot

    @property
    def n_frames(self) -> int:
        return self.alive().n_frames

    @property
    def n_switches(self) -> int:
        """Callbacks that have returned since start()."""
        return atomic_load_i64(&self.alive().n_switches)

    @property
    def n_index_faults(self) -> int:
        """Callbacks whose index was not the other one, the first one's not 0."""
        return atomic_load_i32(&self.alive().n_index_faults)

    @property
    def n_position_faults(self) -> int:
        """Callbacks whose position was not a buffer after the one before, the first one's not 0; of those that told."""
        return atomic_load_i32(&self.alive().n_position_faults)

    @property
    def n_overlaps(self) -> int:
        """Callbacks that came while another one was inside."""
        return atomic_load_i32(&self.alive().n_overlaps)

    @property
    def n_after_stop(self) -> int:
        """Callbacks that began after stop() had returned."""
        return atomic_load_i32(&self.alive().n_after_stop)

    @property
    def callbacks(self):
        """One row (CALLBACK_DTYPE) for each callback that was logged."""
        return self.log_memory[:min(self.n_switches, len(self.log_memory))].copy()

    @property
    def messages(self):
        """One row (MESSAGE_DTYPE) for each message; selector -1 is sampleRateDidChange with the rate in opt."""
        return self.message_memory[:min(atomic_load_i32(&self.alive().n_messages), N_MESSAGES)].copy()

    @property
    def recorded(self):
        """uint8 (n_inputs, bytes): the frames that have come so far, in the driver's sample type."""
        n = min(self.n_switches * self.alive().in_bytes, self.alive().record_bytes)
        return self.record_memory[:, :n]

    def callback_address(self, name: str) -> int:
        """Address of the function that the driver was given: buffer_switch, rate_did_change, message, time_info."""
        cdef session_t *s = self.alive()
        return {
            "buffer_switch": <uintptr_t>host_slot_callbacks[s.slot].buffer_switch,
            "rate_did_change": <uintptr_t>host_slot_callbacks[s.slot].sample_rate_did_change,
            "message": <uintptr_t>host_slot_callbacks[s.slot].asio_message,
            "time_info": <uintptr_t>host_slot_callbacks[s.slot].buffer_switch_time_info,
        }[name]

    def half(self, is_input: bool, place: int, half: int) -> int:
        """Address of one half of the place-th of our inputs or outputs."""
        cdef session_t *s = self.alive()
        if not 0 <= place < (s.n_in if is_input else s.n_out) or half not in (0, 1):
            raise IndexError((is_input, place, half))
        return <uintptr_t>(s.inputs if is_input else s.outputs)[2 * place + half]


# what a driver's thread never came back from
LOST = []


def n_strays(slot: int) -> int:
    """Callbacks that came through a slot after its session was closed, since it was last taken."""
    if not 0 <= slot < HOST_SLOTS:
        raise IndexError(slot)
    return atomic_load_i32(&host_slots[slot].n_strays)


N_SLOTS = HOST_SLOTS

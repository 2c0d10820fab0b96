"""tests: asiokit.rt from Python: one class a struct, and loops that run without the GIL."""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdio cimport snprintf
from libc.string cimport memcpy, memset

from asiokit.abi.atomic cimport (atomic_add_i32, atomic_load_i32, atomic_load_i64, atomic_store_i32,
                                 atomic_store_i64)
from asiokit.rt.clock cimport (CLOCK_FREEWHEEL, CLOCK_MANUAL, CLOCK_REALTIME, clock_anchor, clock_cycle_done,
                               clock_init, clock_t, steps_free, steps_init, steps_t, steps_take)
from asiokit.rt.convert cimport convert_best_level, convert_find, convert_level_name, converters_t
from asiokit.rt.gate cimport (gate_close, gate_enter, gate_free, gate_init, gate_is_busy, gate_is_closed, gate_is_mine,
                              gate_leave, gate_open, gate_t, gate_wait_left)
from asiokit.rt.journal cimport JOURNAL_SLOTS, JOURNAL_TEXT, journal_put, journal_t, journal_take
from asiokit.rt.ring cimport (ring_commit, ring_consume, ring_filled, ring_init, ring_peek, ring_read, ring_room,
                              ring_space, ring_t, ring_write)
from asiokit.rt.status cimport WAKE_BUCKETS, status_publish, status_read, status_t, status_wake
from asiokit.rt.system cimport (event_free, event_new, event_set, event_wait, mutex_free, mutex_lock, mutex_new,
                                mutex_try_lock, mutex_unlock, now_ns, os_event_t, os_grant_t, os_mutex_t, pages_free,
                                pages_new, priority_drop, priority_lower, priority_raise, priority_watch,
                                scheduling_text, sleep_spin_until, sleep_until, thread_id, thread_start)

SLOTS = JOURNAL_SLOTS
TEXT = JOURNAL_TEXT
BUCKETS = WAKE_BUCKETS
KINDS = {"realtime": CLOCK_REALTIME, "freewheel": CLOCK_FREEWHEEL, "manual": CLOCK_MANUAL}


cdef class Clock:
    cdef clock_t c
    cdef gate_t gate
    cdef status_t status
    cdef steps_t steps

    def __cinit__(self, str kind, int64_t n_frames, double rate_hz, anchor_ns=None, int64_t spin_ns=0):
        memset(&self.status, 0, sizeof(self.status))
        if not gate_init(&self.gate, True) or not steps_init(&self.steps):
            raise MemoryError
        clock_init(&self.c, KINDS[kind], n_frames, rate_hz, spin_ns, &self.gate, &self.status, &self.steps)
        if anchor_ns is None:
            clock_anchor(&self.c)
        else:
            self.c.next_ns = anchor_ns

    def __dealloc__(self):
        gate_free(&self.gate)
        steps_free(&self.steps)

    def wait(self) -> int:
        """As a run does it: the cycle before has ended by then."""
        cdef int64_t edge_ns
        with nogil:
            clock_cycle_done(&self.c)
            edge_ns = self.c.wait(&self.c)
        return edge_ns

    def edges(self, int n) -> list:
        return [self.wait() for _ in range(n)]

    def skip(self, int64_t n) -> int:
        """The n-th edge from here on, stepping through all before it."""
        cdef int64_t edge_ns = 0
        cdef int64_t _
        with nogil:
            for _ in range(n):
                edge_ns = self.c.wait(&self.c)
        return edge_ns

    def take_discontinuity(self) -> bool:
        was = bool(self.c.discontinuity)
        self.c.discontinuity = 0
        return was

    def close(self) -> None:
        gate_close(&self.gate, 0)
        event_set(self.steps.grant)

    @property
    def next_ns(self):
        return self.c.next_ns

    @next_ns.setter
    def next_ns(self, int64_t t_ns):
        self.c.next_ns = t_ns

    @property
    def period_ns(self):
        return self.c.period_ns

    @property
    def spin_ns(self):
        return self.c.spin_ns

    @property
    def late_ns(self):
        return self.c.late_ns

    @property
    def n_waits(self):
        return self.c.n_waits

    @property
    def n_late(self):
        return self.status.n_late

    def step(self, int64_t n, double timeout_s) -> bool:
        cdef bint done
        with nogil:
            done = steps_take(&self.steps, n, <int64_t>(timeout_s * 1e9))
        return done


cdef class Gate:
    """A gate and a room behind it. `n_inside` counts whoever is in the room; the loops look for two at once."""
    cdef gate_t g
    cdef int32_t n_inside
    cdef int32_t stop
    cdef int64_t visits
    cdef readonly int64_t n_together      # two were inside
    cdef readonly int64_t n_intruders     # somebody was inside, though the gate had said nobody is
    cdef readonly int64_t n_stuck         # closed, though it had just been opened
    cdef readonly int64_t n_timeouts

    def __cinit__(self, bint is_open=True):
        if not gate_init(&self.g, is_open):
            raise MemoryError

    def __dealloc__(self):
        gate_free(&self.g)

    def enter(self) -> bool:
        return gate_enter(&self.g, thread_id())

    def leave(self) -> bool:
        return gate_leave(&self.g)

    def open(self) -> None:
        gate_open(&self.g)

    def close(self, double timeout_s=0) -> bool:
        cdef bint answer
        with nogil:
            answer = gate_close(&self.g, <int64_t>(timeout_s * 1e9))
        return answer

    def wait_left(self, double timeout_s) -> bool:
        cdef bint answer
        with nogil:
            answer = gate_wait_left(&self.g, <int64_t>(timeout_s * 1e9))
        return answer

    @property
    def n_visits(self):
        return atomic_load_i64(&self.visits)

    is_closed = property(lambda self: self._is_closed())
    is_busy = property(lambda self: self._is_busy())
    is_mine = property(lambda self: self._is_mine())

    def _is_closed(self):
        return bool(gate_is_closed(&self.g))

    def _is_busy(self):
        return bool(gate_is_busy(&self.g))

    def _is_mine(self):
        return bool(gate_is_mine(&self.g))

    def visit_until_told(self) -> None:
        """[visitor's thread]"""
        cdef uint64_t me = thread_id()
        with nogil:
            while not atomic_load_i32(&self.stop):
                if gate_enter(&self.g, me):
                    if atomic_add_i32(&self.n_inside, 1) != 0:
                        self.n_together += 1
                    if not gate_is_mine(&self.g):
                        self.n_together += 1
                    atomic_store_i64(&self.visits, self.visits + 1)
                    atomic_add_i32(&self.n_inside, -1)
                    gate_leave(&self.g)

    def close_and_open(self, int64_t n, int64_t timeout_ns) -> None:
        """[closer's thread] n times; then tells the visitor to go home."""
        cdef int64_t _
        with nogil:
            for _ in range(n):
                if gate_close(&self.g, timeout_ns):
                    if atomic_load_i32(&self.n_inside) != 0:
                        self.n_intruders += 1
                else:
                    self.n_timeouts += 1
                gate_open(&self.g)
                if gate_is_closed(&self.g):
                    self.n_stuck += 1
        atomic_store_i32(&self.stop, 1)


cdef class Status:
    cdef status_t s

    def publish_many(self, int64_t n) -> None:
        """Pairs (k, 3 k + 7), for k from 0 to n - 1."""
        cdef int64_t k
        with nogil:
            for k in range(n):
                status_publish(&self.s, k, 3 * k + 7)

    def read_until(self, int64_t last) -> tuple:
        """(reads, torn pairs, pairs older than the one before) until the pair of `last` is seen."""
        cdef int64_t position = -1, time_ns = 0, before = -1, n = 0, torn = 0, backwards = 0
        with nogil:
            while position != last:
                status_read(&self.s, &position, &time_ns)
                n += 1
                # nothing published yet reads as (0, 0)
                torn += time_ns != 3 * position + 7 and not (position == 0 and time_ns == 0)
                backwards += position < before
                before = position
        return n, torn, backwards

    def wake(self, int64_t late_ns) -> None:
        status_wake(&self.s, late_ns)

    @property
    def buckets(self):
        return [self.s.wake[i] for i in range(WAKE_BUCKETS)]

    @property
    def wake_max_ns(self):
        return self.s.wake_max_ns


cdef class Journal:
    cdef journal_t j

    def __cinit__(self):
        memset(&self.j, 0, sizeof(self.j))

    def put(self, bytes text) -> None:
        journal_put(&self.j, text)

    def put_many(self, int writer, int n) -> None:
        """Texts whose every byte tells the writer, and which end in the number."""
        cdef char text[JOURNAL_TEXT]
        cdef int i
        memset(text, 65 + writer, sizeof(text))
        with nogil:
            for i in range(n):
                snprintf(text + 150, 40, b"%d", i)
                journal_put(&self.j, text)

    def take(self):
        cdef char text[JOURNAL_TEXT]
        return <bytes>text if journal_take(&self.j, text) else None

    @property
    def n_dropped(self):
        return atomic_load_i32(&self.j.n_dropped)

    def wind(self, int32_t head) -> None:
        """As if so many texts had been put."""
        self.j.head = head


cdef class Ring:
    """rt/ring over memory of its own."""
    cdef ring_t r
    cdef uint8_t *memory
    cdef readonly int64_t capacity
    cdef readonly int64_t n_wrong        # what the reader found out of order

    def __cinit__(self, int64_t capacity, int64_t begin=0):
        """begin: as if so many bytes had gone through already."""
        self.capacity = capacity
        self.memory = <uint8_t *>pages_new(capacity)
        if self.memory is NULL:
            raise MemoryError
        ring_init(&self.r, self.memory, capacity)
        self.r.written = self.r.read = self.r.seen_read = self.r.seen_written = begin

    def __dealloc__(self):
        pages_free(self.memory, self.capacity)

    def write(self, bytes data) -> bool:
        return ring_write(&self.r, <const char *>data, len(data))

    def read(self, size_t n_bytes):
        data = bytearray(n_bytes)
        return bytes(data) if ring_read(&self.r, <char *>data, n_bytes) else None

    def space(self, int64_t wanted) -> int:
        return ring_space(&self.r, wanted)

    def filled(self, int64_t wanted) -> int:
        return ring_filled(&self.r, wanted)

    def put(self, bytes data, int64_t commit) -> int:
        """Writes in place; commits so many bytes of what there was room for, and returns that room."""
        cdef int64_t n = len(data)
        cdef uint8_t *at = ring_room(&self.r, &n)
        memcpy(at, <const char *>data, n)
        ring_commit(&self.r, min(commit, n))
        return n

    def peek(self, int64_t wanted) -> bytes:
        cdef int64_t n = wanted
        cdef const uint8_t *at = ring_peek(&self.r, &n)
        return (<const char *>at)[:n]

    def consume(self, int64_t n_bytes) -> None:
        ring_consume(&self.r, n_bytes)

    def write_numbers(self, int64_t n, int64_t largest) -> None:
        """[writer's thread] 0 ... n - 1 as int64, in blocks of 1 to `largest`, by turns copied and in place."""
        cdef int64_t k = 0, block = 0, turn = 0, i, n_bytes
        cdef int64_t numbers[64]
        cdef int64_t *at
        with nogil:
            while k < n:
                turn += 1
                block = min(turn * 7 % largest + 1, n - k)
                if turn & 1:
                    for i in range(block):
                        numbers[i] = k + i
                    while not ring_write(&self.r, numbers, block * sizeof(int64_t)):
                        pass
                else:
                    n_bytes = block * sizeof(int64_t)
                    at = <int64_t *>ring_room(&self.r, &n_bytes)
                    block = n_bytes // <int64_t>sizeof(int64_t)
                    for i in range(block):
                        at[i] = k + i
                    ring_commit(&self.r, block * sizeof(int64_t))
                k += block

    def read_numbers(self, int64_t n, int64_t largest) -> None:
        """[reader's thread]"""
        cdef int64_t k = 0, block = 0, turn = 0, i, n_bytes
        cdef int64_t numbers[64]
        cdef const int64_t *at
        with nogil:
            while k < n:
                turn += 1
                block = min(turn * 5 % largest + 1, n - k)
                if turn & 1:
                    at = numbers
                    while not ring_read(&self.r, numbers, block * sizeof(int64_t)):
                        pass
                else:
                    n_bytes = block * sizeof(int64_t)
                    at = <const int64_t *>ring_peek(&self.r, &n_bytes)
                    block = n_bytes // <int64_t>sizeof(int64_t)
                for i in range(block):
                    self.n_wrong += at[i] != k + i
                if not turn & 1:
                    ring_consume(&self.r, block * sizeof(int64_t))
                k += block


cdef class Event:
    cdef os_event_t *e

    def __cinit__(self):
        self.e = event_new()

    def __dealloc__(self):
        event_free(self.e)

    def set(self) -> None:
        event_set(self.e)

    def wait(self, double timeout_s) -> bool:
        cdef bint answer
        with nogil:
            answer = event_wait(self.e, <int64_t>(timeout_s * 1e9) if timeout_s >= 0 else -1)
        return answer


cdef class Mutex:
    cdef os_mutex_t *m

    def __cinit__(self):
        self.m = mutex_new()

    def __dealloc__(self):
        mutex_free(self.m)

    def lock(self) -> None:
        with nogil:
            mutex_lock(self.m)

    def try_lock(self) -> bool:
        return mutex_try_lock(self.m)

    def unlock(self) -> None:
        mutex_unlock(self.m)


def sleep(int64_t until_ns, int64_t spin_ns=0) -> int:
    """The time at which it ended, in its own words."""
    cdef int64_t end_ns
    with nogil:
        end_ns = sleep_spin_until(until_ns, spin_ns) if spin_ns else sleep_until(until_ns)
    return end_ns


cdef extern from *:
    """
    static int64_t fake_time_ns, fake_step_ns, fake_reads;
    static int64_t fake_now_ns(void) { return fake_reads++, fake_time_ns += fake_step_ns; }
    #define os_now_ns fake_now_ns
    #include "os_spin.h"
    #undef os_now_ns
    """
    int64_t fake_time_ns, fake_step_ns, fake_reads
    int64_t spin_until(int64_t t_ns, int64_t now_ns, int64_t spin_ns) nogil


def spin(int64_t t_ns, int64_t from_ns, int64_t spin_ns, int64_t step_ns) -> tuple:
    """(when it ended, how often it read the clock) on a clock that goes on by step_ns each time it is read."""
    global fake_time_ns, fake_step_ns, fake_reads
    fake_time_ns, fake_step_ns, fake_reads = from_ns, step_ns, 0
    return spin_until(t_ns, from_ns, spin_ns), fake_reads


ctypedef struct raised_t:
    os_grant_t grant
    int32_t word
    int32_t ends
    int32_t burns
    int32_t slack_ns
    int64_t progress
    os_event_t *done


cdef extern from *:
    """
    #ifdef __linux__
    #include <sys/prctl.h>
    static int own_slack_ns(void) { return prctl(PR_GET_TIMERSLACK); }
    #else
    static int own_slack_ns(void) { return -1; }
    #endif
    """
    int own_slack_ns() nogil


cdef void raised_thread(void *argument) noexcept nogil:
    cdef raised_t *self = <raised_t *>argument
    priority_raise(&self.grant, &self.word, &self.progress)
    atomic_store_i32(&self.slack_ns, own_slack_ns())
    while not atomic_load_i32(&self.ends):
        if not self.burns:
            sleep_until(now_ns() + 1000000)
    priority_drop(&self.grant)
    event_set(self.done)


cdef class Raised:
    """A thread with audio priority that makes no progress: it burns its CPU, or only sleeps, until close()."""
    cdef raised_t r

    def __cinit__(self, bint burns):
        memset(&self.r, 0, sizeof(self.r))
        self.r.burns = burns
        self.r.slack_ns = -2
        self.r.done = event_new()
        if thread_start(raised_thread, &self.r, b"asiokit-raised") != 0:
            raise OSError
        while atomic_load_i32(&self.r.slack_ns) == -2:
            sleep(now_ns() + 1000000)

    @property
    def scheduling(self):
        return scheduling_text(atomic_load_i32(&self.r.word))

    @property
    def slack_ns(self):
        return atomic_load_i32(&self.r.slack_ns)

    def lower(self) -> bool:
        return priority_lower(&self.r.grant)

    def close(self) -> None:
        if not atomic_load_i32(&self.r.ends):
            atomic_store_i32(&self.r.ends, 1)
            with nogil:
                event_wait(self.r.done, -1)

    def __dealloc__(self):
        self.close()
        event_free(self.r.done)


def watch() -> int:
    return priority_watch()


def own_thread() -> int:
    return thread_id()


def pages(size_t n_bytes) -> tuple:
    """(address, all zero, writable) of pages that are freed again."""
    cdef unsigned char *at = <unsigned char *>pages_new(n_bytes)
    if at is NULL:
        return 0, False, False
    cdef bint zero = True
    cdef size_t i
    for i in range(n_bytes):
        zero = zero and at[i] == 0
    memset(at, 0xAA, n_bytes)
    address = <size_t>at
    pages_free(at, n_bytes)
    return address, bool(zero), True


cdef converters_t converters_of(sample_type, level) except *:
    cdef converters_t found
    if not convert_find(sample_type, level, &found):
        raise LookupError(f"no converters of {sample_type} at level {level}")
    return found


def best_level() -> int:
    return convert_best_level()


def level_name(int level):
    name = convert_level_name(level)
    return None if name is NULL else name.decode()


def has_converters(int32_t sample_type, int level) -> bool:
    cdef converters_t found
    memset(&found, 0xA5, sizeof(found))
    cdef converters_t untouched = found
    if convert_find(sample_type, level, &found):
        return True
    assert found.interleave == untouched.interleave
    return False


def run_at(int32_t sample_type, int level, bint is_written, size_t to, size_t from_, size_t n_samples) -> None:
    """from_float32 (is_written) or to_float32, between addresses."""
    cdef converters_t found = converters_of(sample_type, level)
    with nogil:
        (found.from_float32 if is_written else found.to_float32)(<void *>to, <const void *>from_, n_samples)


def frames_at(int32_t sample_type, int level, bint is_written, size_t frames, size_t plane, size_t step_bytes,
              size_t n_channels, size_t n_frames) -> None:
    """interleave (is_written) to frames, or deinterleave from there; planes lie step_bytes apart."""
    cdef converters_t found = converters_of(sample_type, level)
    cdef void *planes[128]
    cdef size_t i
    with nogil:
        for i in range(n_channels):
            planes[i] = <void *>(plane + i * step_bytes)
        if is_written:
            found.interleave(<void *>frames, <const void *const *>planes, n_channels, n_frames)
        else:
            found.deinterleave(planes, <const void *>frames, n_channels, n_frames)

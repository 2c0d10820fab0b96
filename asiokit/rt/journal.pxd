# rt: short texts from threads that must not touch a file, kept until a thread that may writes them down. [any thread]
from libc.stdint cimport int32_t
from libc.string cimport memcpy, strncpy

from asiokit.abi.atomic cimport atomic_add_i32, atomic_cas_i32, atomic_load_i32, atomic_store_i32

cdef enum:
    JOURNAL_SLOTS = 32
    JOURNAL_TEXT = 200

ctypedef struct entry_t:
    int32_t state          # 0 free, 1 being written, 2 ready
    char text[JOURNAL_TEXT]

ctypedef struct journal_t:
    int32_t head
    int32_t tail           # of the one reader
    int32_t n_dropped
    entry_t entries[JOURNAL_SLOTS]


cdef inline void journal_put(journal_t *journal, const char *text) noexcept nogil:
    """Never waits: when all slots are full the text is dropped and counted."""
    cdef entry_t *entry = &journal.entries[<unsigned int>atomic_add_i32(&journal.head, 1) % JOURNAL_SLOTS]
    if not atomic_cas_i32(&entry.state, 0, 1):
        # the place is given back, so that the next text that fits stands where the reader looks first
        atomic_add_i32(&journal.head, -1)
        atomic_add_i32(&journal.n_dropped, 1)
        return
    strncpy(entry.text, text, JOURNAL_TEXT - 1)
    entry.text[JOURNAL_TEXT - 1] = 0
    atomic_store_i32(&entry.state, 2)


cdef inline bint journal_take(journal_t *journal, char *text) noexcept nogil:
    """The next text (room for JOURNAL_TEXT bytes), False when there is none. One reader at a time."""
    cdef int32_t i
    cdef entry_t *entry
    for i in range(JOURNAL_SLOTS):
        entry = &journal.entries[<unsigned int>(journal.tail + i) % JOURNAL_SLOTS]
        if atomic_load_i32(&entry.state) == 2:
            memcpy(text, entry.text, JOURNAL_TEXT)
            journal.tail = <int32_t>(<unsigned int>(journal.tail + i + 1) % JOURNAL_SLOTS)
            atomic_store_i32(&entry.state, 0)
            return True
    return False

/* host_slots.h: the host side's callbacks. ASIO's callbacks carry no context, so each session owns one slot of a table,
 * and each slot has four functions of its own that know its number. Included by asiokit.host.session only.
 *
 * A driver may call at any time, even after disposeBuffers has returned, or be inside a callback that hangs. So a slot
 * counts who is inside, an empty slot counts strays, and a slot that can't be emptied is never used again. */
#ifndef ASIOKIT_HOST_SLOTS_H
#define ASIOKIT_HOST_SLOTS_H

#include "asio_abi.h"
#include "atomic.h"

#define HOST_SLOTS 64

/* What the functions of a slot forward to; written once, before the first slot is taken. */
typedef struct host_handlers {
    void (*buffer_switch)(void *context, asio_time_t *time, asio_long_t index, asio_bool_t direct_process);
    void (*rate_did_change)(void *context, double rate_hz);
    asio_long_t (*message)(void *context, asio_long_t selector, asio_long_t value, void *message, double *opt);
} host_handlers_t;

enum host_slot_state { HOST_SLOT_FREE = 0, HOST_SLOT_TAKEN = 1, HOST_SLOT_RETIRED = 2 };

/* gate: who is inside, plus HOST_SLOT_OPEN while the context may be used. One word, so that entering and closing are
 * ordered against each other on every processor. */
#define HOST_SLOT_OPEN (1 << 20)

typedef struct host_slot {
    void *context;
    volatile int32_t state, gate, n_strays;
} host_slot_t;

static host_handlers_t host_handlers;
static host_slot_t host_slots[HOST_SLOTS];

static inline void *host_slot_enter(int n) {
    if (atomic_add_i32(&host_slots[n].gate, 1) & HOST_SLOT_OPEN)
        return host_slots[n].context;
    atomic_add_i32(&host_slots[n].n_strays, 1);
    return NULL;
}

static inline void host_slot_leave(int n) { atomic_add_i32(&host_slots[n].gate, -1); }

static inline void host_slot_switch(int n, asio_time_t *time, asio_long_t index, asio_bool_t direct_process) {
    void *context = host_slot_enter(n);
    if (context)
        host_handlers.buffer_switch(context, time, index, direct_process);
    host_slot_leave(n);
}

static inline void host_slot_rate(int n, double rate_hz) {
    void *context = host_slot_enter(n);
    if (context)
        host_handlers.rate_did_change(context, rate_hz);
    host_slot_leave(n);
}

static inline asio_long_t host_slot_message(int n, asio_long_t selector, asio_long_t value, void *message,
                                            double *opt) {
    void *context = host_slot_enter(n);
    asio_long_t result = context ? host_handlers.message(context, selector, value, message, opt) : 0;
    host_slot_leave(n);
    return result;
}

#define HOST_SLOT(n)                                                                                                   \
    static void host_switch_##n(asio_long_t index, asio_bool_t direct) { host_slot_switch(n, NULL, index, direct); }   \
    static void host_rate_##n(asio_rate_t rate_hz) { host_slot_rate(n, rate_hz); }                                     \
    static asio_long_t host_message_##n(asio_long_t selector, asio_long_t value, void *message, double *opt) {         \
        return host_slot_message(n, selector, value, message, opt);                                                    \
    }                                                                                                                  \
    static asio_time_t *host_switch_time_##n(asio_time_t *time, asio_long_t index, asio_bool_t direct) {               \
        host_slot_switch(n, time, index, direct);                                                                      \
        return NULL;                                                                                                   \
    }
#define HOST_SLOT_ROW(n) {host_switch_##n, host_rate_##n, host_message_##n, host_switch_time_##n},

/* one(0) ... one(63) */
#define HOST_SLOT_8(one, a, b, c, d, e, f, g, h) one(a) one(b) one(c) one(d) one(e) one(f) one(g) one(h)
#define HOST_SLOT_EACH(one)                                                                                            \
    HOST_SLOT_8(one, 0, 1, 2, 3, 4, 5, 6, 7)                                                                           \
    HOST_SLOT_8(one, 8, 9, 10, 11, 12, 13, 14, 15)                                                                     \
    HOST_SLOT_8(one, 16, 17, 18, 19, 20, 21, 22, 23)                                                                   \
    HOST_SLOT_8(one, 24, 25, 26, 27, 28, 29, 30, 31)                                                                   \
    HOST_SLOT_8(one, 32, 33, 34, 35, 36, 37, 38, 39)                                                                   \
    HOST_SLOT_8(one, 40, 41, 42, 43, 44, 45, 46, 47)                                                                   \
    HOST_SLOT_8(one, 48, 49, 50, 51, 52, 53, 54, 55)                                                                   \
    HOST_SLOT_8(one, 56, 57, 58, 59, 60, 61, 62, 63)

HOST_SLOT_EACH(HOST_SLOT)

static const asio_callbacks_t host_slot_callbacks[HOST_SLOTS] = {HOST_SLOT_EACH(HOST_SLOT_ROW)};

/* Number of a slot that now is the caller's, or -1. */
static inline int host_slot_take(void *context) {
    int n;
    for (n = 0; n < HOST_SLOTS; n++) {
        if (atomic_cas_i32(&host_slots[n].state, HOST_SLOT_FREE, HOST_SLOT_TAKEN)) {
            atomic_store_i32(&host_slots[n].n_strays, 0);
            host_slots[n].context = context;
            atomic_add_i32(&host_slots[n].gate, HOST_SLOT_OPEN);
            return n;
        }
    }
    return -1;
}

/* From here on calls are strays. Ends the use of the context once; then host_slot_n_inside tells when it may be freed.
 */
static inline void host_slot_close(int n) { atomic_add_i32(&host_slots[n].gate, -HOST_SLOT_OPEN); }

static inline int host_slot_n_inside(int n) { return atomic_load_i32(&host_slots[n].gate) & (HOST_SLOT_OPEN - 1); }

static inline void host_slot_give_back(int n, int is_empty) {
    atomic_store_i32(&host_slots[n].state, is_empty ? HOST_SLOT_FREE : HOST_SLOT_RETIRED);
}

#endif

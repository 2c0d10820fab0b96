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

#define HOST_SLOT(n)                                                                                                  \
    static void host_switch_##n(asio_long_t index, asio_bool_t direct) { host_slot_switch(n, NULL, index, direct); } \
    static void host_rate_##n(asio_rate_t rate_hz) { host_slot_rate(n, rate_hz); }                                   \
    static asio_long_t host_message_##n(asio_long_t selector, asio_long_t value, void *message, double *opt) {       \
        return host_slot_message(n, selector, value, message, opt);                                                  \
    }                                                                                                                 \
    static asio_time_t *host_switch_time_##n(asio_time_t *time, asio_long_t index, asio_bool_t direct) {             \
        host_slot_switch(n, time, index, direct);                                                                    \
        return NULL;                                                                                                  \
    }
#define HOST_SLOT_ROW(n) {host_switch_##n, host_rate_##n, host_message_##n, host_switch_time_##n}

#define HOST_SLOT_EACH(one, between)                                                                                  \
    one(0) between one(1) between one(2) between one(3) between one(4) between one(5) between one(6) between         \
    one(7) between one(8) between one(9) between one(10) between one(11) between one(12) between one(13) between     \
    one(14) between one(15) between one(16) between one(17) between one(18) between one(19) between one(20) between  \
    one(21) between one(22) between one(23) between one(24) between one(25) between one(26) between one(27) between  \
    one(28) between one(29) between one(30) between one(31) between one(32) between one(33) between one(34) between  \
    one(35) between one(36) between one(37) between one(38) between one(39) between one(40) between one(41) between  \
    one(42) between one(43) between one(44) between one(45) between one(46) between one(47) between one(48) between  \
    one(49) between one(50) between one(51) between one(52) between one(53) between one(54) between one(55) between  \
    one(56) between one(57) between one(58) between one(59) between one(60) between one(61) between one(62) between  \
    one(63)
#define HOST_SLOT_NOTHING
#define HOST_SLOT_COMMA ,

HOST_SLOT_EACH(HOST_SLOT, HOST_SLOT_NOTHING)

static const asio_callbacks_t host_slot_callbacks[HOST_SLOTS] = {HOST_SLOT_EACH(HOST_SLOT_ROW, HOST_SLOT_COMMA)};

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

/* From here on calls are strays. Ends the use of the context once; then host_slot_n_inside tells when it may be freed. */
static inline void host_slot_close(int n) { atomic_add_i32(&host_slots[n].gate, -HOST_SLOT_OPEN); }

static inline int host_slot_n_inside(int n) {
    return atomic_load_i32(&host_slots[n].gate) & (HOST_SLOT_OPEN - 1);
}

static inline void host_slot_give_back(int n, int is_empty) {
    atomic_store_i32(&host_slots[n].state, is_empty ? HOST_SLOT_FREE : HOST_SLOT_RETIRED);
}

#endif

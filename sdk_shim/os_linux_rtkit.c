/* os_linux_rtkit.c: asks rtkit, over the system bus, for a better nice level.
 *
 * The three messages are written here and not by libdbus, because this is done for a stream that is about to start:
 * every step ends at one deadline, whatever the bus does; no library is loaded into the host, no signal's handling is
 * changed, and the socket is closed before we return. Only what rtkit asks for no limits is used: its real-time call
 * wants RLIMIT_RTTIME to be set for the whole process, for good, and with it the kernel kills a host whose callback
 * runs 200 ms (docs/decisions/0008). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "os_linux.h"

#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "linux_call.h"

#if LINUX_CALL

#define NS_PER_S 1000000000LL
#define NS_PER_MS 1000000LL

enum {
    AF_UNIX_ = 1,
    SOCK_STREAM_ = 1,
    SOCK_NONBLOCK_CLOEXEC_ = 04000 | 02000000,
    MSG_DONTWAIT_NOSIGNAL_ = 0x40 | 0x4000,
    POLLIN_ = 1,
    EPERM_ = 1,
    EAGAIN_ = 11,
    EPROTO_ = 71,
    ETIMEDOUT_ = 110,
    EINTR_ = 4
};

struct unix_address {
    uint16_t family;
    char path[108];
};

struct poll_entry {
    int32_t file;
    int16_t wanted, seen;
};

struct linux_time {
    intptr_t s;
    intptr_t ns;
};

typedef struct bus {
    int32_t file;
    int64_t end_ns;
} bus_t;

static char bus_path[108] = "/run/dbus/system_bus_socket";
static volatile int32_t bus_is_silent; /* it was not there, or did not answer in time: not asked again */

void linux_find_bus(void) {
    static const char key[] = "unix:path=";
    const char *address = getenv("DBUS_SYSTEM_BUS_ADDRESS");
    size_t n;
    if (!address || strncmp(address, key, sizeof key - 1) != 0)
        return;
    address += sizeof key - 1;
    n = strcspn(address, ",;");
    if (n < sizeof bus_path && !memchr(address, '%', n)) {
        memcpy(bus_path, address, n);
        bus_path[n] = 0;
    }
}

/* ---- bytes ---- */

static int bus_receive(bus_t *bus, void *target, size_t n_bytes) {
    char *at = target;
    while (n_bytes > 0) {
        intptr_t n =
            linux_call(LINUX_RECVFROM, bus->file, (intptr_t)at, (intptr_t)n_bytes, MSG_DONTWAIT_NOSIGNAL_, 0, 0);
        if (n == -EAGAIN_) {
            const int64_t left_ns = bus->end_ns - os_now_ns();
            struct poll_entry entry = {bus->file, POLLIN_, 0};
            struct linux_time left = {(intptr_t)(left_ns / NS_PER_S), (intptr_t)(left_ns % NS_PER_S)};
            if (left_ns <= 0)
                return -ETIMEDOUT_;
            n = linux_call(LINUX_PPOLL, (intptr_t)&entry, 1, (intptr_t)&left, 0, 0, 0);
            if (n < 0 && n != -EINTR_)
                return (int)n;
            continue;
        }
        if (n == -EINTR_)
            continue;
        if (n <= 0)
            return n < 0 ? (int)n : -EPROTO_;
        at += n;
        n_bytes -= (size_t)n;
    }
    return 0;
}

static int bus_send(const bus_t *bus, const void *bytes, size_t n_bytes) {
    /* a few hundred bytes into an empty socket: taken whole, or something is wrong */
    const intptr_t n =
        linux_call(LINUX_SENDTO, bus->file, (intptr_t)bytes, (intptr_t)n_bytes, MSG_DONTWAIT_NOSIGNAL_, 0, 0);
    return n == (intptr_t)n_bytes ? 0 : n < 0 ? (int)n : -EPROTO_;
}

static int bus_open(bus_t *bus) {
    /* the bus knows who we are from the socket; an empty answer to its question means: that one */
    static const char greeting[] = "\0AUTH EXTERNAL\r\nDATA\r\n";
    struct unix_address address = {AF_UNIX_, {0}};
    char line[80];
    size_t n;
    int error;
    const intptr_t file = linux_call(LINUX_SOCKET, AF_UNIX_, SOCK_STREAM_ | SOCK_NONBLOCK_CLOEXEC_, 0, 0, 0, 0);
    if (file < 0)
        return (int)file;
    bus->file = (int32_t)file;
    memcpy(address.path, bus_path, sizeof bus_path);
    error = (int)linux_call(LINUX_CONNECT, file, (intptr_t)&address, sizeof address, 0, 0, 0);
    if (!error)
        error = bus_send(bus, greeting, sizeof greeting - 1);
    while (!error) {
        for (n = 0; !error && n < sizeof line - 1; n++) {
            error = bus_receive(bus, line + n, 1);
            if (!error && line[n] == '\n')
                break;
        }
        line[n] = 0;
        if (!error && strncmp(line, "OK", 2) == 0)
            return bus_send(bus, "BEGIN\r\n", 7);
        if (!error && strncmp(line, "DATA", 4) != 0)
            error = -EPERM_;
    }
    return error;
}

/* ---- messages ---- */

typedef struct message {
    unsigned char bytes[512];
    uint32_t n;
} message_t;

static void put_byte(message_t *m, int byte) { m->bytes[m->n++] = (unsigned char)byte; }

static void align(message_t *m, uint32_t to) {
    while (m->n % to)
        put_byte(m, 0);
}

static void put_bytes(message_t *m, const void *from, size_t n) {
    memcpy(m->bytes + m->n, from, n);
    m->n += (uint32_t)n;
}

static void put_field(message_t *m, int code, char type, const char *text) {
    const uint32_t length = (uint32_t)strlen(text);
    align(m, 8);
    put_byte(m, code);
    put_byte(m, 1);
    put_byte(m, type);
    put_byte(m, 0);
    if (type == 'g')
        put_byte(m, (int)length);
    else
        put_bytes(m, &length, sizeof length);
    put_bytes(m, text, length + 1);
}

typedef struct call {
    const char *destination, *path, *interface_name, *member, *signature;
} call_t;

/* Sends a method call and waits for its answer: 0, -EPERM for an error answer, or what went wrong on the way. */
static int bus_call(bus_t *bus, uint32_t serial, const call_t *call, const void *body, uint32_t n_body) {
    enum { METHOD_CALL = 1, METHOD_RETURN = 2, ERROR_ANSWER = 3, VERSION = 1 };
    enum { PATH = 1, INTERFACE = 2, MEMBER = 3, DESTINATION = 6, SIGNATURE = 8 };
    const uint16_t one = 1;
    const int order = *(const unsigned char *)&one ? 'l' : 'B';
    message_t m = {{0}, 0};
    uint32_t n_fields;
    int error;
    put_byte(&m, order);
    put_byte(&m, METHOD_CALL);
    put_byte(&m, 0);
    put_byte(&m, VERSION);
    put_bytes(&m, &n_body, 4);
    put_bytes(&m, &serial, 4);
    m.n = 16; /* the fields' length is filled in below */
    put_field(&m, PATH, 'o', call->path);
    put_field(&m, INTERFACE, 's', call->interface_name);
    put_field(&m, MEMBER, 's', call->member);
    put_field(&m, DESTINATION, 's', call->destination);
    if (n_body)
        put_field(&m, SIGNATURE, 'g', call->signature);
    n_fields = m.n - 16;
    memcpy(m.bytes + 12, &n_fields, 4);
    align(&m, 8);
    put_bytes(&m, body, n_body);
    error = bus_send(bus, m.bytes, m.n);
    while (!error) {
        unsigned char head[16], rest[256];
        uint32_t n_rest, n_answer;
        error = bus_receive(bus, head, sizeof head);
        memcpy(&n_answer, head + 4, 4);
        memcpy(&n_fields, head + 12, 4);
        if (error || head[0] != order || n_answer > 65536 || n_fields > 65536)
            return error ? error : -EPROTO_;
        for (n_rest = (n_fields + 7) / 8 * 8 + n_answer; n_rest > 0 && !error;) {
            const uint32_t n = n_rest < sizeof rest ? n_rest : (uint32_t)sizeof rest;
            error = bus_receive(bus, rest, n);
            n_rest -= n;
        }
        /* signals come in between; but never another answer, because only one call is under way */
        if (!error && head[1] == METHOD_RETURN)
            return 0;
        if (!error && head[1] == ERROR_ANSWER)
            return -EPERM_;
    }
    return error;
}

int linux_ask_rtkit(int32_t thread, int32_t nice_level, int32_t timeout_ms) {
    static const call_t hello = {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", ""};
    static const call_t raise = {"org.freedesktop.RealtimeKit1", "/org/freedesktop/RealtimeKit1",
                                 "org.freedesktop.RealtimeKit1", "MakeThreadHighPriority", "ti"};
    unsigned char body[12];
    const uint64_t wide_thread = (uint64_t)thread;
    bus_t bus = {-1, 0};
    int error;
    if (atomic_load_i32(&bus_is_silent))
        return -ETIMEDOUT_;
    bus.end_ns = os_now_ns() + timeout_ms * NS_PER_MS;
    memcpy(body, &wide_thread, 8);
    memcpy(body + 8, &nice_level, 4);
    error = bus_open(&bus);
    if (!error)
        error = bus_call(&bus, 1, &hello, NULL, 0);
    if (!error)
        error = bus_call(&bus, 2, &raise, body, sizeof body);
    if (bus.file >= 0)
        linux_call(LINUX_CLOSE, bus.file, 0, 0, 0, 0, 0);
    if (error && error != -EPERM_)
        atomic_store_i32(&bus_is_silent, 1);
    return error;
}

#else

void linux_find_bus(void) {}

int linux_ask_rtkit(int32_t thread, int32_t nice_level, int32_t timeout_ms) {
    (void)thread, (void)nice_level, (void)timeout_ms;
    return -1;
}

#endif

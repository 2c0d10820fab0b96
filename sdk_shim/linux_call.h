/* linux_call.h: system calls of Linux, with one answer for all: a value, or a negative error number. For Linux itself
 * and for x86-64 Windows code, which Wine runs on Linux without changing the meaning of the instruction; whether it
 * may be used there is found out by linux_is_below (os_linux.h) and nothing else. Where there is no body (MSVC, other
 * machines) LINUX_CALL is 0, and nothing of it is used. */
#ifndef ASIOKIT_LINUX_CALL_H
#define ASIOKIT_LINUX_CALL_H

#include <stdint.h>

#if defined(__linux__)
#define LINUX_CALL 1

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    LINUX_WRITE = SYS_write,
    LINUX_CLOSE = SYS_close,
    LINUX_OPENAT = SYS_openat,
    LINUX_PPOLL = SYS_ppoll,
    LINUX_SOCKET = SYS_socket,
    LINUX_CONNECT = SYS_connect,
    LINUX_SENDTO = SYS_sendto,
    LINUX_RECVFROM = SYS_recvfrom,
    LINUX_GETPRIORITY = SYS_getpriority,
    LINUX_SETPRIORITY = SYS_setpriority,
    LINUX_SCHED_SETSCHEDULER = SYS_sched_setscheduler,
    LINUX_PRCTL = SYS_prctl,
    LINUX_GETTID = SYS_gettid,
    LINUX_CLOCK_GETTIME = SYS_clock_gettime,
    LINUX_CLOCK_NANOSLEEP = SYS_clock_nanosleep,
    LINUX_PRLIMIT64 = SYS_prlimit64
};

static inline intptr_t linux_call(int32_t number, intptr_t a, intptr_t b, intptr_t c, intptr_t d, intptr_t e,
                                  intptr_t f) {
    const intptr_t answer = syscall(number, a, b, c, d, e, f);
    return answer == -1 ? -errno : answer;
}

#elif defined(_WIN32) && defined(__x86_64__) && defined(__GNUC__)
#define LINUX_CALL 1

enum {
    LINUX_WRITE = 1,
    LINUX_CLOSE = 3,
    LINUX_OPENAT = 257,
    LINUX_PPOLL = 271,
    LINUX_SOCKET = 41,
    LINUX_CONNECT = 42,
    LINUX_SENDTO = 44,
    LINUX_RECVFROM = 45,
    LINUX_GETPRIORITY = 140,
    LINUX_SETPRIORITY = 141,
    LINUX_SCHED_SETSCHEDULER = 144,
    LINUX_PRCTL = 157,
    LINUX_GETTID = 186,
    LINUX_CLOCK_GETTIME = 228,
    LINUX_CLOCK_NANOSLEEP = 230,
    LINUX_PRLIMIT64 = 302
};

static inline intptr_t linux_call(int32_t number, intptr_t a, intptr_t b, intptr_t c, intptr_t d, intptr_t e,
                                  intptr_t f) {
    intptr_t answer;
    register intptr_t r10 __asm__("r10") = d;
    register intptr_t r8 __asm__("r8") = e;
    register intptr_t r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(answer)
                     : "a"((intptr_t)number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return answer;
}

#else
#define LINUX_CALL 0
#endif
#endif

/* os_spin.h: the last part of a wait, with the CPU held. */
#ifndef ASIOKIT_OS_SPIN_H
#define ASIOKIT_OS_SPIN_H

#include "os.h"

#if defined(_MSC_VER)
#include <intrin.h>
#endif

static inline void spin_pause(void) {
#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
    _mm_pause();
#elif defined(_MSC_VER)
    __yield();
#elif defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* From now_ns to t_ns, but never longer than spin_ns; the time at its end. */
static inline int64_t spin_until(int64_t t_ns, int64_t now_ns, int64_t spin_ns) {
    const int64_t end_ns = t_ns - now_ns < spin_ns ? t_ns : now_ns + spin_ns;
    while (now_ns < end_ns) {
        spin_pause();
        now_ns = os_now_ns();
    }
    return now_ns;
}

#endif

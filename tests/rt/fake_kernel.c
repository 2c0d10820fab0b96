/* tests: preloaded, a kernel whose limits are what the environment says (KERNEL_RTPRIO, KERNEL_NICE, KERNEL_RTTIME_US):
 * raising limits for real takes rights that few test runs have. What it grants, it only says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static long number_of(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : -1;
}

static long granted(int is_granted) {
    if (is_granted)
        return 0;
    errno = EPERM;
    return -1;
}

long syscall(long number, ...) {
    typedef long (*syscall_fn)(long, ...);
    long a[6];
    va_list list;
    int i;
    va_start(list, number);
    for (i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_prlimit64 && a[3]) {
        const long rttime = number_of("KERNEL_RTTIME_US");
        const long value = a[1] == RLIMIT_RTTIME ? rttime : number_of("KERNEL_RTPRIO");
        uint64_t *limit = (uint64_t *)a[3];
        limit[0] = limit[1] = (uint64_t)value; /* -1: no limit */
        return 0;
    }
    if (number == SYS_sched_setscheduler && (a[1] & 0xFF) == SCHED_FIFO)
        return granted(*(const int *)a[2] <= number_of("KERNEL_RTPRIO"));
    if (number == SYS_setpriority)
        return granted((int)a[2] >= 20 - number_of("KERNEL_NICE"));
    return ((syscall_fn)dlsym(RTLD_NEXT, "syscall"))(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* os_linux.h: what Linux grants a thread that shall wake on time: used by os_posix.c, and by os_windows.c when it runs
 * in Wine. Everything here is a no, and nothing happens, where linux_is_below says so. */
#ifndef ASIOKIT_OS_LINUX_H
#define ASIOKIT_OS_LINUX_H

#include "os.h"

/* Whether Linux answers our system calls: yes on Linux; in Wine if Wine lets them through. Asked once. */
int linux_is_below(void);

/* The best scheduling for the calling thread: SCHED_FIFO, a nice level, rtkit's nice level, a fine timer slack. */
void linux_raise(os_grant_t *grant);

/* What is left where none of that is granted: the fine timer slack. */
void linux_stay_ordinary(os_grant_t *grant);

/* Back to SCHED_OTHER. [any thread; the caller knows that the thread lives] */
void linux_lower(const os_grant_t *grant);

int64_t linux_thread_cpu_ns(int32_t thread); /* used so far by a living thread of ours; 0: the calling one */

int linux_wakeful_open(void); /* holds /dev/cpu_dma_latency at 0: a file, or a negative error number */
void linux_wakeful_close(int file);

/* [rt] Sleeps for duration_ns or until a signal comes. */
void linux_sleep_for(int64_t duration_ns);

/* Asks rtkit to give a thread of this process the nice level. 0 or a negative error number; at most timeout_ms. */
int linux_ask_rtkit(int32_t thread, int32_t nice_level, int32_t timeout_ms);
void linux_find_bus(void); /* reads the environment, once, while no other thread changes it */

/* The list of raised threads is looked at and changed under this lock. */
void os_grants_lock(void);
void os_grants_unlock(void);

#endif

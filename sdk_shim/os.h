/* os.h: what asiokit needs of the operating system, in two bodies: os_posix.c and os_windows.c.
 * Functions marked [rt] may be called by the stream thread: they take no lock, allocate nothing, and make no system
 * call other than the one they are named after. */
#ifndef ASIOKIT_OS_H
#define ASIOKIT_OS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- time ---- */

int64_t os_now_ns(void); /* [rt] monotonic clock, ns: CLOCK_MONOTONIC, QueryPerformanceCounter */

/* [rt] The same instant on the clock that hosts compare time stamps with: on Windows the epoch of timeGetTime (its
 * 32-bit millisecond wrap included) at the resolution of the monotonic clock; on Linux the monotonic clock itself. */
int64_t os_host_time_ns(int64_t t_ns);

/* Follows the slow drift between the two Windows clocks. Called at start and about once a second; nothing on Linux. */
void os_host_time_follow(void);

/* [rt] Sleeps until t_ns on the monotonic clock; returns at once when it has passed. */
void os_sleep_until(int64_t t_ns);

/* Name of the way os_sleep_until waits here: "clock_nanosleep", "waitable timer", "NtDelayExecution". */
const char *os_sleep_method(void);

/* ---- threads ---- */

uint64_t os_thread_id(void); /* [rt] */

/* Starts a detached thread. 0, or the system's error number. */
int os_thread_start(void (*body)(void *), void *argument, const char *name);

enum os_priority { OS_PRIORITY_NORMAL = 0, OS_PRIORITY_RAISED = 1, OS_PRIORITY_REALTIME = 2 };

/* Asks for audio priority for the calling thread: SCHED_FIFO; MMCSS "Pro Audio". Returns what was granted. *token is
 * given back to os_priority_drop on the same thread. */
int os_priority_raise(void **token);
void os_priority_drop(void *token);

/* Keeps the CPU out of deep idle states while at least one stream runs (Linux: /dev/cpu_dma_latency). Counted; a
 * refusal is silent. Returns 1 while the hold is in force. Control threads only. */
int os_wakeful_acquire(void);
void os_wakeful_release(void);

/* ---- waiting for each other ---- */

typedef struct os_event os_event_t; /* auto-reset: one set, one wait */
os_event_t *os_event_new(void);
void os_event_free(os_event_t *event);
void os_event_set(os_event_t *event);                     /* [rt] */
int os_event_wait(os_event_t *event, int64_t timeout_ns); /* 1 = was set, 0 = timed out; negative timeout: no limit */

typedef struct os_mutex os_mutex_t; /* recursive */
os_mutex_t *os_mutex_new(void);
void os_mutex_free(os_mutex_t *mutex);
void os_mutex_lock(os_mutex_t *mutex);
int os_mutex_try_lock(os_mutex_t *mutex); /* 1 = got it */
void os_mutex_unlock(os_mutex_t *mutex);

/* ---- memory ---- */

void *os_pages_new(size_t n_bytes); /* zeroed, page-aligned, touched, kept in memory where permitted; NULL if none */
void os_pages_free(void *pages, size_t n_bytes);

#ifdef __cplusplus
}
#endif
#endif

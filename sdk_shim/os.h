/* os.h: what asiokit needs of the operating system, in two bodies: os_posix.c and os_windows.c. What they share,
 * because Wine runs on Linux, stands in os_linux.c. Functions marked [rt] may be called by the stream thread: they take
 * no lock, allocate nothing, and make no system call other than the one they are named after. */
#ifndef ASIOKIT_OS_H
#define ASIOKIT_OS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Before all else: reads the environment and chooses what depends on the system found at run time. Again: nothing. */
void os_begin(void);

/* ---- time ---- */

int64_t os_now_ns(void); /* [rt] monotonic clock, ns: CLOCK_MONOTONIC, QueryPerformanceCounter */

/* [rt] The same instant on the clock that hosts compare time stamps with: on Windows the epoch of timeGetTime (its
 * 32-bit millisecond wrap included) at the resolution of the monotonic clock; on Linux the monotonic clock itself. */
int64_t os_host_time_ns(int64_t t_ns);

/* Follows the slow drift between the two Windows clocks. Called at start and about once a second; nothing on Linux. */
void os_host_time_follow(void);

/* [rt] Sleeps until t_ns on the monotonic clock; at once when it has passed. Returns the time, so that the caller need
 * not ask for it again. */
int64_t os_sleep_until(int64_t t_ns);

/* [rt] The same, but sleeps only until t_ns - spin_ns and waits for the rest with the CPU held. The spin ends after
 * spin_ns whatever the clock says: then the time returned may lie before t_ns. */
int64_t os_sleep_spin_until(int64_t t_ns, int64_t spin_ns);

/* How os_sleep_until waits here: "clock_nanosleep", "waitable timer", "NtDelayExecution", ... */
const char *os_sleep_method(void);

/* ---- threads ---- */

uint64_t os_thread_id(void); /* [rt] */

/* Starts a detached thread. 0, or the system's error number. */
int os_thread_start(void (*body)(void *), void *argument, const char *name);

int64_t os_thread_cpu_ns(void); /* [rt] what the calling thread has used of a CPU */

/* What a thread got that asked for audio priority, best last. */
enum os_grant_kind {
    OS_GRANT_NONE = 0,      /* it has not asked */
    OS_GRANT_LOWERED,       /* taken away: its callback did not come back */
    OS_GRANT_ORDINARY,      /* Linux: SCHED_OTHER, its sleeps not rounded */
    OS_GRANT_TIME_CRITICAL, /* Windows without MMCSS */
    OS_GRANT_RTKIT,         /* level: nice, granted by rtkit */
    OS_GRANT_NICE,          /* level: nice */
    OS_GRANT_FIFO,          /* level: SCHED_FIFO priority */
    OS_GRANT_MMCSS
};

/* As one number, so that it is read whole: kind, a flag, level. */
#define OS_GRANT_WORD(kind, level) ((kind) | (int32_t)((uint32_t)(level) << 16))
#define OS_GRANT_KIND(word) ((word) & 0xFF)
#define OS_GRANT_LEVEL(word) ((word) >> 16)
#define OS_GRANT_BELOW_WINE 0x100 /* granted by the Linux that Wine runs on */

/* A raised thread, from os_priority_raise to os_priority_drop. */
typedef struct os_grant {
    int32_t word;
    int32_t thread;          /* the kernel's number of it */
    int32_t *told;           /* atomic: gets the word whenever it changes */
    const int64_t *progress; /* atomic: another value each time the thread has gone on */
    int64_t seen_progress;
    int64_t seen_ns;
    int64_t seen_cpu_ns;
    void *task; /* MMCSS */
    struct os_grant *next;
} os_grant_t;

/* Asks for audio priority for the calling thread: SCHED_FIFO, or what is next best; MMCSS "Pro Audio". At most a
 * quarter of a second. Dropped by the same thread, at its end. */
void os_priority_raise(os_grant_t *grant, int32_t *told, const int64_t *progress);
void os_priority_drop(os_grant_t *grant);

/* As if nothing had been granted, for measurements: the calling thread as a user without rights has it. Not dropped. */
void os_priority_ordinary(int32_t *told);

/* Makes a real-time thread an ordinary one; nothing if it has ended. 1 = done. [any other thread] */
int os_priority_lower(os_grant_t *grant);

/* The same for each that has run for a second without going on; called about once a second. How many there were. On
 * Windows there is nothing to do: MMCSS keeps a part of each CPU for others. [any thread but raised ones] */
int os_priority_watch(void);

/* For the two bodies of os_priority_raise and os_priority_drop. */
void os_grant_add(os_grant_t *grant, int32_t *told, const int64_t *progress);
void os_grant_remove(os_grant_t *grant);

/* Keeps the CPU out of deep idle states while at least one stream runs (Linux: /dev/cpu_dma_latency). Counted; a
 * refusal is silent. Returns 1 while the hold is in force (Windows proper: the 1 ms timer). Control threads only. */
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

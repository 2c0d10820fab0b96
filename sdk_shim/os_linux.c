/* os_linux.c: os_linux.h. The same lines run on Linux and in Wine, where they are Windows code that asks the kernel
 * below (docs/decisions/0007). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "os_linux.h"

#include <string.h>

#include "atomic.h"
#include "linux_call.h"

#if LINUX_CALL

#define NS_PER_S 1000000000LL
#define US_PER_S 1000000LL

enum {
    /* above ordinary real-time users, below the kernel's interrupt threads' watchdogs */
    FIFO_PRIORITY = 70,
    NICE_LEVEL = -11, /* what sound servers ask for; rtkit grants down to -15 unless told otherwise */
    RTKIT_TIMEOUT_MS = 250,
    SCHED_OTHER_ = 0,
    SCHED_FIFO_ = 1,
    SCHED_RESET_ON_FORK_ = 0x40000000, /* a child that the host makes in its callback starts as an ordinary one */
    RLIMIT_RTPRIO_ = 14,
    RLIMIT_RTTIME_ = 15,
    PR_SET_TIMERSLACK_ = 29,
    AT_FDCWD_ = -100,
    O_WRONLY_CLOEXEC_ = 01 | 02000000,
    CLOCK_MONOTONIC_ = 1,
    CLOCK_THREAD_CPUTIME_ID_ = 3
};

struct linux_time {
    intptr_t s;
    intptr_t ns;
};

struct linux_limit {
    uint64_t soft;
    uint64_t hard;
};

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

typedef void(__cdecl *host_version_fn)(const char **system, const char **release);

/* A Wine that reads direct system calls as Windows ones has its own answer to a number that neither table has; only
 * Linux answers "no such call". Other systems would kill the process for it, so they are ruled out by name first. */
int linux_is_below(void) {
    enum { NO_SUCH_CALL = 0xF39, ENOSYS_ = 38 };
    static volatile int32_t known; /* 1 = no, 2 = yes */
    int32_t answer = atomic_load_i32(&known);
    if (!answer) {
        HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
        host_version_fn version =
            ntdll ? (host_version_fn)(void *)GetProcAddress(ntdll, "wine_get_host_version") : NULL;
        const char *name = NULL, *release = NULL;
        if (version)
            version(&name, &release);
        answer = name && strcmp(name, "Linux") == 0 && linux_call(NO_SUCH_CALL, 0, 0, 0, 0, 0, 0) == -ENOSYS_ ? 2 : 1;
        atomic_store_i32(&known, answer);
    }
    return answer == 2;
}

#else

int linux_is_below(void) { return 1; }

#endif

static int set_scheduler(int32_t thread, int32_t policy, int32_t priority) {
    const int32_t parameter = priority;
    return linux_call(LINUX_SCHED_SETSCHEDULER, thread, policy | SCHED_RESET_ON_FORK_, (intptr_t)&parameter, 0, 0, 0) ==
           0;
}

static struct linux_limit limit_of(int32_t which) {
    struct linux_limit limit = {0, 0};
    linux_call(LINUX_PRLIMIT64, 0, which, 0, (intptr_t)&limit, 0, 0);
    return limit;
}

static void got(os_grant_t *grant, int32_t kind, int32_t level) {
    grant->word = OS_GRANT_WORD(kind, level);
#ifdef _WIN32
    grant->word |= OS_GRANT_BELOW_WINE;
#endif
}

/* A process whose real-time threads are killed when they run too long without sleeping (RLIMIT_RTTIME, set by others)
 * gets none of us: a callback that hangs would take the host with it before our watch sees it. */
static int raise_fifo(os_grant_t *grant) {
    const uint64_t allowed = limit_of(RLIMIT_RTPRIO_).soft;
    if (limit_of(RLIMIT_RTTIME_).soft < 3 * US_PER_S)
        return 0;
    if (set_scheduler(0, SCHED_FIFO_, FIFO_PRIORITY)) {
        got(grant, OS_GRANT_FIFO, FIFO_PRIORITY);
        return 1;
    }
    if (allowed < 1 || allowed >= FIFO_PRIORITY || !set_scheduler(0, SCHED_FIFO_, (int32_t)allowed))
        return 0;
    got(grant, OS_GRANT_FIFO, (int32_t)allowed);
    return 1;
}

static int32_t nice_level(void) { return 20 - (int32_t)linux_call(LINUX_GETPRIORITY, 0, 0, 0, 0, 0, 0); }

static int raise_nice(os_grant_t *grant) {
    const int32_t before = nice_level();
    int32_t level = before < NICE_LEVEL ? before : NICE_LEVEL;
    set_scheduler(0, SCHED_OTHER_, 0); /* for the children: it may well be that already */
    if (linux_call(LINUX_SETPRIORITY, 0, 0, level, 0, 0, 0) == 0) {
        got(grant, OS_GRANT_NICE, level);
        return 1;
    }
    linux_ask_rtkit(grant->thread, level, RTKIT_TIMEOUT_MS);
    if (nice_level() >= before)
        return 0;
    got(grant, OS_GRANT_RTKIT, nice_level());
    return 1;
}

/* The sleep of any but a real-time thread may otherwise end 50 us late; a change of policy would undo it. */
static void fine_slack(void) { linux_call(LINUX_PRCTL, PR_SET_TIMERSLACK_, 1, 0, 0, 0, 0); }

void linux_raise(os_grant_t *grant) {
    grant->thread = (int32_t)linux_call(LINUX_GETTID, 0, 0, 0, 0, 0, 0);
    if (raise_fifo(grant))
        return;
    if (!raise_nice(grant))
        got(grant, OS_GRANT_ORDINARY, 0);
    fine_slack();
}

void linux_stay_ordinary(os_grant_t *grant) {
    got(grant, OS_GRANT_ORDINARY, 0);
    fine_slack();
}

void linux_lower(const os_grant_t *grant) { set_scheduler(grant->thread, SCHED_OTHER_, 0); }

int64_t linux_thread_cpu_ns(int32_t thread) {
    /* the clock of a thread is made of its number (clock_getcpuclockid does the same) */
    const int32_t clock = thread ? (int32_t)(~(uint32_t)thread << 3 | 6) : CLOCK_THREAD_CPUTIME_ID_;
    struct linux_time t = {0, 0};
    linux_call(LINUX_CLOCK_GETTIME, clock, (intptr_t)&t, 0, 0, 0, 0);
    return (int64_t)t.s * NS_PER_S + t.ns;
}

int linux_wakeful_open(void) {
    const int32_t none_us = 0;
    const intptr_t file =
        linux_call(LINUX_OPENAT, AT_FDCWD_, (intptr_t)"/dev/cpu_dma_latency", O_WRONLY_CLOEXEC_, 0, 0, 0);
    if (file >= 0 && linux_call(LINUX_WRITE, file, (intptr_t)&none_us, sizeof none_us, 0, 0, 0) != sizeof none_us) {
        linux_call(LINUX_CLOSE, file, 0, 0, 0, 0, 0);
        return -1;
    }
    return (int)file;
}

void linux_wakeful_close(int file) { linux_call(LINUX_CLOSE, file, 0, 0, 0, 0, 0); }

void linux_sleep_for(int64_t duration_ns) {
    const struct linux_time t = {(intptr_t)(duration_ns / NS_PER_S), (intptr_t)(duration_ns % NS_PER_S)};
    linux_call(LINUX_CLOCK_NANOSLEEP, CLOCK_MONOTONIC_, 0, (intptr_t)&t, 0, 0, 0);
}

#else /* a Windows build that can't ask the system below */

int linux_is_below(void) { return 0; }
void linux_raise(os_grant_t *grant) { (void)grant; }
void linux_stay_ordinary(os_grant_t *grant) { (void)grant; }
void linux_lower(const os_grant_t *grant) { (void)grant; }
int64_t linux_thread_cpu_ns(int32_t thread) { return (void)thread, 0; }
int linux_wakeful_open(void) { return -1; }
void linux_wakeful_close(int file) { (void)file; }
void linux_sleep_for(int64_t duration_ns) { (void)duration_ns; }

#endif

/* ---- the raised threads, so that one whose callback never comes back can't keep a CPU for itself ---- */

/* The longest period, 8192 frames at 8 kHz, is 1.02 s: there a callback may take most of a second and be in time. */
#define HUNG_NS 1000000000LL
#define HUNG_CPU_NS (HUNG_NS * 3 / 4)

static os_grant_t *grants;

static void tell(const os_grant_t *grant) {
    if (grant->told)
        atomic_store_i32(grant->told, grant->word);
}

void os_grant_add(os_grant_t *grant, int32_t *told, const int64_t *progress) {
    grant->told = told;
    grant->progress = progress;
    grant->seen_progress = -1;
    tell(grant);
    os_grants_lock();
    grant->next = grants;
    grants = grant;
    os_grants_unlock();
}

void os_grant_remove(os_grant_t *grant) {
    os_grant_t **at;
    os_grants_lock();
    for (at = &grants; *at; at = &(*at)->next) {
        if (*at == grant) {
            *at = grant->next;
            break;
        }
    }
    os_grants_unlock();
}

static int is_realtime(const os_grant_t *grant) {
    return linux_is_below() && OS_GRANT_KIND(grant->word) == OS_GRANT_FIFO;
}

static void lower(os_grant_t *grant) {
    linux_lower(grant);
    grant->word = OS_GRANT_WORD(OS_GRANT_LOWERED, 0) | (grant->word & OS_GRANT_BELOW_WINE);
    tell(grant);
}

int os_priority_lower(os_grant_t *grant) {
    os_grant_t *at;
    int done = 0;
    os_grants_lock();
    for (at = grants; at && at != grant; at = at->next) {
    }
    if (at && is_realtime(at)) { /* in the list: its thread has not ended, and can't while we hold the lock */
        lower(at);
        done = 1;
    }
    os_grants_unlock();
    return done;
}

int os_priority_watch(void) {
    const int64_t now_ns = os_now_ns();
    os_grant_t *at;
    int n_lowered = 0;
    os_grants_lock();
    for (at = grants; at; at = at->next) {
        int64_t progress, cpu_ns;
        if (!is_realtime(at))
            continue;
        progress = atomic_load_relaxed_i64(at->progress);
        cpu_ns = linux_thread_cpu_ns(at->thread);
        if (progress != at->seen_progress) {
            at->seen_progress = progress;
            at->seen_ns = now_ns;
            at->seen_cpu_ns = cpu_ns;
        } else if (now_ns - at->seen_ns >= HUNG_NS && cpu_ns - at->seen_cpu_ns >= HUNG_CPU_NS) {
            /* no edge was waited for, and it was not asleep either */
            lower(at);
            n_lowered++;
        }
    }
    os_grants_unlock();
    return n_lowered;
}

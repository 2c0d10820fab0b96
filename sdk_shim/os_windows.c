/* os_windows.c: os.h for Windows, and for Wine, which is asked at run time which it is (docs/decisions/0004). */
#include "os.h"

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#include <windows.h>
#include <timeapi.h>

#include <process.h>
#include <stdlib.h>

#include "atomic.h"
#include "os_linux.h"
#include "os_spin.h"

#define NS_PER_S 1000000000LL
#define NS_PER_MS 1000000LL

/* ---- time ---- */

static int64_t counter_hz(void) {
    static volatile int64_t hz;
    int64_t known = atomic_load_relaxed_i64(&hz);
    if (!known) {
        LARGE_INTEGER value;
        QueryPerformanceFrequency(&value);
        known = value.QuadPart;
        atomic_store_relaxed_i64(&hz, known);
    }
    return known;
}

int64_t os_now_ns(void) {
    const int64_t hz = counter_hz();
    LARGE_INTEGER count;
    QueryPerformanceCounter(&count);
    if (hz == 10000000) /* every Windows since 10, and Wine */
        return count.QuadPart * 100;
    return count.QuadPart / hz * NS_PER_S + count.QuadPart % hz * NS_PER_S / hz;
}

/* timeGetTime truncates to its tick, so (timeGetTime - monotonic) is never above the true difference and reaches it
 * just after a tick. The largest difference seen is the best estimate; it is let down slowly, so that a real drift
 * between the clocks is followed, and the stamps of two blocks never step back. */
static volatile int64_t host_offset_ns;
static volatile int32_t host_offset_known;

static int64_t offset_now(void) {
    int64_t before = os_now_ns();
    int64_t host = (int64_t)timeGetTime() * NS_PER_MS;
    int64_t after = os_now_ns();
    return host - (before + (after - before) / 2);
}

#define HOST_WRAP_NS (4294967296LL * NS_PER_MS)

void os_host_time_follow(void) {
    int64_t best = offset_now(), known;
    int i;
    for (i = 0; i < 64; i++) {
        int64_t seen = offset_now();
        if (seen > best)
            best = seen;
    }
    known = atomic_load_i64(&host_offset_ns);
    if (!atomic_load_i32(&host_offset_known)) {
        /* the first time: watch one whole tick of timeGetTime, at most 20 ms */
        const DWORD tick = timeGetTime();
        const int64_t end = os_now_ns() + 20 * NS_PER_MS;
        while (timeGetTime() == tick && os_now_ns() < end)
            SwitchToThread();
        known = offset_now();
        atomic_store_i64(&host_offset_ns, known > best ? known : best);
        atomic_store_i32(&host_offset_known, 1);
        return;
    }
    if (best - known < -HOST_WRAP_NS / 2) /* timeGetTime has wrapped; os_host_time_ns wraps by itself */
        best += HOST_WRAP_NS;
    if (best > known) {
        atomic_store_i64(&host_offset_ns, best);
    } else if (known - best > 2 * NS_PER_MS) {
        /* more than a tick behind: the clocks have drifted. Let down by less than the shortest period, once a second */
        static volatile int64_t let_down_ns;
        const int64_t last = atomic_load_i64(&let_down_ns), now = os_now_ns();
        if (now - last >= NS_PER_S && atomic_cas_i64(&let_down_ns, last, now))
            atomic_store_i64(&host_offset_ns, known - 20000);
    }
}

int64_t os_host_time_ns(int64_t t_ns) {
    int64_t host = t_ns + atomic_load_relaxed_i64(&host_offset_ns);
    while (host >= HOST_WRAP_NS)
        host -= HOST_WRAP_NS;
    return host;
}

/* ---- the wait of the cycle ---- */

typedef LONG(NTAPI *nt_delay_fn)(BOOLEAN alertable, LARGE_INTEGER *interval);

static nt_delay_fn nt_delay; /* set in Wine only */
static int waits_below;      /* in Wine: by a system call of the Linux below */
static DWORD timer_slot = TLS_OUT_OF_INDEXES;

void os_begin(void) {
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    if (timer_slot != TLS_OUT_OF_INDEXES)
        return;
    /* in Wine a waitable timer ends 20 to 50 times later than the same kernel can do: docs/decisions/0004 */
    if (ntdll && GetProcAddress(ntdll, "wine_get_version"))
        nt_delay = (nt_delay_fn)(void *)GetProcAddress(ntdll, "NtDelayExecution");
    waits_below = linux_is_below();
    linux_find_bus();
    timer_slot = TlsAlloc();
}

#ifndef CREATE_WAITABLE_TIMER_HIGH_RESOLUTION
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 0x00000002
#endif

/* One timer a thread, made when the thread raises its priority, closed when it drops it. */
static HANDLE thread_timer(void) {
    HANDLE timer = TlsGetValue(timer_slot);
    if (!timer) {
        timer = CreateWaitableTimerExW(NULL, NULL, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, TIMER_ALL_ACCESS);
        if (!timer)
            timer = CreateWaitableTimerExW(NULL, NULL, 0, TIMER_ALL_ACCESS);
        TlsSetValue(timer_slot, timer);
    }
    return timer;
}

int64_t os_sleep_until(int64_t t_ns) {
    int64_t now_ns = os_now_ns();
    for (; now_ns < t_ns; now_ns = os_now_ns()) { /* once more after a signal, or when two clocks disagree */
        LARGE_INTEGER due;                        /* negative: relative, in 100 ns */
        due.QuadPart = -((t_ns - now_ns + 99) / 100);
        if (waits_below) {
            linux_sleep_for(t_ns - now_ns);
        } else if (nt_delay) {
            nt_delay(FALSE, &due);
        } else {
            HANDLE timer = thread_timer();
            if (timer && SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE))
                WaitForSingleObject(timer, INFINITE);
            else
                Sleep((DWORD)((t_ns - now_ns) / NS_PER_MS + 1));
        }
    }
    return now_ns;
}

int64_t os_sleep_spin_until(int64_t t_ns, int64_t spin_ns) {
    return spin_until(t_ns, os_sleep_until(t_ns - spin_ns), spin_ns);
}

const char *os_sleep_method(void) {
    if (waits_below)
        return "clock_nanosleep (Linux below Wine)";
    return nt_delay ? "NtDelayExecution" : "waitable timer";
}

/* ---- threads ---- */

uint64_t os_thread_id(void) { return GetCurrentThreadId(); }

struct thread_start {
    void (*body)(void *);
    void *argument;
};

static unsigned __stdcall thread_main(void *pointer) {
    struct thread_start start = *(struct thread_start *)pointer;
    HANDLE timer;
    free(pointer);
    start.body(start.argument);
    if (timer_slot != TLS_OUT_OF_INDEXES && (timer = TlsGetValue(timer_slot)) != NULL) {
        TlsSetValue(timer_slot, NULL);
        CloseHandle(timer);
    }
    return 0;
}

int os_thread_start(void (*body)(void *), void *argument, const char *name) {
    struct thread_start *start = malloc(sizeof *start);
    uintptr_t thread;
    (void)name;
    if (!start)
        return ERROR_NOT_ENOUGH_MEMORY;
    start->body = body;
    start->argument = argument;
    thread = _beginthreadex(NULL, 0, thread_main, start, 0, NULL);
    if (!thread) {
        free(start);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    CloseHandle((HANDLE)thread);
    return 0;
}

int64_t os_thread_cpu_ns(void) {
    FILETIME made, ended, kernel, user;
    if (linux_is_below())
        return linux_thread_cpu_ns(0);
    if (!GetThreadTimes(GetCurrentThread(), &made, &ended, &kernel, &user))
        return 0;
    return ((((int64_t)kernel.dwHighDateTime << 32) | kernel.dwLowDateTime) +
            (((int64_t)user.dwHighDateTime << 32) | user.dwLowDateTime)) *
           100;
}

typedef HANDLE(WINAPI *mmcss_set_fn)(LPCWSTR task, LPDWORD index);
typedef BOOL(WINAPI *mmcss_priority_fn)(HANDLE task, int priority);
typedef BOOL(WINAPI *mmcss_revert_fn)(HANDLE task);

static mmcss_set_fn mmcss_set;
static mmcss_priority_fn mmcss_priority;
static mmcss_revert_fn mmcss_revert;
static INIT_ONCE mmcss_once = INIT_ONCE_STATIC_INIT;

static BOOL CALLBACK find_mmcss(PINIT_ONCE once, PVOID parameter, PVOID *context) {
    HMODULE avrt = LoadLibraryExW(L"avrt.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    (void)once, (void)parameter, (void)context;
    if (avrt) {
        mmcss_set = (mmcss_set_fn)(void *)GetProcAddress(avrt, "AvSetMmThreadCharacteristicsW");
        mmcss_priority = (mmcss_priority_fn)(void *)GetProcAddress(avrt, "AvSetMmThreadPriority");
        mmcss_revert = (mmcss_revert_fn)(void *)GetProcAddress(avrt, "AvRevertMmThreadCharacteristics");
    }
    return TRUE;
}

void os_priority_raise(os_grant_t *grant, int32_t *told, const int64_t *progress) {
    enum { AVRT_CRITICAL = 2 };
    DWORD index = 0;
    /* before MMCSS, whose priority then stands above it, and which gives this one back when it is left */
    const int is_critical = SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL) != 0;
    InitOnceExecuteOnce(&mmcss_once, find_mmcss, NULL, NULL);
    if (mmcss_set && mmcss_revert)
        grant->task = mmcss_set(L"Pro Audio", &index);
    if (grant->task && mmcss_priority)
        mmcss_priority(grant->task, AVRT_CRITICAL);
    if (linux_is_below())
        linux_raise(grant);
    else if (nt_delay) /* Wine takes both requests and does nothing */
        grant->word = OS_GRANT_WORD(OS_GRANT_ORDINARY, 0) | OS_GRANT_BELOW_WINE;
    else if (grant->task)
        grant->word = OS_GRANT_WORD(OS_GRANT_MMCSS, 0);
    else
        grant->word = OS_GRANT_WORD(is_critical ? OS_GRANT_TIME_CRITICAL : OS_GRANT_NONE, 0);
    os_grant_add(grant, told, progress);
}

void os_priority_ordinary(int32_t *told) {
    os_grant_t grant = {0};
    if (linux_is_below())
        linux_stay_ordinary(&grant);
    *told = grant.word;
}

void os_priority_drop(os_grant_t *grant) {
    os_grant_remove(grant);
    if (grant->task && mmcss_revert)
        mmcss_revert(grant->task);
}

static SRWLOCK grants_lock = SRWLOCK_INIT;

void os_grants_lock(void) { AcquireSRWLockExclusive(&grants_lock); }

void os_grants_unlock(void) { ReleaseSRWLockExclusive(&grants_lock); }

/* The 1 ms timer period sharpens timeGetTime, which hosts compare our time stamps with; in Wine it is that anyway. */
static SRWLOCK wakeful_lock = SRWLOCK_INIT;
static int wakeful_users, wakeful_file = -1;

int os_wakeful_acquire(void) {
    const int has_period = timeBeginPeriod(1) == TIMERR_NOERROR;
    int held;
    AcquireSRWLockExclusive(&wakeful_lock);
    if (wakeful_users++ == 0 && linux_is_below())
        wakeful_file = linux_wakeful_open();
    held = nt_delay ? wakeful_file >= 0 : has_period;
    ReleaseSRWLockExclusive(&wakeful_lock);
    return held;
}

void os_wakeful_release(void) {
    timeEndPeriod(1);
    AcquireSRWLockExclusive(&wakeful_lock);
    if (--wakeful_users == 0 && wakeful_file >= 0) {
        linux_wakeful_close(wakeful_file);
        wakeful_file = -1;
    }
    ReleaseSRWLockExclusive(&wakeful_lock);
}

/* ---- events: an address wait; kernel events cost 35 us through Wine's server ---- */

struct os_event {
    int32_t is_set;
};

os_event_t *os_event_new(void) { return calloc(1, sizeof(os_event_t)); }

void os_event_free(os_event_t *event) { free(event); }

void os_event_set(os_event_t *event) {
    if (atomic_exchange_i32(&event->is_set, 1) == 0)
        WakeByAddressSingle(&event->is_set);
}

int os_event_wait(os_event_t *event, int64_t timeout_ns) {
    const int64_t end_ns = os_now_ns() + timeout_ns;
    while (!atomic_cas_i32(&event->is_set, 1, 0)) {
        int32_t unset = 0;
        DWORD wait_ms = INFINITE;
        if (timeout_ns >= 0) {
            int64_t left = end_ns - os_now_ns();
            if (left <= 0)
                return 0;
            wait_ms = (DWORD)((left + NS_PER_MS - 1) / NS_PER_MS);
        }
        WaitOnAddress(&event->is_set, &unset, sizeof unset, wait_ms);
    }
    return 1;
}

/* ---- mutex ---- */

struct os_mutex {
    CRITICAL_SECTION section;
};

os_mutex_t *os_mutex_new(void) {
    os_mutex_t *self = malloc(sizeof *self);
    if (self)
        InitializeCriticalSection(&self->section);
    return self;
}

void os_mutex_free(os_mutex_t *mutex) {
    if (mutex)
        DeleteCriticalSection(&mutex->section);
    free(mutex);
}

void os_mutex_lock(os_mutex_t *mutex) { EnterCriticalSection(&mutex->section); }

int os_mutex_try_lock(os_mutex_t *mutex) { return TryEnterCriticalSection(&mutex->section) != 0; }

void os_mutex_unlock(os_mutex_t *mutex) { LeaveCriticalSection(&mutex->section); }

/* ---- memory ---- */

void *os_pages_new(size_t n_bytes) {
    void *pages = VirtualAlloc(NULL, n_bytes ? n_bytes : 1, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (pages) {
        size_t i;
        for (i = 0; i < n_bytes; i += 4096)
            ((volatile char *)pages)[i] = 0;
        VirtualLock(pages, n_bytes ? n_bytes : 1);
    }
    return pages;
}

void os_pages_free(void *pages, size_t n_bytes) {
    (void)n_bytes;
    if (pages)
        VirtualFree(pages, 0, MEM_RELEASE);
}

#endif

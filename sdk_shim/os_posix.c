/* os_posix.c: os.h for Linux. */
#define _GNU_SOURCE
#include "os.h"

#ifndef _WIN32

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "atomic.h"
#include "os_linux.h"
#include "os_spin.h"

#define NS_PER_S 1000000000LL

void os_begin(void) { linux_find_bus(); }

static struct timespec timespec_from_ns(int64_t t_ns) {
    struct timespec t = {(time_t)(t_ns / NS_PER_S), (long)(t_ns % NS_PER_S)};
    return t;
}

int64_t os_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t os_host_time_ns(int64_t t_ns) { return t_ns; }

void os_host_time_follow(void) {}

int64_t os_sleep_until(int64_t t_ns) {
    struct timespec t = timespec_from_ns(t_ns);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
    }
    return os_now_ns();
}

int64_t os_sleep_spin_until(int64_t t_ns, int64_t spin_ns) {
    return spin_until(t_ns, os_sleep_until(t_ns - spin_ns), spin_ns);
}

const char *os_sleep_method(void) { return "clock_nanosleep"; }

/* ---- threads ---- */

uint64_t os_thread_id(void) {
    /* the address of a thread-local is as unique as a tid among living threads, and costs no system call */
    static __thread char own;
    return (uint64_t)(uintptr_t)&own;
}

struct thread_start {
    void (*body)(void *);
    void *argument;
    char name[16];
};

static void *thread_main(void *pointer) {
    struct thread_start start = *(struct thread_start *)pointer;
    free(pointer);
    pthread_setname_np(pthread_self(), start.name);
    start.body(start.argument);
    return NULL;
}

int os_thread_start(void (*body)(void *), void *argument, const char *name) {
    struct thread_start *start = malloc(sizeof *start);
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;
    int error;
    if (!start)
        return ENOMEM;
    start->body = body;
    start->argument = argument;
    strncpy(start->name, name, sizeof start->name - 1);
    start->name[sizeof start->name - 1] = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    /* the host's signals are for the host's threads */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, thread_main, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error)
        free(start);
    return error;
}

int64_t os_thread_cpu_ns(void) { return linux_thread_cpu_ns(0); }

void os_priority_raise(os_grant_t *grant, int32_t *told, const int64_t *progress) {
    linux_raise(grant);
    os_grant_add(grant, told, progress);
}

void os_priority_ordinary(int32_t *told) {
    os_grant_t grant = {0};
    linux_stay_ordinary(&grant);
    *told = grant.word;
}

void os_priority_drop(os_grant_t *grant) { os_grant_remove(grant); /* the thread ends right after */ }

static pthread_mutex_t grants_lock = PTHREAD_MUTEX_INITIALIZER;

void os_grants_lock(void) { pthread_mutex_lock(&grants_lock); }

void os_grants_unlock(void) { pthread_mutex_unlock(&grants_lock); }

static pthread_mutex_t wakeful_lock = PTHREAD_MUTEX_INITIALIZER;
static int wakeful_users, wakeful_file = -1;

int os_wakeful_acquire(void) {
    int held;
    pthread_mutex_lock(&wakeful_lock);
    if (wakeful_users++ == 0)
        wakeful_file = linux_wakeful_open();
    held = wakeful_file >= 0;
    pthread_mutex_unlock(&wakeful_lock);
    return held;
}

void os_wakeful_release(void) {
    pthread_mutex_lock(&wakeful_lock);
    if (--wakeful_users == 0 && wakeful_file >= 0) {
        linux_wakeful_close(wakeful_file);
        wakeful_file = -1;
    }
    pthread_mutex_unlock(&wakeful_lock);
}

/* ---- events: a futex, so that setting one from the stream thread takes no lock ---- */

struct os_event {
    int32_t is_set;
};

os_event_t *os_event_new(void) { return calloc(1, sizeof(os_event_t)); }

void os_event_free(os_event_t *event) { free(event); }

void os_event_set(os_event_t *event) {
    if (atomic_exchange_i32(&event->is_set, 1) == 0)
        syscall(SYS_futex, &event->is_set, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

int os_event_wait(os_event_t *event, int64_t timeout_ns) {
    const int64_t end_ns = timeout_ns < 0 ? 0 : os_now_ns() + timeout_ns;
    const struct timespec end = timespec_from_ns(end_ns);
    while (!atomic_cas_i32(&event->is_set, 1, 0)) {
        long answer = syscall(SYS_futex, &event->is_set, FUTEX_WAIT_BITSET_PRIVATE, 0, timeout_ns < 0 ? NULL : &end,
                              NULL, FUTEX_BITSET_MATCH_ANY);
        if (answer != 0 && errno == ETIMEDOUT)
            return atomic_cas_i32(&event->is_set, 1, 0);
    }
    return 1;
}

/* ---- mutex ---- */

struct os_mutex {
    pthread_mutex_t mutex;
};

os_mutex_t *os_mutex_new(void) {
    os_mutex_t *self = malloc(sizeof *self);
    pthread_mutexattr_t attributes;
    if (!self)
        return NULL;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&self->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return self;
}

void os_mutex_free(os_mutex_t *mutex) {
    if (mutex)
        pthread_mutex_destroy(&mutex->mutex);
    free(mutex);
}

void os_mutex_lock(os_mutex_t *mutex) { pthread_mutex_lock(&mutex->mutex); }

int os_mutex_try_lock(os_mutex_t *mutex) { return pthread_mutex_trylock(&mutex->mutex) == 0; }

void os_mutex_unlock(os_mutex_t *mutex) { pthread_mutex_unlock(&mutex->mutex); }

/* ---- memory ---- */

static size_t round_to_pages(size_t n_bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (n_bytes + page - 1) / page * page;
}

void *os_pages_new(size_t n_bytes) {
    size_t n = round_to_pages(n_bytes ? n_bytes : 1);
    void *pages = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    memset(pages, 0, n); /* every page exists before the stream thread sees it */
    mlock(pages, n);     /* best effort: RLIMIT_MEMLOCK may say no */
    return pages;
}

void os_pages_free(void *pages, size_t n_bytes) {
    if (pages)
        munmap(pages, round_to_pages(n_bytes ? n_bytes : 1));
}

#endif

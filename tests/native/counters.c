/* counters.c: preloaded before everything else, it counts what each thread asks of the allocator and of locks, and
 * writes the counts of the calling thread down when it is called. Linux, glibc. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* one for each thread, and in memory that needs no allocation itself */
static __thread int64_t n_allocations __attribute__((tls_model("initial-exec")));
static __thread int64_t n_locks __attribute__((tls_model("initial-exec")));

/* what asiokit's own event is made of: counted apart, as a wake-up that the stream thread may give */
static __thread int64_t n_syscalls __attribute__((tls_model("initial-exec")));

static __thread int64_t n_clock_reads __attribute__((tls_model("initial-exec")));

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

#define EXPORT __attribute__((visibility("default")))

EXPORT void *malloc(size_t n) {
    n_allocations++;
    return __libc_malloc(n);
}

EXPORT void *calloc(size_t n, size_t size) {
    n_allocations++;
    return __libc_calloc(n, size);
}

EXPORT void *realloc(void *p, size_t n) {
    n_allocations++;
    return __libc_realloc(p, n);
}

EXPORT void *aligned_alloc(size_t alignment, size_t n) {
    n_allocations++;
    return __libc_memalign(alignment, n);
}

EXPORT void *memalign(size_t alignment, size_t n) {
    n_allocations++;
    return __libc_memalign(alignment, n);
}

EXPORT int posix_memalign(void **to, size_t alignment, size_t n) {
    n_allocations++;
    *to = __libc_memalign(alignment, n);
    return *to ? 0 : 12;
}

EXPORT void free(void *p) {
    n_allocations += p != NULL;
    __libc_free(p);
}

/* Looked up at the first call: dlsym allocates, which is counted to whoever came first, long before the stream. */
#define FORWARD(name, parameters, arguments)                                                                           \
    EXPORT int name parameters {                                                                                       \
        static int(*real) parameters;                                                                                  \
        if (!real)                                                                                                     \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                                                 \
        n_locks++;                                                                                                     \
        return real arguments;                                                                                         \
    }

FORWARD(pthread_mutex_lock, (pthread_mutex_t * m), (m))
FORWARD(pthread_mutex_trylock, (pthread_mutex_t * m), (m))
FORWARD(pthread_mutex_timedlock, (pthread_mutex_t * m, const struct timespec *t), (m, t))
FORWARD(pthread_rwlock_rdlock, (pthread_rwlock_t * l), (l))
FORWARD(pthread_rwlock_wrlock, (pthread_rwlock_t * l), (l))
FORWARD(pthread_spin_lock, (pthread_spinlock_t * l), (l))
FORWARD(pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t *m), (c, m))
FORWARD(pthread_cond_timedwait, (pthread_cond_t * c, pthread_mutex_t *m, const struct timespec *t), (c, m, t))
FORWARD(pthread_cond_signal, (pthread_cond_t * c), (c))
FORWARD(pthread_cond_broadcast, (pthread_cond_t * c), (c))
FORWARD(sem_wait, (sem_t * s), (s))
FORWARD(sem_timedwait, (sem_t * s, const struct timespec *t), (s, t))
FORWARD(sem_post, (sem_t * s), (s))

/* every futex of asiokit goes through this function */
EXPORT long syscall(long number, ...) {
    static long (*real)(long, ...);
    __builtin_va_list list;
    long a[6];
    int i;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "syscall");
    __builtin_va_start(list, number);
    for (i = 0; i < 6; i++)
        a[i] = __builtin_va_arg(list, long);
    __builtin_va_end(list);
    n_syscalls++;
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *t) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    n_clock_reads++;
    return real(clock, t);
}

typedef struct counts {
    int64_t allocations, locks, syscalls, minor_faults, major_faults, voluntary_switches, involuntary_switches;
    int64_t clock_reads;
} counts_t;

/* A hook of asiokit.host.session: [stream thread, inside the switch] */
EXPORT void counters_mark(void *context, int64_t cycle, long index);
void counters_mark(void *context, int64_t cycle, long index) {
    counts_t *counts = context;
    struct rusage usage;
    (void)cycle;
    (void)index;
    getrusage(RUSAGE_THREAD, &usage);
    counts->allocations = n_allocations;
    counts->locks = n_locks;
    counts->syscalls = n_syscalls;
    counts->clock_reads = n_clock_reads;
    counts->minor_faults = usage.ru_minflt;
    counts->major_faults = usage.ru_majflt;
    counts->voluntary_switches = usage.ru_nvcsw;
    counts->involuntary_switches = usage.ru_nivcsw;
}

/* Proof that the counters count: what a cycle with hidden work would show. */
EXPORT void counters_misbehave(void *context, int64_t cycle, long index);
void counters_misbehave(void *context, int64_t cycle, long index) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    void *volatile p = malloc(100);
    (void)context;
    (void)cycle;
    (void)index;
    free(p);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

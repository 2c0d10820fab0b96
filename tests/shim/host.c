/* A host that has never heard of Python: opens the library as cwASIO hosts do, asks for drivers, and writes down what
 * it got and whether anything of its own was changed. Compiled by conftest.py.
 *
 * host REPORT LIBRARY [word ...]: thread (call from a second thread), threads=N (N at once), close (without standard
 * streams), again (release, dlclose, dlopen, once more), second=LIBRARY (a second asiokit after the first),
 * call=EXPORT[:NAME] (registerDriver or unregisterDriver, and nothing else), name=NAME (say the instance name), nulls
 * (every slot with nothing in its arguments), preload=LIBRARY (open this first, privately), start=SYMBOL (and call this
 * of it) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "asio_abi.h"

extern char **environ;

typedef asio_driver_t *(*instantiate_fn)(void);

typedef struct answer {
    const char *library;
    double ms, ready_ms; /* until there was an object; until init had returned */
    asio_driver_t *driver;
    long init;
    char name[256], text[256]; /* larger than the contract's 32 and 124: an overrun is seen, not suffered */
} answer_t;

static const char *instance_name;
static pthread_barrier_t barrier;
static int use_barrier;

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void *ask(void *context) {
    answer_t *answer = context;
    double begin;
    void *library;
    instantiate_fn instantiate;
    if (use_barrier)
        pthread_barrier_wait(&barrier);
    begin = now_ms();
    library = dlopen(answer->library, RTLD_LOCAL | RTLD_NOW);
    if (!library) {
        snprintf(answer->text, sizeof answer->text, "dlopen: %s", dlerror());
        return NULL;
    }
    *(void **)&instantiate = dlsym(library, "instantiateDriver");
    answer->driver = instantiate();
    answer->ms = now_ms() - begin;
    if (!answer->driver)
        return NULL;
    if (instance_name)
        answer->driver->vtable->future(answer->driver, ASIO_FUTURE_SET_INSTANCE_NAME, (void *)instance_name);
    memset(answer->name, '#', sizeof answer->name - 1);
    memset(answer->text, '#', sizeof answer->text - 1);
    answer->init = answer->driver->vtable->init(answer->driver, NULL);
    answer->ready_ms = now_ms() - begin;
    answer->driver->vtable->get_driver_name(answer->driver, answer->name);
    answer->driver->vtable->get_error_message(answer->driver, answer->text);
    return NULL;
}

/* ---- what must be as it was ---- */

typedef struct self {
    struct sigaction signals[65];
    sigset_t mask;
    char locale[512], cwd[4096];
    mode_t umask;
    size_t environment;
    struct stat streams[3];
    int stream_errors[3];
} self_t;

static void look(self_t *self) {
    int i;
    char **entry;
    memset(self, 0, sizeof *self);
    for (i = 1; i < 65; i++)
        sigaction(i, NULL, &self->signals[i]);
    pthread_sigmask(SIG_SETMASK, NULL, &self->mask);
    snprintf(self->locale, sizeof self->locale, "%s", setlocale(LC_ALL, NULL));
    if (!getcwd(self->cwd, sizeof self->cwd))
        self->cwd[0] = 0;
    self->umask = umask(0);
    umask(self->umask);
    for (entry = environ; *entry; entry++) {
        const char *c;
        for (c = *entry; *c; c++)
            self->environment = self->environment * 31 + (unsigned char)*c;
        self->environment = self->environment * 37 + 1;
    }
    for (i = 0; i < 3; i++) {
        self->stream_errors[i] = fstat(i, &self->streams[i]);
        self->streams[i].st_atime = 0;
    }
}

static void compare(FILE *report, const self_t *a, const self_t *b) {
    int i, same = 1;
    for (i = 1; i < 65; i++)
        if (a->signals[i].sa_handler != b->signals[i].sa_handler || a->signals[i].sa_flags != b->signals[i].sa_flags)
            fprintf(report, "changed=signal %d\n", i);
    if (memcmp(&a->mask, &b->mask, sizeof a->mask) != 0)
        fprintf(report, "changed=signal mask\n");
    if (strcmp(a->locale, b->locale) != 0)
        fprintf(report, "changed=locale %s to %s\n", a->locale, b->locale);
    if (strcmp(a->cwd, b->cwd) != 0)
        fprintf(report, "changed=working directory\n");
    if (a->umask != b->umask)
        fprintf(report, "changed=umask\n");
    if (a->environment != b->environment)
        fprintf(report, "changed=environment\n");
    for (i = 0; i < 3; i++)
        same &= a->stream_errors[i] == b->stream_errors[i] &&
                (a->stream_errors[i] ||
                 (a->streams[i].st_ino == b->streams[i].st_ino && a->streams[i].st_dev == b->streams[i].st_dev));
    if (!same)
        fprintf(report, "changed=standard streams\n");
}

/* A driver that can't work has to survive every call that a host may make all the same. */
static void call_with_nothing(FILE *report, asio_driver_t *driver) {
    const asio_driver_vtable_t *v = driver->vtable;
    const asio_guid_t unknown = {0, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    asio_long_t a = 7, b = 7, c = 7, d = 7;
    double rate_hz = 7;
    void *object = &a;
    int wrong = 0;
    wrong |= v->query_interface(driver, NULL, NULL) >= 0 || v->query_interface(driver, &unknown, NULL) >= 0;
    wrong |= v->query_interface(driver, NULL, &object) >= 0 || object != NULL;
    wrong |= v->query_interface(driver, &unknown, &object) != 0 || object != driver || v->release(driver) != 1;
    wrong |= v->add_ref(driver) != 2 || v->release(driver) != 1;
    wrong |= v->init(driver, NULL) != 0;
    v->get_driver_name(driver, NULL);
    v->get_error_message(driver, NULL);
    v->get_driver_version(driver);
    wrong |= v->start(driver) != ASIO_NOT_PRESENT || v->stop(driver) != ASIO_NOT_PRESENT;
    wrong |= v->get_channels(driver, NULL, NULL) != ASIO_NOT_PRESENT;
    wrong |= v->get_channels(driver, &a, &b) != ASIO_NOT_PRESENT || a || b;
    wrong |= v->get_latencies(driver, NULL, NULL) != ASIO_NOT_PRESENT;
    wrong |= v->get_buffer_size(driver, NULL, NULL, NULL, NULL) != ASIO_NOT_PRESENT;
    wrong |= v->get_buffer_size(driver, &a, &b, &c, &d) != ASIO_NOT_PRESENT || c || d;
    wrong |= v->can_sample_rate(driver, 48000) != ASIO_NOT_PRESENT;
    wrong |= v->get_sample_rate(driver, NULL) != ASIO_NOT_PRESENT;
    wrong |= v->get_sample_rate(driver, &rate_hz) != ASIO_NOT_PRESENT || rate_hz != 0;
    wrong |= v->set_sample_rate(driver, 0) != ASIO_NOT_PRESENT;
    wrong |= v->get_clock_sources(driver, NULL, NULL) != ASIO_NOT_PRESENT;
    wrong |= v->set_clock_source(driver, -1) != ASIO_NOT_PRESENT;
    wrong |= v->get_sample_position(driver, NULL, NULL) != ASIO_NOT_PRESENT;
    wrong |= v->get_channel_info(driver, NULL) != ASIO_NOT_PRESENT;
    wrong |= v->create_buffers(driver, NULL, 0, 0, NULL) != ASIO_NOT_PRESENT;
    wrong |= v->dispose_buffers(driver) != ASIO_NOT_PRESENT || v->control_panel(driver) != ASIO_NOT_PRESENT;
    wrong |= v->future(driver, 0, NULL) != ASIO_NOT_PRESENT;
    wrong |= v->future(driver, ASIO_FUTURE_SET_INSTANCE_NAME, NULL) != ASIO_SUCCESS;
    wrong |= v->output_ready(driver) != ASIO_NOT_PRESENT;
    if (wrong)
        fprintf(report, "changed=an answer of the driver that can't work\n");
}

static void give_back(answer_t *answer) {
    void *library;
    if (!answer->driver)
        return;
    answer->driver->vtable->release(answer->driver);
    library = dlopen(answer->library, RTLD_LOCAL | RTLD_NOW | RTLD_NOLOAD);
    if (library) {
        dlclose(library); /* this handle, and the one of ask() */
        dlclose(library);
    }
}

static int call_export(const char *path, char *word) {
    char *name = strchr(word, ':');
    int (*function)(const char *);
    void *library = dlopen(path, RTLD_LOCAL | RTLD_NOW);
    if (name)
        *name++ = 0;
    *(void **)&function = library ? dlsym(library, word) : NULL;
    return function ? function(name) : -1;
}

int main(int argc, char **argv) {
    static answer_t answers[64];
    static self_t before, after;
    pthread_t threads[64];
    int i, n = 1, threaded = 0, again = 0, nulls = 0;
    char *call = NULL;
    const char *second = NULL, *preload = NULL, *start = NULL;
    FILE *report;
    if (argc < 3)
        return 2;
    setlocale(LC_ALL, "");
    umask(022);
    for (i = 3; i < argc; i++) {
        if (!strcmp(argv[i], "thread"))
            threaded = 1;
        else if (!strncmp(argv[i], "threads=", 8))
            threaded = 1, n = atoi(argv[i] + 8);
        else if (!strcmp(argv[i], "close"))
            close(0), close(1), close(2);
        else if (!strcmp(argv[i], "again"))
            again = 1;
        else if (!strcmp(argv[i], "nulls"))
            nulls = 1;
        else if (!strncmp(argv[i], "second=", 7))
            second = argv[i] + 7;
        else if (!strncmp(argv[i], "call=", 5))
            call = argv[i] + 5;
        else if (!strncmp(argv[i], "name=", 5))
            instance_name = argv[i] + 5;
        else if (!strncmp(argv[i], "preload=", 8))
            preload = argv[i] + 8;
        else if (!strncmp(argv[i], "start=", 6))
            start = argv[i] + 6;
        else
            return 2;
    }
    if (call) {
        report = fopen(argv[1], "w");
        fprintf(report, "code=%d\n", call_export(argv[2], call));
        fclose(report);
        return 0;
    }
    if (preload) {
        void *other = dlopen(preload, RTLD_NOW | RTLD_LOCAL);
        if (!other)
            return 3;
        if (start) {
            void (*function)(int);
            *(void **)&function = dlsym(other, start);
            function(0);
        }
    }
    look(&before);
    for (i = 0; i < n; i++)
        answers[i].library = argv[2];
    if (threaded) {
        use_barrier = 1;
        pthread_barrier_init(&barrier, NULL, (unsigned)n);
        for (i = 0; i < n; i++)
            pthread_create(&threads[i], NULL, ask, &answers[i]);
        for (i = 0; i < n; i++)
            pthread_join(threads[i], NULL);
        use_barrier = 0;
    } else {
        ask(&answers[0]);
    }
    if (again) {
        give_back(&answers[0]);
        answers[n].library = argv[2];
        ask(&answers[n++]);
    }
    if (second) {
        answers[n].library = second;
        ask(&answers[n++]);
    }
    look(&after);
    report = fopen(argv[1], "w");
    if (!report)
        return 2;
    compare(report, &before, &after);
    if (nulls)
        call_with_nothing(report, answers[n - 1].driver);
    for (i = again; i < n; i++)
        give_back(&answers[i]);
    for (i = 0; i < n; i++)
        fprintf(report, "driver=%d ms=%.1f ready=%.1f init=%ld name=%s text=%s\n", answers[i].driver != NULL,
                answers[i].ms, answers[i].ready_ms, answers[i].init, answers[i].name, answers[i].text);
    fclose(report);
    return 0;
}

/* shim_os_linux.c: files, libraries and the start lock as Linux has them. */
#define _GNU_SOURCE
#include "shim.h"

#ifndef _WIN32

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- libraries ---- */

void *shim_library_open(const char *path, char *reason, size_t n_reason) {
    /* global: Python's own extension modules do not link libpython, they expect its symbols in the process */
    void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!library) {
        const char *text = dlerror();
        const size_t n_path = strlen(path);
        if (text && strncmp(text, path, n_path) == 0 && strncmp(text + n_path, ": ", 2) == 0)
            text += n_path + 2; /* the caller names it already */
        shim_copy(reason, n_reason, text ? text : "dlopen failed");
    }
    return library;
}

void shim_library_close(void *library) {
    if (library)
        dlclose(library);
}

shim_symbol_fn shim_library_symbol(void *library, const char *name) {
    void *address = dlsym(library, name); /* NULL is RTLD_DEFAULT: whatever the whole process sees */
    shim_symbol_fn function;
    memcpy(&function, &address, sizeof function);
    return function;
}

typedef struct found_paths {
    int n;
    char paths[8][SHIM_PATH_SIZE];
} found_paths_t;

static int note_python(struct dl_phdr_info *info, size_t n_info, void *context) {
    found_paths_t *found = context;
    const char *base = strrchr(info->dlpi_name, '/');
    (void)n_info;
    base = base ? base + 1 : info->dlpi_name;
    /* "libpython3.so" is only a forwarder: the digit after the dot tells the real ones */
    if (strncmp(base, "libpython3.", 11) == 0 && base[11] >= '0' && base[11] <= '9' && found->n < 8)
        shim_copy(found->paths[found->n++], SHIM_PATH_SIZE, info->dlpi_name);
    return 0;
}

int shim_loaded_pythons(shim_loaded_t *loaded, int n_max) {
    static found_paths_t found; /* under the start lock */
    int n = 0, i;
    if (n < n_max && dlsym(RTLD_DEFAULT, "Py_IsInitialized")) { /* python itself, or a host that links it */
        loaded[n].library = RTLD_DEFAULT;
        loaded[n].path[0] = 0;
        loaded[n++].global = 1;
    }
    found.n = 0;
    dl_iterate_phdr(note_python, &found);
    for (i = 0; i < found.n && n < n_max; i++) {
        void *library = dlopen(found.paths[i], RTLD_NOW | RTLD_NOLOAD);
        if (library) {
            loaded[n].library = library;
            shim_copy(loaded[n].path, SHIM_PATH_SIZE, found.paths[i]);
            loaded[n++].global = 0;
        }
    }
    return n;
}

void shim_library_publish(const shim_loaded_t *loaded) {
    if (loaded->path[0]) /* some plug-in may have loaded it for itself alone */
        dlopen(loaded->path, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
}

int shim_library_names(const char *tag, char names[][128], int n_max) {
    /* lib64: Fedora and openSUSE; the multiarch folder: Debian and Ubuntu */
#if defined(__x86_64__)
#define MULTIARCH "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define MULTIARCH "aarch64-linux-gnu"
#elif defined(__i386__)
#define MULTIARCH "i386-linux-gnu"
#else
#define MULTIARCH "unknown"
#endif
    static const char *const folders[] = {"lib/", "lib/" MULTIARCH "/", "lib64/", ""};
    int n = 0;
    for (; n < 4 && n < n_max; n++)
        snprintf(names[n], sizeof names[n], "%slibpython%s.so.1.0", folders[n], tag);
    return n;
}

/* ---- the start lock ---- */

static pthread_mutex_t inner_lock = PTHREAD_MUTEX_INITIALIZER;

void shim_lock_take(shim_lock_t *lock) {
    /* A file of /proc that exists once a process, locked through a descriptor of this call's own: excludes every other
     * call in the process, whichever copy of this library it is in, and leaves nothing behind. */
    int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (file >= 0 && file < 3) {
        /* a host without standard streams: Python must not take the lock's descriptor for its stdin */
        int higher = fcntl(file, F_DUPFD_CLOEXEC, 3);
        close(file);
        file = higher;
    }
    while (file >= 0 && flock(file, LOCK_EX) != 0) {
        if (errno != EINTR) {
            close(file);
            file = -1;
        }
    }
    lock->file = file;
    pthread_mutex_lock(&inner_lock); /* what remains where /proc is not mounted */
}

void shim_lock_give(shim_lock_t *lock) {
    pthread_mutex_unlock(&inner_lock);
    if (lock->file >= 0)
        close(lock->file);
}

/* ---- files ---- */

int shim_own_path(char *path, size_t n_path) {
    static const char here;
    Dl_info info;
    if (!dladdr(&here, &info) || !info.dli_fname || !info.dli_fname[0])
        return 0;
    if (info.dli_fname[0] !=
        '/') /* opened by a relative name; the working directory is as yet the one it was opened in */
        return shim_real_path(info.dli_fname, path, n_path);
    shim_copy(path, n_path, info.dli_fname);
    return 1;
}

int shim_real_path(const char *path, char *real, size_t n_real) {
    char *resolved = realpath(path, NULL);
    const int ok = resolved && strlen(resolved) < n_real;
    if (ok)
        shim_copy(real, n_real, resolved);
    free(resolved);
    return ok;
}

int shim_is_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

int shim_is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int shim_read_file(const char *path, char *text, size_t n_text) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    if (file < 0)
        return -1;
    while (n < n_text - 1) {
        ssize_t got = read(file, text + n, n_text - 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            close(file);
            return -1;
        }
        if (got == 0)
            break;
        n += (size_t)got;
    }
    close(file);
    text[n] = 0;
    return (int)n;
}

void shim_each_file(const char *folder, void (*visit)(void *context, const char *name), void *context) {
    DIR *open_folder = opendir(folder);
    struct dirent *entry;
    if (!open_folder)
        return;
    while ((entry = readdir(open_folder)) != NULL)
        visit(context, entry->d_name);
    closedir(open_folder);
}

void shim_mend_streams(void) {} /* Python copes with closed descriptors here */

/* ---- time ---- */

int64_t shim_now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void shim_sleep_ms(int ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

#endif

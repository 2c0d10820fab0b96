/* shim_log_linux.c: where the log lies on Linux: $XDG_STATE_HOME/asiokit, else ~/.local/state/asiokit. */
#define _GNU_SOURCE
#include "shim.h"

#ifndef _WIN32

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void shim_stamp(char *stamp, size_t n_stamp) {
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    snprintf(stamp, n_stamp, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %ld %ld", utc.tm_year + 1900, utc.tm_mon + 1,
             utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(now.tv_nsec / 1000000), (long)getpid(),
             (long)syscall(SYS_gettid));
}

static int log_folder(char *folder, size_t n_folder) {
    const char *state = secure_getenv("XDG_STATE_HOME");
    const char *home = secure_getenv("HOME");
    struct passwd entry, *found = NULL;
    char buffer[1024];
    if (state && state[0] == '/') {
        shim_format(folder, n_folder, "%s/asiokit", state);
        return 1;
    }
    if (!home || home[0] != '/') {
        if (getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found) != 0 || !found)
            return 0;
        home = entry.pw_dir;
    }
    shim_format(folder, n_folder, "%s/.local/state/asiokit", home);
    return 1;
}

static void make_folders(char *path) {
    char *slash;
    for (slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = 0;
        mkdir(path, 0700);
        *slash = '/';
    }
    mkdir(path, 0700);
}

void shim_append_log(const char *text, size_t n_text) {
    enum { MAX_BYTES = 4 << 20 };
    char path[PATH_MAX], old[PATH_MAX + 8];
    struct stat status;
    const int before = errno;
    int file;
    if (log_folder(path, sizeof path - sizeof "/asiokit.log")) {
        const size_t n_folder = strlen(path);
        strcpy(path + n_folder, "/asiokit.log");
        if (stat(path, &status) == 0 && status.st_size > MAX_BYTES) {
            snprintf(old, sizeof old, "%s.old", path);
            rename(path, old);
        }
        file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0 && errno == ENOENT) {
            path[n_folder] = 0;
            make_folders(path);
            path[n_folder] = '/';
            file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        }
        if (file >= 0) {
            ssize_t written = write(file, text, n_text);
            (void)written; /* a full disk is no reason to fail louder than this */
            close(file);
        }
    }
    errno = before;
}

#endif

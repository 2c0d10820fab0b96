/* shim_linux.c: what a host of the cwASIO convention calls (ASIO on Linux). */
#define _GNU_SOURCE
#include "shim.h"

#ifndef _WIN32

#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT asio_driver_t *instantiateDriver(void);
EXPORT void releaseDriver(asio_driver_t *driver);
EXPORT int registerDriver(const char *name);
EXPORT int unregisterDriver(const char *name);

/* Python can't be unloaded, and its threads and objects point into this library: a host's dlclose must not take it
 * away. Doing it twice does no harm, so it needs no lock. */
static void pin(void) {
    static const char here;
    Dl_info info;
    if (dladdr(&here, &info) && info.dli_fname)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

asio_driver_t *instantiateDriver(void) {
    pin();
    /* which entry is wanted follows by future(ASIO_FUTURE_SET_INSTANCE_NAME) */
    return shim_create(NULL, NULL, NULL, NULL);
}

void releaseDriver(asio_driver_t *driver) {
    if (driver)
        driver->vtable->release(driver);
}

static int enroll(const char *name, int32_t on) {
    char error[SHIM_TEXT_SIZE] = "";
    const asiokit_entry_t *entry;
    pin();
    entry = shim_entry(NULL, error, sizeof error);
    if (!entry) {
        shim_log("%s: %s", on ? "registerDriver" : "unregisterDriver", error);
        return ENOEXEC;
    }
    if (entry->enroll(name, on, error, sizeof error) == 0)
        return 0;
    shim_log("%s %s: %s", on ? "registerDriver" : "unregisterDriver", name ? name : "(all)", error);
    return geteuid() == 0 ? EINVAL : EACCES; /* the usual reason; the text is in the log */
}

int registerDriver(const char *name) { return enroll(name, 1); }

int unregisterDriver(const char *name) { return enroll(name, 0); }

#endif

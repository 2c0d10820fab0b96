/* A driver that fails in the way that -DHOW=... says, for asiokit doctor to find out. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asio_abi.h"

enum { REFUSES, STRANGER, CRASHES, HANGS, CRASHES_AT_EXIT };

static uint32_t release(asio_driver_t *self) {
    (void)self;
    return 0;
}

static asio_bool_t init(asio_driver_t *self, void *handle) {
    (void)self, (void)handle;
    if (HOW == CRASHES)
        abort();
    while (HOW == HANGS)
        pause();
    return HOW == CRASHES_AT_EXIT;
}

static void driver_name(asio_driver_t *self, char *name) {
    (void)self;
    strcpy(name, "bad");
}

static void error_message(asio_driver_t *self, char *text) {
    (void)self;
    strcpy(text, "the moon is in the wrong house");
}

static asio_error_t future(asio_driver_t *self, asio_long_t selector, void *parameters) {
    (void)self, (void)selector, (void)parameters;
    return HOW == STRANGER ? ASIO_NOT_PRESENT : ASIO_SUCCESS;
}

static asio_driver_vtable_t vtable;
static asio_driver_t driver = {&vtable};

asio_driver_t *instantiateDriver(void) {
    vtable.release = release;
    vtable.init = init;
    vtable.get_driver_name = driver_name;
    vtable.get_error_message = error_message;
    vtable.future = future;
    if (HOW == CRASHES_AT_EXIT)
        atexit(abort);
    return &driver;
}

void releaseDriver(asio_driver_t *self) { (void)self; }
int registerDriver(const char *name) { return name == NULL; }
#ifndef FORGETFUL
int unregisterDriver(const char *name) { return name == NULL; }
#endif

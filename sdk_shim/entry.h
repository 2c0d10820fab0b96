/* entry.h: what asiokit.entry hands to the shim, once, in a capsule named ASIOKIT_ENTRY_CAPSULE.
 * After that every call is one forward; the shim knows nothing else of the Python side. */
#ifndef ASIOKIT_ENTRY_H
#define ASIOKIT_ENTRY_H

#include "asio_abi.h"

#define ASIOKIT_ENTRY_ABI 1
#define ASIOKIT_ENTRY_CAPSULE "asiokit.entry/1"

typedef struct asiokit_entry {
    uint32_t size;
    uint32_t abi;
    /* Makes a driver object with one reference. [any thread, GIL not held]
     * name: the entry's name (UTF-8), or NULL when the host has not said which (Linux: it may follow by
     * future(ASIO_FUTURE_SET_INSTANCE_NAME)). config: path of its TOML file (UTF-8), or NULL to look it up by name.
     * Returns 0, or -1 with a text in error. Configuration is read in init(), not here. */
    int32_t (*create)(const char *name, const char *config, asio_driver_t **driver, char *error, uint32_t error_size);
    /* regsvr32 and registerDriver: writes (on = 1) or removes (on = 0) the registration of one entry, or of all
     * configured entries when name is NULL. Returns 0, or -1 with a text in error. [any thread, GIL not held] */
    int32_t (*enroll)(const char *name, int32_t on, char *error, uint32_t error_size);
} asiokit_entry_t;

#endif

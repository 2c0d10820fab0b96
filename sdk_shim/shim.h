/* shim.h: what the files of the shim share. The shim is the library that a host loads; it finds and starts (or joins)
 * CPython, fetches asiokit.entry's capsule once, and forwards. No Python.h, no link against libpython: it must load in
 * a host that has never heard of Python, and say what is missing when there is none.
 *
 * Every text and path in here is UTF-8, on Windows too; shim_os_windows.c converts at the border. */
#ifndef ASIOKIT_SHIM_H
#define ASIOKIT_SHIM_H

#include <stddef.h>
#include <stdint.h>

#include "entry.h"

enum { SHIM_PATH_SIZE = 4096, SHIM_TEXT_SIZE = 512 };

#if defined(__GNUC__)
#define SHIM_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define SHIM_PRINTF(at, first)
#endif

#ifdef _WIN32
#define SHIM_SEPARATOR '\\'
#else
#define SHIM_SEPARATOR '/'
#endif

/* ---- where asiokit is installed; an empty string means "not said" ---- */

typedef struct shim_place {
    char python_library[SHIM_PATH_SIZE];
    char program[SHIM_PATH_SIZE]; /* the python executable, the venv's own if there is a venv */
    char path[SHIM_PATH_SIZE];    /* the folder that contains the package asiokit */
} shim_place_t;

/* ---- shim_python.c ---- */

/* The entry, with Python started or joined first if need be; NULL with a text in error. [any thread, GIL held or not]
 * record: what registration said about this driver entry, or NULL. */
const asiokit_entry_t *shim_entry(const shim_place_t *record, char *error, size_t n_error);

/* create() of the entry, or the fallback driver that says why not. Never NULL but for lack of memory. */
asio_driver_t *shim_create(const char *name, const char *config, const asio_guid_t *clsid, const shim_place_t *record);

/* ---- shim_find.c: called under the start lock, uses static memory ---- */

enum { SHIM_TAG_SIZE = 8, SHIM_MAX_TAGS = 16 };

typedef struct shim_install {
    shim_place_t place;                      /* record, location file or deduced */
    char library[SHIM_PATH_SIZE];            /* the shim's own file */
    int n_tags;                              /* 0: the package carries no compiled entry, any Python may try */
    char tags[SHIM_MAX_TAGS][SHIM_TAG_SIZE]; /* the Pythons it was compiled for: "3.11", "3.13t" */
} shim_install_t;

/* Answers 1 if the library will do; else 0 with the reason. */
typedef int (*shim_try_fn)(void *context, const char *library, char *reason, size_t n_reason);

void shim_find_install(const shim_place_t *record, shim_install_t *install);

/* Offers every libpython that may be the right one to try_library, best first, until one is taken. Fills in
 * install->place.program. 0 with a text in error if none was. Logs each refusal. */
int shim_find_python(shim_install_t *install, shim_try_fn try_library, void *context, char *error, size_t n_error);

int shim_serves(const shim_install_t *install, const char *tag);

/* ---- shim_fallback.c ---- */

asio_driver_t *shim_fallback_new(const char *name, const asio_guid_t *clsid, const char *reason);

/* ---- shim_log.c ---- */

void shim_log(const char *format, ...) SHIM_PRINTF(1, 2);
void shim_log_lines(const char *who, const char *text); /* one record a line of text; who: "shim", "driver", ... */

/* Copies what fits and ends it at a character's border. */
void shim_copy(char *to, size_t n_to, const char *text);
void shim_format(char *to, size_t n_to, const char *format, ...) SHIM_PRINTF(3, 4);

/* The last max_bytes of a path, "..." before them if it was longer; several fit into one error text. */
const char *shim_tail(const char *path, size_t max_bytes, char *to, size_t n_to);

/* ---- shim_os_linux.c, shim_os_windows.c ---- */

typedef void (*shim_symbol_fn)(void);

void *shim_library_open(const char *path, char *reason, size_t n_reason);
void shim_library_close(void *library);
shim_symbol_fn shim_library_symbol(void *library, const char *name);

/* Libraries of this process that may hold a CPython already, up to n_max. *global of each: its symbols are visible to
 * every library of the process, so that a second Python can't be loaded beside it. */
typedef struct shim_loaded {
    void *library;
    int global;
    char path[SHIM_PATH_SIZE];
} shim_loaded_t;
int shim_loaded_pythons(shim_loaded_t *loaded, int n_max);

/* Makes the symbols of the one that is taken visible to Python's extension modules. Never of another one: a second
 * Python would be mixed up with it. */
void shim_library_publish(const shim_loaded_t *loaded);

/* One lock a process, also between two asiokit libraries in it. */
typedef struct shim_lock {
#ifdef _WIN32
    void *mutex;
#else
    int file;
#endif
} shim_lock_t;
void shim_lock_take(shim_lock_t *lock);
void shim_lock_give(shim_lock_t *lock);

/* Names of Python's library for one tag, relative to a base prefix; returns how many there are. The last may be a bare
 * name, which the system's own search finds. */
int shim_library_names(const char *tag, char names[][128], int n_max);

int shim_own_path(char *path, size_t n_path);
int shim_real_path(const char *path, char *real, size_t n_real);
int shim_is_file(const char *path);
int shim_is_folder(const char *path);
int shim_read_file(const char *path, char *text, size_t n_text); /* length, or -1 */
void shim_each_file(const char *folder, void (*visit)(void *context, const char *name), void *context);

/* Mends what Python's start would stumble over among the standard streams; after its library has been loaded. */
void shim_mend_streams(void);

int64_t shim_now_ms(void);
void shim_sleep_ms(int ms);
void shim_stamp(char *stamp, size_t n_stamp); /* "2026-11-23T06:25:19.123Z pid tid" */
void shim_append_log(const char *text, size_t n_text);

#endif

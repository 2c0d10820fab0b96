/* shim_python.c: join the Python that runs in this process, or start one; fetch asiokit.entry's capsule once.
 *
 * Every Python symbol is bound at run time. The start is isolated: no environment variable, no working directory, no
 * signal handler, no stdio setting of the host's is read or changed, and an error comes back as a text. Therefore
 * Py_InitializeEx is never used: it ends the host's process when something is missing. Python is never finalised. */
#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "shim.h"
#include "shim_script.h"
#ifdef _WIN32
#include "shim_windows.h"
#endif

/* ---- the few symbols ---- */

typedef struct object object_t; /* PyObject */

typedef struct status { /* PyStatus: returned by value, its layout is the same since 3.8 */
    int type;
    const char *function;
    const char *text;
    int exit_code;
} status_t;

/* type, name, parameters: in every Python since 3.8 */
#define PYTHON_SYMBOLS(X)                                                                                              \
    X(int, Py_IsInitialized, (void))                                                                                   \
    X(const char *, Py_GetVersion, (void))                                                                             \
    X(int, PyGILState_Ensure, (void))                                                                                  \
    X(void, PyGILState_Release, (int))                                                                                 \
    X(void *, PyEval_SaveThread, (void))                                                                               \
    X(object_t *, Py_CompileString, (const char *, const char *, int))                                                 \
    X(object_t *, PyEval_EvalCode, (object_t *, object_t *, object_t *))                                               \
    X(object_t *, PyDict_New, (void))                                                                                  \
    X(int, PyDict_SetItemString, (object_t *, const char *, object_t *))                                               \
    X(object_t *, PyDict_GetItemString, (object_t *, const char *))                                                    \
    X(object_t *, PyUnicode_FromString, (const char *))                                                                \
    X(object_t *, PyUnicode_DecodeFSDefault, (const char *))                                                           \
    X(const char *, PyUnicode_AsUTF8AndSize, (object_t *, ptrdiff_t *))                                                \
    X(void *, PyCapsule_GetPointer, (object_t *, const char *))                                                        \
    X(void, PyErr_Clear, (void))                                                                                       \
    X(void, Py_DecRef, (object_t *))

/* those that come and go with the version: NULL where absent */
#define OPTIONAL_SYMBOLS(X)                                                                                            \
    X(int, Py_IsFinalizing, (void))                                                                                    \
    X(int, _Py_IsFinalizing, (void))                                                                                   \
    X(int, _Py_IsCoreInitialized, (void))                                                                              \
    X(void, PyPreConfig_InitIsolatedConfig, (void *))                                                                  \
    X(status_t, Py_PreInitialize, (const void *))                                                                      \
    X(void, PyConfig_InitIsolatedConfig, (void *))                                                                     \
    X(status_t, PyConfig_SetArgv, (void *, ptrdiff_t, wchar_t *const *))                                               \
    X(status_t, PyConfig_SetBytesArgv, (void *, ptrdiff_t, char *const *))                                             \
    X(status_t, Py_InitializeFromConfig, (const void *))                                                               \
    X(void, PyConfig_Clear, (void *))                                                                                  \
    X(void *, PyInitConfig_Create, (void))                                                                             \
    X(void, PyInitConfig_Free, (void *))                                                                               \
    X(int, PyInitConfig_SetInt, (void *, const char *, int64_t))                                                       \
    X(int, PyInitConfig_SetStr, (void *, const char *, const char *))                                                  \
    X(int, PyInitConfig_GetError, (void *, const char **))                                                             \
    X(int, Py_InitializeFromInitConfig, (void *))

typedef struct python {
    void *library;
#define DECLARE(type, name, parameters) type(*name) parameters;
    PYTHON_SYMBOLS(DECLARE)
    OPTIONAL_SYMBOLS(DECLARE)
    char tag[SHIM_TAG_SIZE]; /* "3.11", "3.13t" */
} python_t;

static python_t python;                /* written once, under the start lock */
static volatile int32_t python_is_up;  /* then: bound and initialised, by us or by somebody else */
static volatile int64_t entry_address; /* const asiokit_entry_t *, 0 until it is fetched */
static char failure[SHIM_TEXT_SIZE];   /* why a start failed: it is not tried twice */
static shim_install_t install;         /* where this library belongs; under the start lock until python_is_up */
static char mismatch[SHIM_TEXT_SIZE];  /* what to say if the joined Python has no asiokit: written with python */

static int bind_python(python_t *api, void *library, char *reason, size_t n_reason) {
    const char *version, *c;
    size_t n = 0;
    memset(api, 0, sizeof *api);
    api->library = library;
#define BIND(type, name, parameters)                                                                                   \
    {                                                                                                                  \
        shim_symbol_fn found = shim_library_symbol(library, #name);                                                    \
        memcpy(&api->name, &found, sizeof found);                                                                      \
    }
    PYTHON_SYMBOLS(BIND)
    OPTIONAL_SYMBOLS(BIND)
#define CHECK(type, name, parameters)                                                                                  \
    if (!api->name) {                                                                                                  \
        shim_format(reason, n_reason, "is no Python library: it has no %s", #name);                                    \
        return 0;                                                                                                      \
    }
    PYTHON_SYMBOLS(CHECK)
    version = c = api->Py_GetVersion(); /* "3.11.7 (main, ...": safe before the start */
    while (*c && *c != ' ' && n < sizeof api->tag - 2) {
        if (*c == '.' && n > 1)
            break;
        api->tag[n++] = *c++;
    }
    if (strstr(version, "free-threading") && n < sizeof api->tag - 1)
        api->tag[n++] = 't';
    api->tag[n] = 0;
    return 1;
}

static void say_mismatch(const char *found, const char *verb, char *text, size_t n_text) {
    char have[64];
    int i;
    have[0] = 0;
    for (i = 0; i < install.n_tags; i++)
        shim_format(have + strlen(have), sizeof have - strlen(have), "%s%s", i ? ", " : "", install.tags[i]);
    shim_format(text, n_text, "%s Python %s, but asiokit is installed for %s: pip install asiokit for Python %s", verb,
                found, have, found);
}

static int is_finalizing(const python_t *api) {
    return api->Py_IsFinalizing ? api->Py_IsFinalizing() : api->_Py_IsFinalizing ? api->_Py_IsFinalizing() : 0;
}

/* ---- start ---- */

/* PyPreConfig is a row of ints, the same since 3.8, with one more on Windows; UTF-8 mode is the only one we change.
 * That the row is the expected one is checked in what InitIsolatedConfig writes: a Python that does otherwise is left
 * at its default, which serves every path that is valid in the host's locale. */
static void preinitialize(const python_t *api) {
#ifdef _WIN32
    enum { UTF8_MODE = 8, N_FIELDS = 11 };
#else
    enum { UTF8_MODE = 7, N_FIELDS = 10 };
#endif
    static const int isolated_start[4] = {3, 0, 1, 0}; /* kind: isolated; no argv parsing; isolated; no environment */
    int fields[64], i, as_expected = 1;
    status_t status;
    if (!api->PyPreConfig_InitIsolatedConfig || !api->Py_PreInitialize)
        return;
    for (i = 0; i < 64; i++)
        fields[i] = 0x5A5A5A5A;
    api->PyPreConfig_InitIsolatedConfig(fields);
    for (i = 0; i < 64; i++)
        as_expected &= fields[i] == (i >= N_FIELDS ? 0x5A5A5A5A : i < 4 ? isolated_start[i] : 0);
    if (as_expected)
        fields[UTF8_MODE] = 1;
    else
        shim_log("PyPreConfig of Python %s is laid out in a new way: UTF-8 mode stays off", api->tag);
    status = api->Py_PreInitialize(fields);
    if (status.type != 0)
        shim_log("Py_PreInitialize: %s", status.text ? status.text : "failed");
}

/* Python 3.11 to 3.13. PyConfig's layout differs from version to version: none of its fields is touched. argv[0] is
 * what tells Python its program, and so its venv. */
static int start_by_config(const python_t *api, const char *program, char *error, size_t n_error) {
    static union {
        double align;
        char bytes[8192]; /* the largest PyConfig so far has 480 */
    } config;
    status_t status;
    if (!api->PyConfig_InitIsolatedConfig || !api->PyConfig_SetBytesArgv || !api->PyConfig_SetArgv ||
        !api->Py_InitializeFromConfig || !api->PyConfig_Clear) {
        shim_format(error, n_error, "Python %s lacks PyConfig and PyInitConfig: asiokit does not know it yet",
                    api->tag);
        return 0;
    }
    preinitialize(api);
    memset(&config, 0, sizeof config);
    api->PyConfig_InitIsolatedConfig(&config);
#ifdef _WIN32
    {
        wchar_t *wide = shim_wide(program);
        status = api->PyConfig_SetArgv(&config, 1, &wide);
        free(wide);
    }
#else
    {
        char *bytes = (char *)(uintptr_t)program;
        status = api->PyConfig_SetBytesArgv(&config, 1, &bytes);
    }
#endif
    if (status.type == 0)
        status = api->Py_InitializeFromConfig(&config);
    api->PyConfig_Clear(&config);
    if (status.type == 0)
        return 1;
    shim_log("Python's start failed in %s: %s (kind %d, code %d)", status.function ? status.function : "?",
             status.text ? status.text : "?", status.type, status.exit_code);
    shim_format(error, n_error, "Python %s did not start: %s", api->tag,
                status.text ? status.text : "it gave no reason");
    return 0;
}

/* Python 3.14 and later: PEP 741, isolated by default. */
static int start_by_init_config(const python_t *api, const char *program, char *error, size_t n_error) {
    void *config = api->PyInitConfig_Create();
    const char *text = NULL;
    int ok = config != NULL && api->PyInitConfig_SetInt(config, "utf8_mode", 1) == 0 &&
             api->PyInitConfig_SetStr(config, "program_name", program) == 0 &&
             api->Py_InitializeFromInitConfig(config) == 0;
    if (!ok) {
        if (config)
            api->PyInitConfig_GetError(config, &text);
        shim_log("Python's start failed: %s", text ? text : "?");
        shim_format(error, n_error, "Python %s did not start: %s", api->tag, text ? text : "it gave no reason");
    }
    if (config)
        api->PyInitConfig_Free(config);
    return ok;
}

static int start(const python_t *api, const char *program, char *error, size_t n_error) {
    const int64_t begin_ms = shim_now_ms();
    int ok;
    shim_mend_streams();
    if (api->PyInitConfig_Create && api->PyInitConfig_Free && api->PyInitConfig_SetInt && api->PyInitConfig_SetStr &&
        api->PyInitConfig_GetError && api->Py_InitializeFromInitConfig)
        ok = start_by_init_config(api, program, error, n_error);
    else
        ok = start_by_config(api, program, error, n_error);
    if (ok) {
        api->PyEval_SaveThread(); /* the host's thread owes Python nothing from here on */
        shim_log("Python %s started as %s in %d ms", api->tag, program, (int)(shim_now_ms() - begin_ms));
    }
    return ok;
}

/* ---- join or start, under the lock ---- */

static int try_library(void *context, const char *path, char *reason, size_t n_reason) {
    python_t *api = context;
    void *library = shim_library_open(path, reason, n_reason);
    if (!library)
        return 0;
    if (!bind_python(api, library, reason, n_reason)) {
        shim_library_close(library);
        return 0;
    }
    if (!shim_serves(&install, api->tag)) {
        say_mismatch(api->tag, "is", reason, n_reason);
        shim_library_close(library);
        return 0;
    }
    return 1;
}

static int take_any(void *context, const char *path, char *reason, size_t n_reason) {
    (void)context, (void)path, (void)reason, (void)n_reason;
    return 1;
}

/* Core up but not yet initialised: somebody is in the middle of starting it, and has no lock that we know of. Nothing
 * signals the end of that; after a bounded time it counts as a start that failed half-way. */
static int wait_until_initialized(const python_t *api) {
    const int64_t end_ms = shim_now_ms() + (failure[0] ? 0 : 5000); /* our own failed start is known to be over */
    while (!api->Py_IsInitialized()) {
        if (!api->_Py_IsCoreInitialized || !api->_Py_IsCoreInitialized() || shim_now_ms() > end_ms)
            return 0;
        shim_sleep_ms(5);
    }
    return 1;
}

enum found { FOUND_NONE, FOUND_RUNNING, FOUND_IDLE, FOUND_HOPELESS };

/* Is there a Python in the process already? RUNNING and IDLE leave it in *api. */
static enum found look_around(python_t *api, char *error, size_t n_error) {
    static shim_loaded_t loaded[8];
    static python_t idle;
    const int n = shim_loaded_pythons(loaded, 8);
    int i, at_idle = -1;
    for (i = 0; i < n; i++) {
        char reason[SHIM_TEXT_SIZE];
        if (!bind_python(api, loaded[i].library, reason, sizeof reason)) {
            shim_log("loaded library %d: %s", i, reason);
            continue;
        }
        if (wait_until_initialized(api)) {
            if (is_finalizing(api)) {
                shim_copy(error, n_error, "the Python in this process is shutting down: restart the host");
                return FOUND_HOPELESS;
            }
            shim_library_publish(&loaded[i]);
            return FOUND_RUNNING;
        }
        if (api->_Py_IsCoreInitialized && api->_Py_IsCoreInitialized()) {
            shim_copy(error, n_error, "a start of Python in this process failed half-way: restart the host");
            return FOUND_HOPELESS;
        }
        if (shim_serves(&install, api->tag)) {
            idle = *api;
            at_idle = i;
        } else if (loaded[i].global) {
            /* its symbols would be mixed up with those of the one we need */
            say_mismatch(api->tag, "the host is linked with", error, n_error);
            return FOUND_HOPELESS;
        }
    }
    if (at_idle < 0)
        return FOUND_NONE;
    shim_library_publish(&loaded[at_idle]);
    *api = idle;
    return FOUND_IDLE;
}

static int bring_up(const shim_place_t *record, char *error, size_t n_error) {
    static python_t api;
    enum found found;
    int ok;
    shim_find_install(record, &install);
    found = look_around(&api, error, n_error);
    if (found == FOUND_RUNNING) {
        shim_log("%s joins Python %s", install.library, api.tag);
        mismatch[0] = 0;
        if (!shim_serves(&install, api.tag))
            say_mismatch(api.tag, "this process runs", mismatch, sizeof mismatch);
        python = api;
        return 1;
    }
    if (failure[0]) {
        shim_copy(error, n_error, failure);
        return 0;
    }
    if (found == FOUND_HOPELESS) {
        shim_log("%s: %s", install.library, error);
        return 0;
    }
    shim_log("%s looks for Python", install.library);
    if (found == FOUND_IDLE) {
        shim_log("Python %s is loaded, but has not been started: it is taken", api.tag);
        /* which program, and so which venv, still has to be found out */
        ok = shim_find_python(&install, take_any, NULL, error, n_error) &&
             start(&api, install.place.program, error, n_error);
    } else {
        ok = shim_find_python(&install, try_library, &api, error, n_error) &&
             start(&api, install.place.program, error, n_error);
    }
    if (!ok) {
        shim_copy(failure, sizeof failure, error);
        shim_log("%s: %s", install.library, failure);
        return 0;
    }
    python = api;
    return 1;
}

/* ---- the entry ---- */

/* Runs shim_script.h's text, which does the import and puts what happened into words. GIL held. */
static void *import_entry(char *error, size_t n_error) {
    object_t *code, *names, *value, *answer = NULL;
    void *pointer = NULL;
    const char *text;
    int i;
    const struct {
        const char *name;
        object_t *value;
    } given[] = {{"path", python.PyUnicode_DecodeFSDefault(install.place.path)},
                 {"mismatch", python.PyUnicode_FromString(mismatch)},
                 {"capsule_name", python.PyUnicode_FromString(ASIOKIT_ENTRY_CAPSULE)}};
    names = python.PyDict_New();
    code = python.Py_CompileString(shim_script, "<asiokit shim>", 257 /* Py_file_input */);
    for (i = 0; i < 3; i++) {
        if (names && given[i].value)
            python.PyDict_SetItemString(names, given[i].name, given[i].value);
        if (given[i].value)
            python.Py_DecRef(given[i].value);
    }
    if (code && names)
        answer = python.PyEval_EvalCode(code, names, names);
    if (answer && (value = python.PyDict_GetItemString(names, "capsule")) != NULL)
        pointer = python.PyCapsule_GetPointer(value, ASIOKIT_ENTRY_CAPSULE);
    if (!pointer) {
        shim_copy(error, n_error, "asiokit.entry can't be imported");
        python.PyErr_Clear();
        value = answer ? python.PyDict_GetItemString(names, "failure") : NULL;
        if (value && (text = python.PyUnicode_AsUTF8AndSize(value, NULL)) != NULL)
            shim_copy(error, n_error, text);
        value = answer ? python.PyDict_GetItemString(names, "report") : NULL;
        if (value && (text = python.PyUnicode_AsUTF8AndSize(value, NULL)) != NULL)
            shim_log_lines("shim", text);
    }
    python.PyErr_Clear();
    if (answer)
        python.Py_DecRef(answer);
    if (names)
        python.Py_DecRef(names);
    if (code)
        python.Py_DecRef(code);
    return pointer;
}

static const asiokit_entry_t *fetch_entry(char *error, size_t n_error) {
    const asiokit_entry_t *entry;
    int gil;
    if (is_finalizing(&python)) { /* taking the GIL now would end this thread */
        shim_copy(error, n_error, "the Python in this process is shutting down: restart the host");
        return NULL;
    }
    gil = python.PyGILState_Ensure();
    entry = import_entry(error, n_error);
    python.PyGILState_Release(gil);
    if (!entry)
        return NULL;
    if (entry->abi != ASIOKIT_ENTRY_ABI || entry->size < sizeof *entry) {
        shim_format(error, n_error, "asiokit.entry speaks version %u, this library %d: install asiokit again",
                    (unsigned)entry->abi, ASIOKIT_ENTRY_ABI);
        return NULL;
    }
    atomic_store_i64(&entry_address, (int64_t)(intptr_t)entry);
    return entry;
}

const asiokit_entry_t *shim_entry(const shim_place_t *record, char *error, size_t n_error) {
    const asiokit_entry_t *entry = (const asiokit_entry_t *)(intptr_t)atomic_load_i64(&entry_address);
    if (entry)
        return entry;
    /* The import happens outside of the lock: it waits for the GIL, and the thread that has the GIL may wait for the
     * lock (a Python host that calls in without releasing it). Python's own import lock makes it happen once. */
    if (!atomic_load_i32(&python_is_up)) {
        shim_lock_t lock;
        int up;
        shim_lock_take(&lock);
        up = atomic_load_i32(&python_is_up);
        if (!up && (up = bring_up(record, error, n_error)) != 0)
            atomic_store_i32(&python_is_up, 1);
        shim_lock_give(&lock);
        if (!up)
            return NULL;
    }
    return fetch_entry(error, n_error);
}

asio_driver_t *shim_create(const char *name, const char *config, const asio_guid_t *clsid, const shim_place_t *record) {
    char error[SHIM_TEXT_SIZE] = "";
    asio_driver_t *driver = NULL;
    const asiokit_entry_t *entry = shim_entry(record, error, sizeof error);
    if (entry && entry->create(name, config, &driver, error, sizeof error) == 0 && driver)
        return driver;
    if (!error[0])
        shim_copy(error, sizeof error, "asiokit.entry made no driver and gave no reason: see asiokit doctor");
    shim_log("%s: %s", name && name[0] ? name : "driver", error);
    return shim_fallback_new(name, clsid, error);
}

/* shim_find.c: which Python does this library belong to? Told by the registration, told by the file asiokit.location
 * beside it, or read off the place it lies in. Every candidate and every refusal goes to the log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim.h"

/* ---- path pieces ---- */

static int is_separator(char c) { return c == '/' || (SHIM_SEPARATOR == '\\' && c == '\\'); }

/* Cuts the last component off; 0 when there is none left. */
static int go_up(char *path) {
    size_t n = strlen(path);
    while (n > 1 && is_separator(path[n - 1]))
        n--;
    while (n > 0 && !is_separator(path[n - 1]))
        n--;
    while (n > 1 && is_separator(path[n - 1]))
        n--;
    if (n <= 1)
        return 0;
    path[n] = 0;
    return 1;
}

static const char *last_component(const char *path) {
    const char *c, *last = path;
    for (c = path; *c; c++)
        if (is_separator(*c))
            last = c + 1;
    return last;
}

static void join(char *to, size_t n_to, const char *folder, const char *rest) {
    char *c;
    shim_format(to, n_to, "%s%c%s", folder, SHIM_SEPARATOR, rest);
    for (c = to + strlen(folder); SHIM_SEPARATOR == '\\' && c < to + n_to && *c; c++)
        if (*c == '/')
            *c = '\\';
}

/* ---- files of "key = value" lines: asiokit.location and pyvenv.cfg ---- */

static int value_of(const char *text, const char *key, char *value, size_t n_value) {
    const size_t n_key = strlen(key);
    const char *line = text;
    while (*line) {
        const size_t n_line = strcspn(line, "\r\n");
        const char *c = line + strspn(line, " \t\xEF\xBB\xBF"); /* an editor may have put a byte order mark */
        if (c + n_key <= line + n_line && strncmp(c, key, n_key) == 0) {
            c += n_key;
            c += strspn(c, " \t");
            if (*c == '=') {
                size_t n = 0;
                c++;
                c += strspn(c, " \t");
                while (c + n < line + n_line)
                    n++;
                while (n > 0 && (c[n - 1] == ' ' || c[n - 1] == '\t'))
                    n--;
                if (n >= n_value)
                    return 0;
                memcpy(value, c, n);
                value[n] = 0;
                return n > 0;
            }
        }
        line += n_line;
        line += strspn(line, "\r\n");
    }
    return 0;
}

static int read_location(const char *library, shim_place_t *place) {
    static char folder[SHIM_PATH_SIZE], file[SHIM_PATH_SIZE], text[3 * SHIM_PATH_SIZE];
    shim_copy(folder, sizeof folder, library);
    if (!go_up(folder))
        return 0;
    join(file, sizeof file, folder, "asiokit.location");
    if (shim_read_file(file, text, sizeof text) < 0)
        return 0;
    value_of(text, "python_library", place->python_library, SHIM_PATH_SIZE);
    value_of(text, "program", place->program, SHIM_PATH_SIZE);
    value_of(text, "path", place->path, SHIM_PATH_SIZE);
    shim_log("%s: python_library %s, program %s, path %s", file, place->python_library, place->program, place->path);
    return 1;
}

/* ---- which Pythons the package was compiled for ---- */

static void note_tag(void *context, const char *name) {
    shim_install_t *install = context;
    const char *c = NULL;
    char tag[SHIM_TAG_SIZE];
    size_t n = 0;
    if (strncmp(name, "entry.cpython-", 14) == 0) /* entry.cpython-311-x86_64-linux-gnu.so, entry.cpython-313t-... */
        c = name + 14;
    else if (strncmp(name, "entry.cp", 8) == 0) /* entry.cp311-win_amd64.pyd */
        c = name + 8;
    if (!c || c[0] != '3' || install->n_tags == SHIM_MAX_TAGS)
        return;
    tag[n++] = *c++;
    tag[n++] = '.';
    while (n < SHIM_TAG_SIZE - 2 && *c >= '0' && *c <= '9')
        tag[n++] = *c++;
    if (*c == 't')
        tag[n++] = 't';
    tag[n] = 0;
    if (!shim_serves(install, tag) || install->n_tags == 0)
        memcpy(install->tags[install->n_tags++], tag, sizeof tag);
}

int shim_serves(const shim_install_t *install, const char *tag) {
    int i;
    for (i = 0; i < install->n_tags; i++)
        if (strcmp(install->tags[i], tag) == 0)
            return 1;
    return install->n_tags == 0;
}

/* .../lib/python3.11/site-packages: the folder above site-packages tells the version if the package doesn't. */
static void tag_from_path(shim_install_t *install) {
    static char folder[SHIM_PATH_SIZE];
    const char *name;
    shim_copy(folder, sizeof folder, install->place.path);
    if (!go_up(folder))
        return;
    name = last_component(folder);
    if (strncmp(name, "python3.", 8) == 0 && strlen(name + 6) < SHIM_TAG_SIZE)
        shim_copy(install->tags[install->n_tags++], SHIM_TAG_SIZE, name + 6);
}

void shim_find_install(const shim_place_t *record, shim_install_t *install) {
    static char folder[SHIM_PATH_SIZE], real[SHIM_PATH_SIZE];
    shim_place_t *place = &install->place;
    memset(install, 0, sizeof *install);
    shim_own_path(install->library, sizeof install->library);
    if (record && record->python_library[0]) {
        *place = *record;
        shim_log("registration: python_library %s, program %s, path %s", place->python_library, place->program,
                 place->path);
    } else if (!read_location(install->library, place) && shim_real_path(install->library, real, sizeof real) &&
               strcmp(real, install->library) != 0) {
        read_location(real, place); /* the library was opened through a link */
    }
    shim_copy(folder, sizeof folder, install->library);
    if (!go_up(folder))
        return;
    shim_each_file(folder, note_tag, install);
    if (!place->path[0]) {
        shim_copy(place->path, sizeof place->path, folder);
        if (!go_up(place->path))
            place->path[0] = 0;
    } else if (install->n_tags == 0) {
        join(folder, sizeof folder, place->path, "asiokit");
        shim_each_file(folder, note_tag, install);
    }
}

/* ---- candidates ---- */

typedef struct search {
    shim_install_t *install;
    shim_try_fn try_library;
    void *context;
    int told; /* error holds a reason from a library that is there; "not found" no longer replaces it */
    char *error;
    size_t n_error;
} search_t;

static int offer(search_t *search, const char *library) {
    char reason[SHIM_TEXT_SIZE], tail[64];
    const int bare = strchr(library, SHIM_SEPARATOR) == NULL; /* the system's loader looks for it */
    if (bare && search->told)
        return 0; /* the one that was named is there and wrong: that is to be said, not to be covered up */
    if (!bare && !shim_is_file(library)) {
        shim_log("candidate %s: no such file", library);
        return 0;
    }
    reason[0] = 0;
    if (search->try_library(search->context, library, reason, sizeof reason)) {
        shim_log("candidate %s: taken", library);
        return 1;
    }
    shim_log("candidate %s: %s", library, reason);
    if (!bare && !search->told) {
        shim_format(search->error, search->n_error, "%s: %s", shim_tail(library, 36, tail, sizeof tail), reason);
        search->told = 1;
    }
    return 0;
}

/* The library of the installation whose prefix this is. */
static int offer_prefix(search_t *search, const char *prefix) {
    char names[4][128], *library = malloc(SHIM_PATH_SIZE);
    int i, k, taken = 0;
    for (i = 0; library && i < search->install->n_tags && !taken; i++) {
        const int n_names = shim_library_names(search->install->tags[i], names, 4);
        for (k = 0; k < n_names && !taken; k++) {
            if (strchr(names[k], '/') || SHIM_SEPARATOR == '\\')
                join(library, SHIM_PATH_SIZE, prefix, names[k]);
            else
                shim_copy(library, SHIM_PATH_SIZE, names[k]);
            taken = offer(search, library);
        }
    }
    free(library);
    return taken;
}

/* A package without compiled modules, not in the venv's own site-packages: "version = 3.11.7" tells as well. */
static void tag_from_venv(shim_install_t *install, const char *text) {
    char version[32], *tag = install->tags[0];
    size_t n = 2;
    if (!value_of(text, "version", version, sizeof version) &&
        !value_of(text, "version_info", version, sizeof version)) /* virtualenv and uv write this one */
        return;
    if (strncmp(version, "3.", 2) != 0)
        return;
    while (n < SHIM_TAG_SIZE - 1 && version[n] >= '0' && version[n] <= '9')
        n++;
    memcpy(tag, version, n);
    tag[n] = 0;
    install->n_tags = 1;
}

enum venv { NO_VENV, VENV_GOOD, VENV_BROKEN };

/* Reads prefix/pyvenv.cfg. home: the program folder of the Python that the venv was made from. */
static enum venv read_venv(search_t *search, const char *prefix, char *home, size_t n_home) {
    static char file[SHIM_PATH_SIZE], text[8192];
    char tail[64], tail2[64];
    join(file, sizeof file, prefix, "pyvenv.cfg");
    if (shim_read_file(file, text, sizeof text) < 0)
        return NO_VENV;
    if (!value_of(text, "home", home, n_home)) {
        shim_format(search->error, search->n_error, "%s names no home: make the venv anew",
                    shim_tail(file, 60, tail, sizeof tail));
        return VENV_BROKEN;
    }
    shim_log("%s: home %s", file, home);
    if (search->install->n_tags == 0)
        tag_from_venv(search->install, text);
    if (!shim_is_folder(home)) {
        shim_format(search->error, search->n_error, "broken venv %s: its Python %s is gone; make the venv anew",
                    shim_tail(prefix, 28, tail, sizeof tail), shim_tail(home, 28, tail2, sizeof tail2));
        return VENV_BROKEN;
    }
    return VENV_GOOD;
}

/* The library of the installation whose programs lie in home. */
static int offer_home(search_t *search, const char *home) {
#ifdef _WIN32
    return offer_prefix(search, home);
#else
    /* as it is written, then as it is: any component may be a link */
    static char prefix[SHIM_PATH_SIZE], written[SHIM_PATH_SIZE];
    shim_copy(prefix, sizeof prefix, home);
    if (!go_up(prefix))
        shim_copy(prefix, sizeof prefix, "/");
    if (offer_prefix(search, prefix))
        return 1;
    shim_copy(written, sizeof written, prefix);
    return shim_real_path(home, prefix, sizeof prefix) && go_up(prefix) && strcmp(prefix, written) != 0 &&
           offer_prefix(search, prefix);
#endif
}

static void program_of(const char *prefix, int is_venv, char *program) {
#ifdef _WIN32
    join(program, SHIM_PATH_SIZE, prefix, is_venv ? "Scripts\\python.exe" : "python.exe");
#else
    join(program, SHIM_PATH_SIZE, prefix, is_venv ? "bin/python" : "bin/python3");
#endif
}

/* The prefix that site-packages belongs to: from .../lib/python3.11/site-packages, or from ...\Lib\site-packages. */
static int prefix_of_packages(const char *path, char *prefix) {
    const char *name = last_component(path);
    if (strcmp(name, "site-packages") != 0 && strcmp(name, "dist-packages") != 0)
        return 0;
    shim_copy(prefix, SHIM_PATH_SIZE, path);
#ifdef _WIN32
    return go_up(prefix) && go_up(prefix);
#else
    return go_up(prefix) && go_up(prefix) && go_up(prefix);
#endif
}

static int prefix_of_program(const char *program, char *prefix) {
    shim_copy(prefix, SHIM_PATH_SIZE, program);
    if (!go_up(prefix))
        return 0;
#ifdef _WIN32
    if (_stricmp(last_component(prefix), "Scripts") != 0)
        return 1; /* <prefix>\python.exe */
#endif
    return go_up(prefix);
}

int shim_find_python(shim_install_t *install, shim_try_fn try_library, void *context, char *error, size_t n_error) {
    static char prefix[SHIM_PATH_SIZE], home[SHIM_PATH_SIZE];
    shim_place_t *place = &install->place;
    search_t search = {install, try_library, context, 0, error, n_error};
    char tail[96];
    enum venv venv = NO_VENV;
    int has_prefix;

    error[0] = 0;
    if (place->program[0] && !shim_is_file(place->program)) {
        shim_format(error, n_error, "%s is gone: install asiokit again, or run asiokit register again",
                    shim_tail(place->program, 56, tail, sizeof tail));
        return 0;
    }
    has_prefix =
        place->program[0] ? prefix_of_program(place->program, prefix) : prefix_of_packages(place->path, prefix);
    if (install->n_tags == 0)
        tag_from_path(install);
    if (has_prefix) {
        venv = read_venv(&search, prefix, home, sizeof home);
        if (venv == VENV_BROKEN)
            return 0;
        if (!place->program[0])
            program_of(prefix, venv == VENV_GOOD, place->program);
    }
    if (place->python_library[0] && offer(&search, place->python_library)) {
        if (!place->program[0]) {
            /* any name in the right prefix will do: Python looks upwards from it for its standard library */
            shim_copy(prefix, sizeof prefix, place->python_library);
            if (go_up(prefix))
                join(place->program, SHIM_PATH_SIZE, prefix, SHIM_SEPARATOR == '\\' ? "python.exe" : "python3");
        }
        return 1;
    }
    if (venv == VENV_GOOD ? offer_home(&search, home) : has_prefix && offer_prefix(&search, prefix))
        return 1;
    if (error[0])
        return 0;
    if (place->python_library[0])
        shim_format(error, n_error, "%s is gone: install asiokit again, or run asiokit register again",
                    shim_tail(place->python_library, 56, tail, sizeof tail));
    else if (!has_prefix)
        shim_format(error, n_error,
                    "%s lies in no Python installation: run asiokit register from the one it belongs to",
                    shim_tail(install->library, 40, tail, sizeof tail));
    else
#ifdef _WIN32
        shim_format(error, n_error, "no Python %s library under %s: install it for this machine, or make the venv anew",
                    install->n_tags ? install->tags[0] : "3",
                    shim_tail(venv == VENV_GOOD ? home : prefix, 40, tail, sizeof tail));
#else
        shim_format(error, n_error,
                    "no libpython%s.so.1.0 for %s: install libpython%s or a Python with a shared library",
                    install->n_tags ? install->tags[0] : "3",
                    shim_tail(venv == VENV_GOOD ? home : prefix, 32, tail, sizeof tail),
                    install->n_tags ? install->tags[0] : "3");
#endif
    return 0;
}

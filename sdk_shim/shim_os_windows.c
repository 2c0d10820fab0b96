/* shim_os_windows.c: files, libraries and the start lock as Windows has them. The shim speaks UTF-8; the wide character
 * begins and ends here. */
#include "shim.h"

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim_windows.h"

HMODULE shim_module; /* set by DllMain of the shim; asiokit.rt.system, which shares this file, has no need of it */

wchar_t *shim_wide(const char *text) {
    int n = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    wchar_t *wide = n > 0 ? malloc((size_t)n * sizeof *wide) : NULL;
    if (wide)
        MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, n);
    return wide;
}

int shim_narrow(const wchar_t *wide, char *text, size_t n_text) {
    if (WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)n_text, NULL, NULL) > 0)
        return 1;
    if (n_text)
        text[0] = 0;
    return 0;
}

static void describe_error(DWORD code, char *reason, size_t n_reason) {
    wchar_t text[256];
    char narrow[512];
    DWORD n =
        FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, code, 0, text, 256, NULL);
    while (n > 0 && (text[n - 1] == L'\r' || text[n - 1] == L'\n' || text[n - 1] == L'.'))
        n--;
    text[n < 256 ? n : 255] = 0;
    if (n == 0 || !shim_narrow(text, narrow, sizeof narrow))
        shim_copy(narrow, sizeof narrow, "Windows gives no text");
    shim_format(reason, n_reason, "%s (error %lu)", narrow, (unsigned long)code);
}

/* ---- libraries ---- */

void *shim_library_open(const char *path, char *reason, size_t n_reason) {
    wchar_t *wide = shim_wide(path);
    HMODULE library = NULL;
    if (!wide) {
        shim_copy(reason, n_reason, "the path is not valid UTF-8");
        return NULL;
    }
    /* its own folder first: the C run-time library may lie beside it. Never PATH, never the working directory */
    library = LoadLibraryExW(wide, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    if (!library)
        describe_error(GetLastError(), reason, n_reason);
    free(wide);
    return library;
}

void shim_library_close(void *library) {
    if (library)
        FreeLibrary(library);
}

shim_symbol_fn shim_library_symbol(void *library, const char *name) {
    const FARPROC found = GetProcAddress(library, name);
    shim_symbol_fn function;
    memcpy(&function, &found, sizeof function); /* from one function type to another, without a cast's warning */
    return function;
}

int shim_loaded_pythons(shim_loaded_t *loaded, int n_max) {
    int n = 0, minor, threaded;
    for (minor = 8; minor < 40; minor++) {
        for (threaded = 0; threaded < 2; threaded++) {
            wchar_t name[32];
            HMODULE library;
            swprintf(name, 32, L"python3%d%ls.dll", minor, threaded ? L"t" : L"");
            if (n < n_max && GetModuleHandleExW(0, name, &library)) {
                loaded[n].library = library;
                loaded[n].path[0] = 0;
                loaded[n++].global = 0; /* a DLL's imports name their DLL: two Pythons don't mix */
            }
        }
    }
    return n;
}

void shim_library_publish(const shim_loaded_t *loaded) { (void)loaded; }

int shim_library_names(const char *tag, char names[][128], int n_max) {
    /* "3.11" -> python311.dll. No search by the system: it would look at PATH */
    if (n_max < 1)
        return 0;
    snprintf(names[0], sizeof names[0], "python%c%s.dll", tag[0], tag + 2);
    return 1;
}

/* ---- the start lock ---- */

void shim_lock_take(shim_lock_t *lock) {
    wchar_t name[64];
    swprintf(name, 64, L"Local\\asiokit-start-%lu", (unsigned long)GetCurrentProcessId());
    lock->mutex = CreateMutexW(NULL, FALSE, name);
    if (lock->mutex)
        WaitForSingleObject(lock->mutex, INFINITE);
}

void shim_lock_give(shim_lock_t *lock) {
    if (lock->mutex) {
        ReleaseMutex(lock->mutex);
        CloseHandle(lock->mutex);
    }
}

/* ---- files ---- */

int shim_own_path(char *path, size_t n_path) {
    wchar_t wide[2048];
    DWORD n = GetModuleFileNameW(shim_module, wide, 2048);
    return n > 0 && n < 2048 && shim_narrow(wide, path, n_path);
}

int shim_real_path(const char *path, char *real, size_t n_real) {
    wchar_t *wide = shim_wide(path), resolved[2048];
    HANDLE file = wide ? CreateFileW(wide, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                     OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL)
                       : INVALID_HANDLE_VALUE;
    DWORD n = 0;
    int ok;
    free(wide);
    if (file == INVALID_HANDLE_VALUE)
        return 0;
    n = GetFinalPathNameByHandleW(file, resolved, 2048, FILE_NAME_NORMALIZED);
    CloseHandle(file);
    if (n == 0 || n >= 2048)
        return 0;
    /* "\\?\C:\..." -> "C:\..."; a share's "\\?\UNC\..." is left as it is */
    ok = wcsncmp(resolved, L"\\\\?\\", 4) == 0 && resolved[5] == L':';
    return shim_narrow(ok ? resolved + 4 : resolved, real, n_real);
}

static DWORD attributes(const char *path) {
    wchar_t *wide = shim_wide(path);
    DWORD found = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
    free(wide);
    return found;
}

int shim_is_file(const char *path) {
    const DWORD found = attributes(path);
    return found != INVALID_FILE_ATTRIBUTES && !(found & FILE_ATTRIBUTE_DIRECTORY);
}

int shim_is_folder(const char *path) {
    const DWORD found = attributes(path);
    return found != INVALID_FILE_ATTRIBUTES && (found & FILE_ATTRIBUTE_DIRECTORY);
}

int shim_read_file(const char *path, char *text, size_t n_text) {
    wchar_t *wide = shim_wide(path);
    HANDLE file = wide ? CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                     OPEN_EXISTING, 0, NULL)
                       : INVALID_HANDLE_VALUE;
    DWORD n = 0;
    BOOL ok;
    free(wide);
    if (file == INVALID_HANDLE_VALUE)
        return -1;
    ok = ReadFile(file, text, (DWORD)(n_text - 1), &n, NULL);
    CloseHandle(file);
    if (!ok)
        return -1;
    text[n] = 0;
    return (int)n;
}

void shim_each_file(const char *folder, void (*visit)(void *context, const char *name), void *context) {
    char pattern[SHIM_PATH_SIZE], name[MAX_PATH * 3];
    WIN32_FIND_DATAW found;
    wchar_t *wide;
    HANDLE search;
    shim_format(pattern, sizeof pattern, "%s\\*", folder);
    wide = shim_wide(pattern);
    search = wide ? FindFirstFileW(wide, &found) : INVALID_HANDLE_VALUE;
    free(wide);
    if (search == INVALID_HANDLE_VALUE)
        return;
    do {
        if (shim_narrow(found.cFileName, name, sizeof name))
            visit(context, name);
    } while (FindNextFileW(search, &found));
    FindClose(search);
}

/* ---- standard streams ---- */

/* Python's C library is its own (ucrtbase.dll), with its own descriptors 0 to 2 over the process's standard handles. A
 * descriptor without a file is no trouble to Python, and a GUI program has none; but one that passes for a disk file
 * and then answers no question about it makes Python's start fail (so it is in Wine when a stream was closed; on
 * Windows a handle without the right to read attributes). Such a descriptor is pointed at NUL. The host's handles stay
 * as they are: neither closed nor replaced. */

typedef void(__cdecl *parameter_handler_fn)(const wchar_t *, const wchar_t *, const wchar_t *, unsigned, uintptr_t);

static void __cdecl ignore_parameter(const wchar_t *expression, const wchar_t *function, const wchar_t *file,
                                     unsigned line, uintptr_t reserved) {
    (void)expression, (void)function, (void)file, (void)line, (void)reserved;
}

typedef struct crt {
    parameter_handler_fn(__cdecl *_set_thread_local_invalid_parameter_handler)(parameter_handler_fn);
    intptr_t(__cdecl *_get_osfhandle)(int);
    int(__cdecl *_open_osfhandle)(intptr_t, int);
    int(__cdecl *_dup2)(int, int);
    int(__cdecl *_close)(int);
} crt_t;

static int is_deceptive(HANDLE handle) {
    BY_HANDLE_FILE_INFORMATION information;
    return handle != INVALID_HANDLE_VALUE && GetFileType(handle) == FILE_TYPE_DISK &&
           !GetFileInformationByHandle(handle, &information);
}

static void point_at_nul(const crt_t *crt, int descriptor, HANDLE handle) {
    static const DWORD names[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    const HANDLE standard = GetStdHandle(names[descriptor]);
    HANDLE nul = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                             OPEN_EXISTING, 0, NULL);
    int other = nul == INVALID_HANDLE_VALUE ? -1 : crt->_open_osfhandle((intptr_t)nul, 0);
    DWORD flags = 0;
    if (other < 0) {
        if (nul != INVALID_HANDLE_VALUE)
            CloseHandle(nul);
        return;
    }
    GetHandleInformation(handle, &flags);
    SetHandleInformation(handle, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE); /* from _dup2 */
    crt->_dup2(other, descriptor);
    SetHandleInformation(handle, HANDLE_FLAG_PROTECT_FROM_CLOSE, flags & HANDLE_FLAG_PROTECT_FROM_CLOSE);
    SetStdHandle(names[descriptor], standard); /* which _dup2 may have replaced */
    crt->_close(other);
    shim_log("standard stream %d is unusable: Python gets NUL instead", descriptor);
}

void shim_mend_streams(void) {
    HMODULE library = GetModuleHandleW(L"ucrtbase.dll");
    parameter_handler_fn handler;
    crt_t crt;
    int descriptor;
    if (!library)
        return;
#define BIND_CRT(name)                                                                                                 \
    {                                                                                                                  \
        const FARPROC found = GetProcAddress(library, #name);                                                          \
        if (!found)                                                                                                    \
            return;                                                                                                    \
        memcpy(&crt.name, &found, sizeof found);                                                                       \
    }
    BIND_CRT(_set_thread_local_invalid_parameter_handler)
    BIND_CRT(_get_osfhandle)
    BIND_CRT(_open_osfhandle)
    BIND_CRT(_dup2)
    BIND_CRT(_close)
    /* a descriptor that the host has closed would otherwise end the process */
    handler = crt._set_thread_local_invalid_parameter_handler(ignore_parameter);
    for (descriptor = 0; descriptor < 3; descriptor++) {
        const HANDLE handle = (HANDLE)crt._get_osfhandle(descriptor);
        if (is_deceptive(handle))
            point_at_nul(&crt, descriptor, handle);
    }
    crt._set_thread_local_invalid_parameter_handler(handler);
}

/* ---- time ---- */

int64_t shim_now_ms(void) { return (int64_t)GetTickCount64(); }

void shim_sleep_ms(int ms) { Sleep((DWORD)ms); }

#endif

/* shim_log_windows.c: where the log lies on Windows: %LOCALAPPDATA%\asiokit. */
#include "shim.h"

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#include <windows.h>

#include <stdio.h>
#include <string.h>

void shim_stamp(char *stamp, size_t n_stamp) {
    SYSTEMTIME now;
    GetSystemTime(&now);
    snprintf(stamp, n_stamp, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %lu %lu", now.wYear, now.wMonth, now.wDay, now.wHour,
             now.wMinute, now.wSecond, now.wMilliseconds, (unsigned long)GetCurrentProcessId(),
             (unsigned long)GetCurrentThreadId());
}

/* The environment variable rather than SHGetKnownFolderPath: shell32 is a heavy guest in a foreign process. */
static int log_folder(wchar_t *folder, DWORD n_folder) {
    DWORD n = GetEnvironmentVariableW(L"LOCALAPPDATA", folder, n_folder);
    if (n > 0 && n < n_folder - 16) {
        wcscat(folder, L"\\asiokit");
        return 1;
    }
    n = GetEnvironmentVariableW(L"USERPROFILE", folder, n_folder);
    if (n > 0 && n < n_folder - 32) {
        wcscat(folder, L"\\AppData\\Local\\asiokit");
        return 1;
    }
    return 0;
}

void shim_append_log(const char *text, size_t n_text) {
    enum { MAX_BYTES = 4 << 20 };
    wchar_t path[1024], old[1024];
    WIN32_FILE_ATTRIBUTE_DATA status;
    const DWORD before = GetLastError();
    HANDLE file;
    if (log_folder(path, 960)) {
        DWORD written = 0;
        CreateDirectoryW(path, NULL);
        wcscat(path, L"\\asiokit.log");
        if (GetFileAttributesExW(path, GetFileExInfoStandard, &status) &&
            (status.nFileSizeHigh || status.nFileSizeLow > MAX_BYTES)) {
            swprintf(old, 1024, L"%ls.old", path);
            MoveFileExW(path, old, MOVEFILE_REPLACE_EXISTING);
        }
        file = CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                           OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
        if (file != INVALID_HANDLE_VALUE) {
            WriteFile(file, text, (DWORD)n_text, &written, NULL);
            CloseHandle(file);
        }
    }
    SetLastError(before);
}

#endif

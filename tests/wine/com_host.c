/* The Windows sister of host.c: a COM host that has never heard of Python. Built as a console program and, with
 * -mwindows, as one that has no console. Compiled by test_com.py.
 *
 * host REPORT {CLSID} [word ...]: dll=PATH (DllGetClassObject of this file, instead of CoCreateInstance), thread,
 * threads=N, nostd (standard handles set to nothing), badstd (set to a closed handle), again, com (the COM rules),
 * register=PATH, unregister=PATH (DllRegisterServer ... of this file), mta */
#define COBJMACROS
#include <windows.h>

#include <objbase.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asio_abi.h"

typedef struct answer {
    double ms;
    asio_driver_t *driver;
    HRESULT code;
    long init;
    char name[256], text[256];
} answer_t;

static GUID clsid;
static const WCHAR *dll;
static int use_mta;
static HANDLE gate;
static const GUID unknown = {0, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
static const GUID class_factory = {1, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
static const GUID nonsense = {0x12345678, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

typedef HRESULT(STDAPICALLTYPE *get_class_object_fn)(REFCLSID, REFIID, void **);

static double now_ms(void) {
    LARGE_INTEGER count, hz;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&hz);
    return (double)count.QuadPart * 1e3 / (double)hz.QuadPart;
}

static FARPROC export_of(const WCHAR *path, const char *name) {
    HMODULE library = LoadLibraryW(path);
    return library ? GetProcAddress(library, name) : NULL;
}

static HRESULT create(asio_driver_t **driver) {
    get_class_object_fn get;
    FARPROC found;
    IClassFactory *factory = NULL;
    HRESULT code;
    if (!dll)
        return CoCreateInstance(&clsid, NULL, CLSCTX_INPROC_SERVER, &clsid, (void **)driver);
    found = export_of(dll, "DllGetClassObject");
    if (!found)
        return HRESULT_FROM_WIN32(GetLastError());
    memcpy(&get, &found, sizeof get);
    code = get(&clsid, &class_factory, (void **)&factory);
    if (SUCCEEDED(code)) {
        code = IClassFactory_CreateInstance(factory, NULL, &clsid, (void **)driver);
        IClassFactory_Release(factory);
    }
    return code;
}

static DWORD WINAPI ask(void *context) {
    answer_t *answer = context;
    double begin;
    CoInitializeEx(NULL, use_mta ? COINIT_MULTITHREADED : COINIT_APARTMENTTHREADED);
    if (gate)
        WaitForSingleObject(gate, INFINITE);
    begin = now_ms();
    answer->code = create(&answer->driver);
    answer->ms = now_ms() - begin;
    if (FAILED(answer->code) || !answer->driver)
        return 0;
    memset(answer->name, '#', sizeof answer->name - 1);
    memset(answer->text, '#', sizeof answer->text - 1);
    answer->init = answer->driver->vtable->init(answer->driver, NULL);
    answer->driver->vtable->get_driver_name(answer->driver, answer->name);
    answer->driver->vtable->get_error_message(answer->driver, answer->text);
    return 0;
}

/* ---- what every COM object owes its callers ---- */

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            fprintf(report, "broken=%s\n", #condition);                                                                \
    } while (0)

static void com_rules(FILE *report) {
    get_class_object_fn get;
    IClassFactory *factory = NULL, *same = NULL;
    IUnknown *object = NULL;
    asio_driver_t *driver = NULL, *other = NULL;
    FARPROC found = export_of(dll, "DllGetClassObject");
    HRESULT(STDAPICALLTYPE * can_unload)(void);
    memcpy(&get, &found, sizeof get);
    found = export_of(dll, "DllCanUnloadNow");
    memcpy(&can_unload, &found, sizeof can_unload);
    MUST(can_unload() == S_FALSE);
    MUST(get(NULL, &class_factory, (void **)&factory) == E_POINTER && !factory);
    MUST(get(&clsid, NULL, (void **)&factory) == E_POINTER && !factory);
    MUST(get(&clsid, &class_factory, NULL) == E_POINTER);
    factory = (IClassFactory *)(void *)&clsid;
    MUST(get(&nonsense, &class_factory, (void **)&factory) == CLASS_E_CLASSNOTAVAILABLE && !factory);
    factory = (IClassFactory *)(void *)&clsid;
    MUST(get(&clsid, &nonsense, (void **)&factory) == E_NOINTERFACE && !factory);
    MUST(get(&clsid, &unknown, (void **)&same) == S_OK && same);
    MUST(get(&clsid, &class_factory, (void **)&factory) == S_OK && factory == same);
    MUST(IClassFactory_QueryInterface(factory, &unknown, (void **)&object) == S_OK && object == (IUnknown *)factory);
    MUST(IClassFactory_QueryInterface(factory, &nonsense, (void **)&object) == E_NOINTERFACE && !object);
    MUST(IClassFactory_QueryInterface(factory, &unknown, NULL) == E_POINTER);
    MUST(IClassFactory_AddRef(factory) > 1 && IClassFactory_Release(factory) > 0);
    MUST(IClassFactory_LockServer(factory, TRUE) == S_OK && IClassFactory_LockServer(factory, FALSE) == S_OK);
    MUST(IClassFactory_CreateInstance(factory, NULL, &clsid, NULL) == E_POINTER);
    MUST(IClassFactory_CreateInstance(factory, NULL, NULL, (void **)&driver) == E_POINTER && !driver);
    driver = (asio_driver_t *)(void *)&clsid;
    MUST(IClassFactory_CreateInstance(factory, (IUnknown *)factory, &unknown, (void **)&driver) ==
             CLASS_E_NOAGGREGATION &&
         !driver);
    driver = (asio_driver_t *)(void *)&clsid;
    MUST(IClassFactory_CreateInstance(factory, NULL, &nonsense, (void **)&driver) == E_NOINTERFACE && !driver);
    MUST(IClassFactory_CreateInstance(factory, NULL, &unknown, (void **)&driver) == S_OK && driver);
    if (driver) {
        const asio_guid_t *own = (const asio_guid_t *)(const void *)&clsid;
        MUST(driver->vtable->query_interface(driver, own, (void **)&other) == S_OK && other == driver);
        MUST(driver->vtable->query_interface(driver, (const asio_guid_t *)(const void *)&unknown, (void **)&other) ==
             S_OK);
        MUST(driver->vtable->query_interface(driver, (const asio_guid_t *)(const void *)&nonsense, (void **)&other) ==
                 E_NOINTERFACE &&
             !other);
        MUST(driver->vtable->query_interface(driver, own, NULL) == E_POINTER);
        MUST(driver->vtable->add_ref(driver) == 4);
        MUST(driver->vtable->release(driver) == 3);
        MUST(driver->vtable->release(driver) == 2);
        MUST(driver->vtable->release(driver) == 1);
        MUST(driver->vtable->release(driver) == 0);
    }
    IClassFactory_Release(factory);
}

static HRESULT call_export(const WCHAR *path, const char *name) {
    FARPROC found = export_of(path, name);
    HRESULT(STDAPICALLTYPE * function)(void);
    memcpy(&function, &found, sizeof function);
    return found ? function() : HRESULT_FROM_WIN32(GetLastError());
}

static const WCHAR *value_of(const WCHAR *word, const WCHAR *key) {
    const size_t n = wcslen(key);
    return wcsncmp(word, key, n) == 0 ? word + n : NULL;
}

int wmain(int argc, WCHAR **argv) {
    static answer_t answers[64];
    static const DWORD streams[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    HANDLE threads[64], before[3], bad;
    WCHAR cwd[1024], cwd_after[1024];
    const WCHAR *value;
    HRESULT enrolled = S_OK;
    FILE *report;
    int i, n = 1, threaded = 0, again = 0, rules = 0, std = 0, enroll = 0;
    if (argc < 3 || FAILED(CLSIDFromString(argv[2], &clsid)))
        return 2;
    for (i = 3; i < argc; i++) {
        if ((value = value_of(argv[i], L"dll=")) != NULL)
            dll = value;
        else if ((value = value_of(argv[i], L"threads=")) != NULL)
            threaded = 1, n = _wtoi(value);
        else if (wcscmp(argv[i], L"thread") == 0)
            threaded = 1;
        else if (wcscmp(argv[i], L"nostd") == 0)
            std = 1;
        else if (wcscmp(argv[i], L"badstd") == 0)
            std = 2;
        else if (wcscmp(argv[i], L"again") == 0)
            again = 1;
        else if (wcscmp(argv[i], L"mta") == 0)
            use_mta = 1;
        else if (wcscmp(argv[i], L"com") == 0)
            rules = 1;
        else if ((value = value_of(argv[i], L"register=")) != NULL)
            enroll = 1, enrolled = call_export(value, "DllRegisterServer");
        else if ((value = value_of(argv[i], L"unregister=")) != NULL)
            enroll = 1, enrolled = call_export(value, "DllUnregisterServer");
        else
            return 2;
    }
    bad = CreateEventW(NULL, FALSE, FALSE, NULL);
    CloseHandle(bad);
    for (i = 0; i < 3; i++) {
        if (std)
            SetStdHandle(streams[i], std == 1 ? NULL : bad);
        before[i] = GetStdHandle(streams[i]);
    }
    GetCurrentDirectoryW(1024, cwd);
    if (enroll) {
        n = 0;
    } else if (threaded) {
        gate = CreateEventW(NULL, TRUE, FALSE, NULL);
        for (i = 0; i < n; i++)
            threads[i] = CreateThread(NULL, 0, ask, &answers[i], 0, NULL);
        SetEvent(gate);
        WaitForMultipleObjects((DWORD)n, threads, TRUE, INFINITE);
    } else {
        ask(&answers[0]);
    }
    if (again && answers[0].driver) {
        answers[0].driver->vtable->release(answers[0].driver);
        CoFreeUnusedLibraries();
        ask(&answers[n++]);
    }
    report = _wfopen(argv[1], L"w");
    if (!report)
        return 2;
    for (i = 0; i < 3; i++)
        if (GetStdHandle(streams[i]) != before[i])
            fprintf(report, "changed=standard handle %d\n", i);
    GetCurrentDirectoryW(1024, cwd_after);
    if (wcscmp(cwd, cwd_after) != 0)
        fprintf(report, "changed=working directory\n");
    if (rules)
        com_rules(report);
    if (enroll)
        fprintf(report, "enrolled=%08lx\n", (unsigned long)enrolled);
    for (i = 0; i < n; i++)
        fprintf(report, "driver=%d ms=%.1f init=%ld name=%s text=%s\n", answers[i].driver != NULL, answers[i].ms,
                answers[i].init, answers[i].name, answers[i].text);
    for (i = 0; i < n; i++)
        if (FAILED(answers[i].code))
            fprintf(report, "failed=%08lx\n", (unsigned long)answers[i].code);
    fclose(report);
    /* as a DAW ends: with drivers released or not, never with Python finalised */
    return 0;
}

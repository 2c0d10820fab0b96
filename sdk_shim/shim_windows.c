/* shim_windows.c: the COM face of the library. One DLL serves every driver entry: the CLSID tells which one the host
 * chose, and the registry key asiokit beside that CLSID says what it is (docs/architecture.md). */
#include "shim.h"

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#define COBJMACROS
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#include <windows.h>

#include <objbase.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim_windows.h"

static const GUID iid_unknown = {0x00000000, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
static const GUID iid_class_factory = {0x00000001, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};

/* The loader lock is held: nothing but this. */
BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved) {
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        shim_module = module;
    return TRUE;
}

/* Python can't be unloaded, so neither can we; hosts do call CoFreeUnusedLibraries. */
static void pin(void) {
    HMODULE self;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                       (LPCWSTR)(void *)&shim_module, &self);
}

/* ---- the record that `asiokit register` has written ---- */

typedef struct record {
    char name[512];
    char config[SHIM_PATH_SIZE];
    shim_place_t place;
} record_t;

static void read_value(HKEY key, const wchar_t *name, char *value, size_t n_value) {
    wchar_t wide[SHIM_PATH_SIZE];
    DWORD n_bytes = sizeof wide;
    value[0] = 0;
    if (RegGetValueW(key, NULL, name, RRF_RT_REG_SZ, NULL, wide, &n_bytes) == ERROR_SUCCESS)
        shim_narrow(wide, value, n_value);
}

/* 1 if clsid is one of ours. record may be NULL. HKEY_LOCAL_MACHINE only: what a user may write into his own half of
 * HKEY_CLASSES_ROOT must not choose the code that an elevated host loads. */
static int read_record(const GUID *clsid, record_t *record) {
    wchar_t path[128];
    HKEY key;
    swprintf(path, 128, L"Software\\Classes\\CLSID\\{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}\\asiokit",
             (unsigned long)clsid->Data1, clsid->Data2, clsid->Data3, clsid->Data4[0], clsid->Data4[1], clsid->Data4[2],
             clsid->Data4[3], clsid->Data4[4], clsid->Data4[5], clsid->Data4[6], clsid->Data4[7]);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key) != ERROR_SUCCESS)
        return 0;
    if (record) {
        read_value(key, L"name", record->name, sizeof record->name);
        read_value(key, L"config", record->config, sizeof record->config);
        read_value(key, L"python_library", record->place.python_library, SHIM_PATH_SIZE);
        read_value(key, L"program", record->place.program, SHIM_PATH_SIZE);
        read_value(key, L"path", record->place.path, SHIM_PATH_SIZE);
    }
    RegCloseKey(key);
    return 1;
}

/* ---- class objects: one a CLSID, made when first asked for, kept for the life of the process ---- */

typedef struct factory {
    IClassFactory face; /* first: the object's address is its interface */
    GUID clsid;
    struct factory *next;
} factory_t;

static factory_t *factories;
static SRWLOCK factories_lock = SRWLOCK_INIT;

static HRESULT STDMETHODCALLTYPE factory_query(IClassFactory *self, REFIID iid, void **object) {
    if (!object)
        return E_POINTER;
    *object = NULL;
    if (!iid)
        return E_POINTER;
    if (!IsEqualGUID(iid, &iid_unknown) && !IsEqualGUID(iid, &iid_class_factory))
        return E_NOINTERFACE;
    *object = self;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE factory_add_ref(IClassFactory *self) {
    (void)self;
    return 2; /* it lives as long as the process does */
}

static ULONG STDMETHODCALLTYPE factory_release(IClassFactory *self) {
    (void)self;
    return 1;
}

static HRESULT STDMETHODCALLTYPE factory_create(IClassFactory *self, IUnknown *outer, REFIID iid, void **object) {
    const GUID *clsid = &((factory_t *)(void *)self)->clsid;
    record_t *record;
    if (!object)
        return E_POINTER;
    *object = NULL;
    if (!iid)
        return E_POINTER;
    if (outer)
        return CLASS_E_NOAGGREGATION;
    /* ASIO hosts pass the CLSID as the IID: there is no other name for the interface */
    if (!IsEqualGUID(iid, &iid_unknown) && !IsEqualGUID(iid, clsid))
        return E_NOINTERFACE;
    record = calloc(1, sizeof *record);
    if (!record)
        return E_OUTOFMEMORY;
    if (!read_record(clsid, record)) { /* unregistered since the class object was handed out */
        free(record);
        return CLASS_E_CLASSNOTAVAILABLE;
    }
    *object = shim_create(record->name[0] ? record->name : NULL, record->config[0] ? record->config : NULL,
                          (const asio_guid_t *)(const void *)clsid, &record->place);
    free(record);
    return *object ? S_OK : E_OUTOFMEMORY;
}

static HRESULT STDMETHODCALLTYPE factory_lock(IClassFactory *self, BOOL lock) {
    (void)self, (void)lock;
    return S_OK;
}

static IClassFactoryVtbl factory_vtable = {factory_query, factory_add_ref, factory_release, factory_create,
                                           factory_lock};

static factory_t *factory_of(const GUID *clsid) {
    factory_t *factory;
    AcquireSRWLockExclusive(&factories_lock);
    for (factory = factories; factory && !IsEqualGUID(&factory->clsid, clsid); factory = factory->next) {
    }
    if (!factory && (factory = calloc(1, sizeof *factory)) != NULL) {
        factory->face.lpVtbl = &factory_vtable;
        factory->clsid = *clsid;
        factory->next = factories;
        factories = factory;
    }
    ReleaseSRWLockExclusive(&factories_lock);
    return factory;
}

/* ---- exports (named in setup.py) ---- */

STDAPI DllGetClassObject(REFCLSID clsid, REFIID iid, void **object) {
    factory_t *factory;
    if (!object)
        return E_POINTER;
    *object = NULL;
    if (!clsid || !iid)
        return E_POINTER;
    if (!read_record(clsid, NULL))
        return CLASS_E_CLASSNOTAVAILABLE;
    pin();
    factory = factory_of(clsid);
    return factory ? factory_query(&factory->face, iid, object) : E_OUTOFMEMORY;
}

STDAPI DllCanUnloadNow(void) { return S_FALSE; }

static HRESULT enroll(int32_t on) {
    char error[SHIM_TEXT_SIZE] = "";
    const asiokit_entry_t *entry;
    pin();
    entry = shim_entry(NULL, error, sizeof error);
    if (entry && entry->enroll(NULL, on, error, sizeof error) == 0)
        return S_OK;
    shim_log("%s: %s", on ? "DllRegisterServer" : "DllUnregisterServer", error);
    return (HRESULT)0x80040201L; /* SELFREG_E_CLASS: regsvr32 shows it; the text is in the log */
}

STDAPI DllRegisterServer(void) { return enroll(1); }

STDAPI DllUnregisterServer(void) { return enroll(0); }

#endif

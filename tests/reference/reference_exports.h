/* reference_exports.h: how a host reaches the reference driver. Part of reference_driver.c, which includes it once. */
#ifdef _WIN32

#define CLASS_KEY "CLSID\\{8E1FD3C4-2B6A-4D0E-9C57-0A51E0C0FFEE}"
#define SERVER_KEY "Software\\Classes\\" CLASS_KEY "\\InprocServer32"
#define ASIO_KEY "SOFTWARE\\ASIO\\" DRIVER_NAME

typedef struct factory factory_t;
typedef struct factory_vtable {
    int32_t(__stdcall *query_interface)(factory_t *, const asio_guid_t *, void **);
    uint32_t(__stdcall *add_ref)(factory_t *);
    uint32_t(__stdcall *release)(factory_t *);
    int32_t(__stdcall *create_instance)(factory_t *, void *outer, const asio_guid_t *, void **);
    int32_t(__stdcall *lock_server)(factory_t *, int32_t lock);
} factory_vtable_t;
struct factory {
    const factory_vtable_t *vtable;
};

static const asio_guid_t IID_CLASS_FACTORY = {1, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};

static int32_t __stdcall factory_query(factory_t *factory, const asio_guid_t *iid, void **object) {
    if (!object)
        return COM_POINTER;
    *object = NULL;
    if (memcmp(iid, &IID_CLASS_FACTORY, sizeof *iid) && memcmp(iid, &IID_UNKNOWN, sizeof *iid))
        return COM_NO_INTERFACE;
    *object = factory;
    return COM_OK;
}
static uint32_t __stdcall factory_count(factory_t *factory) { /* static: never freed */
    (void)factory;
    return 1;
}
static int32_t __stdcall factory_create(factory_t *factory, void *outer, const asio_guid_t *iid, void **object) {
    asio_driver_t *driver;
    int32_t result;
    (void)factory;
    if (!object)
        return COM_POINTER;
    *object = NULL;
    if (outer)
        return (int32_t)0x80040110; /* CLASS_E_NOAGGREGATION */
    driver = instantiateDriver();
    if (!driver)
        return (int32_t)0x8007000E; /* E_OUTOFMEMORY */
    result = query_interface(driver, iid, object);
    release(driver);
    return result;
}
static int32_t __stdcall factory_lock(factory_t *factory, int32_t lock) {
    (void)factory, (void)lock;
    return COM_OK;
}
static const factory_vtable_t FACTORY_VTABLE = {factory_query, factory_count, factory_count, factory_create,
                                                factory_lock};
static factory_t the_factory = {&FACTORY_VTABLE};

EXPORT int32_t __stdcall DllGetClassObject(const asio_guid_t *class_id, const asio_guid_t *iid, void **object) {
    HMODULE pinned;
    /* some hosts unload right after the last release, while a clock thread may still be on its way out */
    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       (const char *)(const void *)&the_factory, &pinned);
    if (!object)
        return COM_POINTER;
    *object = NULL;
    if (memcmp(class_id, &CLASS_ID, sizeof *class_id))
        return (int32_t)0x80040111; /* CLASS_E_CLASSNOTAVAILABLE */
    return factory_query(&the_factory, iid, object);
}

EXPORT int32_t __stdcall DllCanUnloadNow(void) { return 1; /* S_FALSE */ }

static LSTATUS write_value(const char *key, const char *name, const char *text) {
    HKEY handle;
    LSTATUS status = RegCreateKeyExA(HKEY_LOCAL_MACHINE, key, 0, NULL, 0, KEY_WRITE, NULL, &handle, NULL);
    if (status)
        return status;
    status = RegSetValueExA(handle, name, 0, REG_SZ, (const BYTE *)text, (DWORD)strlen(text) + 1);
    RegCloseKey(handle);
    return status;
}

EXPORT int32_t __stdcall DllRegisterServer(void) {
    char path[MAX_PATH];
    HMODULE module;
    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       (const char *)(const void *)&the_factory, &module);
    GetModuleFileNameA(module, path, sizeof path);
    if (write_value("Software\\Classes\\" CLASS_KEY, NULL, DRIVER_NAME) || write_value(SERVER_KEY, NULL, path) ||
        write_value(SERVER_KEY, "ThreadingModel", "Both") ||
        write_value(ASIO_KEY, "CLSID", "{8E1FD3C4-2B6A-4D0E-9C57-0A51E0C0FFEE}") ||
        write_value(ASIO_KEY, "Description", DRIVER_NAME))
        return (int32_t)0x80040201; /* SELFREG_E_CLASS */
    return COM_OK;
}

EXPORT int32_t __stdcall DllUnregisterServer(void) {
    RegDeleteKeyA(HKEY_LOCAL_MACHINE, SERVER_KEY);
    RegDeleteKeyA(HKEY_LOCAL_MACHINE, "Software\\Classes\\" CLASS_KEY);
    RegDeleteKeyA(HKEY_LOCAL_MACHINE, ASIO_KEY);
    return COM_OK;
}

#else

EXPORT void releaseDriver(asio_driver_t *driver);
EXPORT void releaseDriver(asio_driver_t *driver) { release(driver); }

static void entry_path(char *path, size_t n, const char *name, const char *file) {
    const char *root = getenv("ASIOKIT_CWASIO_DIR");
    snprintf(path, n, "%s/%s%s%s", root && *root ? root : "/etc/cwASIO", name, *file ? "/" : "", file);
}

EXPORT int registerDriver(const char *name);
EXPORT int registerDriver(const char *name) {
    char path[1024];
    Dl_info own;
    FILE *file;
    if (!name || !*name || strchr(name, '/') || *name == '.')
        return EINVAL;
    if (!dladdr(&VTABLE, &own))
        return ENOENT;
    entry_path(path, sizeof path, name, "");
    if (mkdir(path, 0755) && errno != EEXIST)
        return errno;
    entry_path(path, sizeof path, name, "driver");
    if (!(file = fopen(path, "w")))
        return errno;
    fprintf(file, "%s\n", own.dli_fname);
    return fclose(file) ? errno : 0;
}

EXPORT int unregisterDriver(const char *name);
EXPORT int unregisterDriver(const char *name) {
    char path[1024];
    if (!name || !*name || strchr(name, '/') || *name == '.')
        return EINVAL;
    entry_path(path, sizeof path, name, "driver");
    if (unlink(path))
        return errno;
    entry_path(path, sizeof path, name, "description");
    unlink(path); /* there may be none */
    entry_path(path, sizeof path, name, "");
    return rmdir(path) ? errno : 0;
}

#endif

/* rs_host.c: opens a driver as RS_ASIO does: it reads the registry itself, LoadLibrary, DllGetClassObject, no
 * CoInitialize, no COM registration looked up by the system; and FreeLibrary straight after the last Release.
 *
 *   rs_host DLL {CLSID} ROUNDS FRAMES
 *
 * Prints one JSON line a round. Exit code 0: every round ran; 1: a call failed (the line says which); 2: usage. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asio_abi.h"
#include "json_out.h"

enum { N_CHANNELS = 2, N_SWITCHES = 50, SWITCH_LIMIT_MS = 5000 };

typedef struct class_factory class_factory_t;
typedef struct class_factory_vtable {
    int32_t(__stdcall *query_interface)(class_factory_t *, const asio_guid_t *, void **);
    uint32_t(__stdcall *add_ref)(class_factory_t *);
    uint32_t(__stdcall *release)(class_factory_t *);
    int32_t(__stdcall *create_instance)(class_factory_t *, void *outer, const asio_guid_t *, void **);
    int32_t(__stdcall *lock_server)(class_factory_t *, int32_t lock);
} class_factory_vtable_t;
struct class_factory {
    const class_factory_vtable_t *vtable;
};
typedef int32_t(__stdcall *get_class_object_fn)(const asio_guid_t *, const asio_guid_t *, void **);

static const asio_guid_t IID_CLASS_FACTORY = {1, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};

static volatile LONG n_switches;
static HANDLE enough;

static void on_switch(asio_long_t index, asio_bool_t direct) {
    (void)index, (void)direct;
    if (InterlockedIncrement(&n_switches) == N_SWITCHES)
        SetEvent(enough);
}
static asio_time_t *on_switch_time_info(asio_time_t *time, asio_long_t index, asio_bool_t direct) {
    on_switch(index, direct);
    return time;
}
static void on_rate(asio_rate_t rate_hz) { (void)rate_hz; }
static asio_long_t on_message(asio_long_t selector, asio_long_t value, void *message, double *opt) {
    (void)value, (void)message, (void)opt;
    return selector == ASIO_MSG_ENGINE_VERSION ? 2 : 0;
}

static int parse_guid(const char *text, asio_guid_t *guid) {
    unsigned int a, b, c, d[8];
    int i;
    if (sscanf(text, "{%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}", &a, &b, &c, &d[0], &d[1], &d[2], &d[3], &d[4], &d[5],
               &d[6], &d[7]) != 11)
        return 0;
    guid->data1 = a;
    guid->data2 = (uint16_t)b;
    guid->data3 = (uint16_t)c;
    for (i = 0; i < 8; i++)
        guid->data4[i] = (uint8_t)d[i];
    return 1;
}

/* What went wrong, or NULL. Fills name with the driver's name and text with what it says of an error. */
static const char *play(asio_driver_t *driver, asio_long_t n_frames, char *name, char *text) {
    static asio_callbacks_t callbacks = {on_switch, on_rate, on_message, on_switch_time_info};
    asio_buffer_info_t buffers[2 * N_CHANNELS];
    asio_long_t n_in = 0, n_out = 0, min = 0, max = 0, preferred = 0, granularity = 0;
    int i;
    const asio_driver_vtable_t *v = driver->vtable;
    if (v->init(driver, NULL) != 1) {
        v->get_error_message(driver, text);
        return "init";
    }
    v->get_driver_name(driver, name);
    if (v->get_channels(driver, &n_in, &n_out) != ASIO_OK || n_in < N_CHANNELS || n_out < N_CHANNELS)
        return "getChannels";
    if (v->get_buffer_size(driver, &min, &max, &preferred, &granularity) != ASIO_OK)
        return "getBufferSize";
    memset(buffers, 0, sizeof buffers);
    for (i = 0; i < 2 * N_CHANNELS; i++) {
        buffers[i].is_input = i < N_CHANNELS;
        buffers[i].channel_num = i % N_CHANNELS;
    }
    n_switches = 0;
    ResetEvent(enough);
    if (v->create_buffers(driver, buffers, 2 * N_CHANNELS, n_frames, &callbacks) != ASIO_OK) {
        v->get_error_message(driver, text);
        return "createBuffers";
    }
    if (v->start(driver) != ASIO_OK)
        return "start";
    if (WaitForSingleObject(enough, SWITCH_LIMIT_MS) != WAIT_OBJECT_0)
        return "bufferSwitch: too few";
    if (v->stop(driver) != ASIO_OK)
        return "stop";
    if (v->dispose_buffers(driver) != ASIO_OK)
        return "disposeBuffers";
    return NULL;
}

static const char *round_trip(const char *path, const asio_guid_t *clsid, asio_long_t n_frames, char *name,
                              char *text) {
    HMODULE dll = LoadLibraryA(path);
    get_class_object_fn get_class_object;
    class_factory_t *factory = NULL;
    asio_driver_t *driver = NULL;
    const char *fault;
    if (!dll)
        return "LoadLibrary";
    get_class_object = (get_class_object_fn)(void (*)(void))GetProcAddress(dll, "DllGetClassObject");
    if (!get_class_object)
        return "GetProcAddress";
    if (get_class_object(clsid, &IID_CLASS_FACTORY, (void **)&factory) != 0)
        return "DllGetClassObject";
    if (factory->vtable->create_instance(factory, NULL, clsid, (void **)&driver) != 0)
        return "CreateInstance";
    factory->vtable->release(factory);
    fault = play(driver, n_frames, name, text);
    if (driver->vtable->release(driver) != 0 && !fault)
        fault = "Release left a reference";
    FreeLibrary(dll);
    return fault;
}

int main(int argc, char **argv) {
    asio_guid_t clsid;
    int round, n_rounds, n_faults = 0;
    if (argc != 5 || !parse_guid(argv[2], &clsid)) {
        fprintf(stderr, "rs_host DLL {CLSID} ROUNDS FRAMES\n");
        return 2;
    }
    n_rounds = atoi(argv[3]);
    enough = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (round = 0; round < n_rounds; round++) {
        char name[ASIO_NAME_SIZE] = "", text[ASIO_ERROR_TEXT_SIZE] = "";
        const char *fault = round_trip(argv[1], &clsid, atoi(argv[4]), name, text);
        n_faults += fault != NULL;
        printf("{\"round\": %d, \"name\": ", round);
        print_json_string(name);
        printf(", \"switches\": %ld, \"fault\": ", (long)n_switches);
        if (fault)
            print_json_string(fault);
        else
            printf("null");
        printf(", \"text\": ");
        print_json_string(text);
        printf("}\n");
        fflush(stdout);
    }
    return n_faults ? 1 : 0;
}

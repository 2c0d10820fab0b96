/* shim_fallback.c: the driver that answers when Python or asiokit can't be had. init() fails with the reason, and every
 * host shows that to its user; a library that gives no object at all would only be "not found". */
#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "shim.h"

typedef struct fallback {
    asio_driver_t driver; /* first: the object's address is its interface */
    volatile int32_t n_references;
    asio_guid_t clsid; /* hosts ask for the CLSID as if it were an IID; all zero: none */
    char name[ASIO_NAME_SIZE];
    char reason[ASIO_ERROR_TEXT_SIZE];
} fallback_t;

#define E_POINTER_CODE ((int32_t)0x80004003)
#define E_NOINTERFACE_CODE ((int32_t)0x80004002)

static const asio_guid_t unknown_iid = {0, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};

static fallback_t *self_of(asio_driver_t *driver) { return (fallback_t *)(void *)driver; }

static uint32_t ASIO_COM_CALL add_ref(asio_driver_t *driver) {
    return driver ? (uint32_t)atomic_add_i32(&self_of(driver)->n_references, 1) + 1 : 0;
}

static uint32_t ASIO_COM_CALL release(asio_driver_t *driver) {
    int32_t left;
    if (!driver)
        return 0;
    left = atomic_add_i32(&self_of(driver)->n_references, -1) - 1;
    if (left == 0)
        free(self_of(driver));
    return (uint32_t)left;
}

static int32_t ASIO_COM_CALL query_interface(asio_driver_t *driver, const asio_guid_t *iid, void **object) {
    if (!object)
        return E_POINTER_CODE;
    *object = NULL;
    if (!driver || !iid)
        return E_POINTER_CODE;
    if (memcmp(iid, &unknown_iid, sizeof *iid) != 0 && memcmp(iid, &self_of(driver)->clsid, sizeof *iid) != 0)
        return E_NOINTERFACE_CODE;
    add_ref(driver);
    *object = driver;
    return 0;
}

static asio_bool_t ASIO_CALL init(asio_driver_t *driver, void *sys_handle) {
    (void)driver, (void)sys_handle;
    return 0;
}

static void ASIO_CALL get_driver_name(asio_driver_t *driver, char *name) {
    if (name)
        shim_copy(name, ASIO_NAME_SIZE, driver ? self_of(driver)->name : "asiokit");
}

static asio_long_t ASIO_CALL get_driver_version(asio_driver_t *driver) {
    (void)driver;
    return 0;
}

static void ASIO_CALL get_error_message(asio_driver_t *driver, char *text) {
    if (text)
        shim_copy(text, ASIO_ERROR_TEXT_SIZE, driver ? self_of(driver)->reason : "asiokit: no driver object was given");
}

/* From here on: nothing is there. What a host might read in spite of the error code is zero. */

static asio_error_t ASIO_CALL absent(asio_driver_t *driver) {
    (void)driver;
    return ASIO_NOT_PRESENT;
}

static asio_error_t ASIO_CALL absent_pair(asio_driver_t *driver, asio_long_t *a, asio_long_t *b) {
    (void)driver;
    if (a)
        *a = 0;
    if (b)
        *b = 0;
    return ASIO_NOT_PRESENT;
}

static asio_error_t ASIO_CALL get_buffer_size(asio_driver_t *driver, asio_long_t *min, asio_long_t *max,
                                              asio_long_t *preferred, asio_long_t *granularity) {
    absent_pair(driver, min, max);
    return absent_pair(driver, preferred, granularity);
}

static asio_error_t ASIO_CALL take_rate(asio_driver_t *driver, asio_rate_t rate_hz) {
    (void)driver, (void)rate_hz;
    return ASIO_NOT_PRESENT;
}

static asio_error_t ASIO_CALL get_sample_rate(asio_driver_t *driver, asio_rate_t *rate_hz) {
    (void)driver;
    if (rate_hz)
        *rate_hz = 0;
    return ASIO_NOT_PRESENT;
}

static asio_error_t ASIO_CALL get_clock_sources(asio_driver_t *driver, asio_clock_source_t *sources, asio_long_t *n) {
    (void)sources;
    return absent_pair(driver, n, NULL);
}

static asio_error_t ASIO_CALL set_clock_source(asio_driver_t *driver, asio_long_t index) {
    (void)driver, (void)index;
    return ASIO_NOT_PRESENT;
}

static asio_error_t ASIO_CALL get_sample_position(asio_driver_t *driver, asio_samples_t *position,
                                                  asio_time_stamp_t *time) {
    (void)driver;
    if (position)
        *position = asio_samples_from_int64(0);
    if (time)
        *time = asio_samples_from_int64(0);
    return ASIO_NOT_PRESENT;
}

static asio_error_t ASIO_CALL get_channel_info(asio_driver_t *driver, asio_channel_info_t *info) {
    (void)driver, (void)info;
    return ASIO_NOT_PRESENT;
}

static asio_error_t ASIO_CALL create_buffers(asio_driver_t *driver, asio_buffer_info_t *infos, asio_long_t n,
                                             asio_long_t n_frames, const asio_callbacks_t *callbacks) {
    (void)driver, (void)infos, (void)n, (void)n_frames, (void)callbacks;
    return ASIO_NOT_PRESENT;
}

static asio_error_t ASIO_CALL future(asio_driver_t *driver, asio_long_t selector, void *params) {
    /* A cwASIO host that hears "not present" here goes away before it has asked init() for the reason. */
    if (driver && selector == ASIO_FUTURE_SET_INSTANCE_NAME) {
        const char *name = params;
        if (name && name[0])
            shim_copy(self_of(driver)->name, ASIO_NAME_SIZE, name);
        return ASIO_SUCCESS;
    }
    return ASIO_NOT_PRESENT;
}

static const asio_driver_vtable_t vtable = {
    query_interface,
    add_ref,
    release,
    init,
    get_driver_name,
    get_driver_version,
    get_error_message,
    absent /* start */,
    absent /* stop */,
    absent_pair /* get_channels */,
    absent_pair /* get_latencies */,
    get_buffer_size,
    take_rate /* can_sample_rate */,
    get_sample_rate,
    take_rate /* set_sample_rate */,
    get_clock_sources,
    set_clock_source,
    get_sample_position,
    get_channel_info,
    create_buffers,
    absent /* dispose_buffers */,
    absent /* control_panel */,
    future,
    absent /* output_ready */,
};

asio_driver_t *shim_fallback_new(const char *name, const asio_guid_t *clsid, const char *reason) {
    fallback_t *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    self->driver.vtable = &vtable;
    self->n_references = 1;
    if (clsid)
        self->clsid = *clsid;
    shim_copy(self->name, sizeof self->name, name && name[0] ? name : "asiokit");
    shim_copy(self->reason, sizeof self->reason, reason);
    return &self->driver;
}

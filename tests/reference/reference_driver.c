/* reference_driver.c: an ASIO loopback driver in plain C, written from the interface's rules alone.
 *
 * It shares no line with the engine that it is compared with: conformance tests run against both, and the host is
 * tested on it. 4 in, 4 out, every output returns at the input of the same number one buffer later. Same file for
 * Linux (cwASIO exports) and Windows (COM exports, one fixed class).
 *
 * It is strict where drivers differ, never calls the host from createBuffers, disposeBuffers, start or stop, and every
 * wait has an end. Its faults are switched on from outside: reference_fail() and reference_option(). */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asio_abi.h"
#include "atomic.h"
#include "os.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#define EXPORT __declspec(dllexport)
#else
#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#define EXPORT __attribute__((visibility("default")))
#endif

#define DRIVER_NAME "asiokit reference"

enum { N_CHANNELS = 4, MIN_FRAMES = 32, MAX_FRAMES = 2048, PREFERRED_FRAMES = 256, MAX_SAMPLE_BYTES = 8 };
enum { COM_OK = 0, COM_NO_INTERFACE = (int)0x80004002, COM_POINTER = (int)0x80004003 };

static const double RATES_HZ[] = {8000, 16000, 32000, 44100, 48000, 88200, 96000, 176400, 192000};
static const int64_t JOIN_LIMIT_NS = 1000000000; /* a host's callback may never return */

/* {8E1FD3C4-2B6A-4D0E-9C57-0A51E0C0FFEE}, an arbitrary number of this driver's own */
static const asio_guid_t CLASS_ID = {0x8E1FD3C4, 0x2B6A, 0x4D0E, {0x9C, 0x57, 0x0A, 0x51, 0xE0, 0xC0, 0xFF, 0xEE}};
static const asio_guid_t IID_UNKNOWN = {0, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};

/* ---- switchable faults -------------------------------------------------------------------------------------- */

enum option {
    OPTION_SAMPLE_TYPE = 0,   /* asio_sample_type of buffers made from now on (loopback is a copy: all are exact) */
    OPTION_REPEAT_INDEX = 1,  /* every n-th cycle calls with the index of the one before */
    OPTION_SKIP_POSITION = 2, /* every n-th cycle the position jumps by one frame */
    OPTION_CORRUPT = 3,       /* every n-th cycle one bit of input 0 is turned over */
    OPTION_MESSAGE = 4,       /* this asioMessage selector is sent on every cycle 8 + 16 k, from the clock thread */
    OPTION_STALL_MS = 5,      /* cycle 16 begins that much late */
    OPTION_TIME_INFO = 6,     /* 0 as the host wishes, 1 always bufferSwitch, 2 always bufferSwitchTimeInfo */
    N_OPTIONS = 7
};

static volatile int32_t failures[ASIO_VTABLE_SLOTS];
static volatile int32_t options[N_OPTIONS] = {ASIO_FLOAT32_LSB};
static volatile int32_t n_alive;

EXPORT void reference_fail(int32_t slot, int32_t code) { /* code 0 heals; init then returns false, void methods none */
    if (slot >= 0 && slot < ASIO_VTABLE_SLOTS)
        atomic_store_i32(&failures[slot], code);
}
EXPORT void reference_option(int32_t option, int32_t value) {
    if (option >= 0 && option < N_OPTIONS)
        atomic_store_i32(&options[option], value);
}
EXPORT int32_t reference_alive(void) { return atomic_load_i32(&n_alive); }

static int every(int option, int64_t k) {
    const int32_t n = atomic_load_i32(&options[option]);
    return n > 0 && k > 0 && k % n == 0;
}

static int sample_bytes(int32_t type) {
    switch (type) {
    case ASIO_INT16_LSB:
    case ASIO_INT16_MSB:
        return 2;
    case ASIO_INT24_LSB:
    case ASIO_INT24_MSB:
        return 3;
    case ASIO_FLOAT64_LSB:
    case ASIO_FLOAT64_MSB:
        return 8;
    default:
        return 4;
    }
}

/* ---- objects ------------------------------------------------------------------------------------------------ */

/* What createBuffers makes. Counted: a clock thread that is caught in the host keeps its buffers alive. */
typedef struct prepared {
    volatile int32_t references;
    asio_callbacks_t callbacks; /* a copy: hosts free theirs */
    long n_frames;
    int32_t sample_type;
    size_t half_bytes;
    unsigned char *input[N_CHANNELS], *output[N_CHANNELS]; /* both halves behind each other; NULL: not asked for */
} prepared_t;

/* What start() makes: one generation of the clock thread. */
typedef struct run {
    volatile int32_t references, stopping;
    volatile int64_t thread; /* 0 until it lives */
    os_event_t *left;
    os_mutex_t *lock; /* over the pair */
    prepared_t *prepared;
    double rate_hz;
    int64_t anchor_ns, position, t_ns, n_cycles;
} run_t;

typedef struct reference {
    asio_driver_t driver;
    volatile int32_t references;
    os_mutex_t *lock; /* over all that follows; never held while waiting or calling the host */
    int is_initialized;
    double rate_hz;
    prepared_t *prepared;
    run_t *run;
    char error[ASIO_ERROR_TEXT_SIZE];
} reference_t;

static asio_error_t answer(reference_t *self, asio_error_t code, const char *text) {
    os_mutex_lock(self->lock);
    snprintf(self->error, sizeof self->error, "%s", text);
    os_mutex_unlock(self->lock);
    return code;
}

#define SELF reference_t *self = (reference_t *)driver
#define GUARD(slot)                                                                                                    \
    SELF;                                                                                                              \
    if (atomic_load_i32(&failures[slot]))                                                                              \
    return answer(self, atomic_load_i32(&failures[slot]), "slot " #slot " was told to fail")
#define GUARD_INITIALIZED(slot)                                                                                        \
    GUARD(slot);                                                                                                       \
    if (!self->is_initialized)                                                                                         \
    return answer(self, ASIO_INVALID_MODE, "call init first")

static void prepared_release(prepared_t *prepared) {
    int c;
    if (!prepared || atomic_add_i32(&prepared->references, -1) != 1)
        return;
    for (c = 0; c < N_CHANNELS; c++) {
        free(prepared->input[c]);
        free(prepared->output[c]);
    }
    free(prepared);
}

static void run_release(run_t *run) {
    if (atomic_add_i32(&run->references, -1) != 1)
        return;
    prepared_release(run->prepared);
    os_event_free(run->left);
    os_mutex_free(run->lock);
    os_wakeful_release();
    free(run);
}

/* Ends a generation: waits, but not from inside its own callback, and never for ever. */
static void run_end(run_t *run) {
    if (!run)
        return;
    atomic_store_i32(&run->stopping, 1);
    if (atomic_load_i64(&run->thread) != (int64_t)os_thread_id())
        os_event_wait(run->left, JOIN_LIMIT_NS);
    run_release(run);
}

/* ---- the clock thread --------------------------------------------------------------------------------------- */

static void loop_back(const prepared_t *p, int64_t k) {
    const size_t now = (size_t)(k & 1) * p->half_bytes, before = (size_t)(~k & 1) * p->half_bytes;
    int c;
    for (c = 0; c < N_CHANNELS; c++) {
        if (p->input[c] && p->output[c])
            memcpy(p->input[c] + now, p->output[c] + before, p->half_bytes);
        else if (p->input[c])
            memset(p->input[c] + now, 0, p->half_bytes);
    }
    if (every(OPTION_CORRUPT, k) && p->input[0])
        p->input[0][now] ^= 1;
}

static void clock_thread(void *argument) {
    run_t *run = argument;
    prepared_t *p = run->prepared;
    const asio_callbacks_t *host = &p->callbacks;
    const int32_t style = atomic_load_i32(&options[OPTION_TIME_INFO]);
    const int64_t period_ns = (int64_t)(1e9 * (double)p->n_frames / run->rate_hz);
    int use_time_info = 0;
    int64_t k, shift_ns = 0;
    os_grant_t grant = {0};

    atomic_store_i64(&run->thread, (int64_t)os_thread_id());
    os_priority_raise(&grant, NULL, &run->n_cycles);
    if (host->buffer_switch_time_info && (style != 1 || !host->buffer_switch))
        use_time_info = style == 2 || !host->buffer_switch ||
                        (host->asio_message && host->asio_message(ASIO_MSG_SUPPORTS_TIME_INFO, 0, NULL, NULL) == 1);
    for (k = 0;; k++) {
        const int64_t due_ns = run->anchor_ns + shift_ns + (int64_t)(1e9 * (double)(k * p->n_frames) / run->rate_hz);
        const int64_t position = k * p->n_frames + (every(OPTION_SKIP_POSITION, k) ? 1 : 0);
        const asio_long_t index = (asio_long_t)((k & 1) ^ (every(OPTION_REPEAT_INDEX, k) ? 1 : 0));
        const int64_t stall_ns = k == 16 ? atomic_load_i32(&options[OPTION_STALL_MS]) * 1000000LL : 0;
        const int32_t selector = atomic_load_i32(&options[OPTION_MESSAGE]);
        int64_t late_ns;
        late_ns = os_sleep_until(due_ns + stall_ns) - due_ns;
        if (atomic_load_i32(&run->stopping))
            break;
        atomic_store_i64(&run->n_cycles, k);
        if (late_ns > period_ns)
            shift_ns += late_ns; /* from here on as if nothing had happened: no burst of cycles */
        else
            late_ns = 0;
        os_mutex_lock(run->lock);
        run->position = position;
        run->t_ns = os_host_time_ns(due_ns + late_ns);
        os_mutex_unlock(run->lock);
        loop_back(p, k);
        if (selector && host->asio_message && k % 16 == 8)
            host->asio_message(selector, 0, NULL, NULL);
        if (use_time_info) {
            asio_time_t time;
            memset(&time, 0, sizeof time);
            time.time_info.speed = 1;
            time.time_info.system_time = asio_samples_from_int64(run->t_ns);
            time.time_info.sample_position = asio_samples_from_int64(position);
            time.time_info.sample_rate = run->rate_hz;
            time.time_info.flags =
                ASIO_TIME_SYSTEM_TIME_VALID | ASIO_TIME_SAMPLE_POSITION_VALID | ASIO_TIME_SAMPLE_RATE_VALID;
            host->buffer_switch_time_info(&time, index, 1);
        } else {
            host->buffer_switch(index, 1);
        }
    }
    os_priority_drop(&grant);
    os_event_set(run->left);
    run_release(run);
}

/* ---- the methods, in the order of the vtable ---------------------------------------------------------------- */

static uint32_t ASIO_COM_CALL add_ref(asio_driver_t *driver) {
    SELF;
    return (uint32_t)atomic_add_i32(&self->references, 1) + 1;
}

static int32_t ASIO_COM_CALL query_interface(asio_driver_t *driver, const asio_guid_t *iid, void **object) {
    if (!object)
        return COM_POINTER;
    *object = NULL;
    if (atomic_load_i32(&failures[0]))
        return atomic_load_i32(&failures[0]);
    if (!iid || (memcmp(iid, &CLASS_ID, sizeof *iid) && memcmp(iid, &IID_UNKNOWN, sizeof *iid)))
        return COM_NO_INTERFACE;
    *object = driver;
    add_ref(driver);
    return COM_OK;
}

static uint32_t ASIO_COM_CALL release(asio_driver_t *driver) {
    SELF;
    const int32_t left = atomic_add_i32(&self->references, -1) - 1;
    if (left == 0) {
        run_end(self->run);
        prepared_release(self->prepared);
        os_mutex_free(self->lock);
        free(self);
        atomic_add_i32(&n_alive, -1);
    }
    return (uint32_t)left;
}

static asio_bool_t ASIO_CALL init(asio_driver_t *driver, void *sys_handle) {
    SELF;
    (void)sys_handle; /* may be garbage: some hosts pass memory they never set */
    if (atomic_load_i32(&failures[3]))
        return answer(self, 0, "init was told to fail");
    os_host_time_follow(); /* may watch a clock tick go by: not in start() */
    self->is_initialized = 1;
    return 1;
}

static void ASIO_CALL get_driver_name(asio_driver_t *driver, char *name) {
    (void)driver;
    if (name)
        strcpy(name, DRIVER_NAME);
}

static asio_long_t ASIO_CALL get_driver_version(asio_driver_t *driver) {
    (void)driver;
    return 1;
}

static void ASIO_CALL get_error_message(asio_driver_t *driver, char *text) {
    SELF;
    if (!text)
        return;
    os_mutex_lock(self->lock);
    strcpy(text, self->error);
    os_mutex_unlock(self->lock);
}

static asio_error_t ASIO_CALL start(asio_driver_t *driver) {
    GUARD_INITIALIZED(7);
    run_t *run;
    asio_error_t code = ASIO_OK;
    os_mutex_lock(self->lock);
    if (!self->prepared || self->run) {
        code = answer(self, ASIO_INVALID_MODE, self->run ? "already running" : "call createBuffers first");
    } else if (!(run = calloc(1, sizeof *run))) {
        code = answer(self, ASIO_NO_MEMORY, "no memory for a run");
    } else {
        os_wakeful_acquire();
        run->references = 2;
        run->left = os_event_new();
        run->lock = os_mutex_new();
        run->prepared = self->prepared;
        atomic_add_i32(&self->prepared->references, 1);
        run->rate_hz = self->rate_hz;
        run->anchor_ns = os_now_ns() + 1000000; /* the thread is up by then */
        run->t_ns = os_host_time_ns(run->anchor_ns);
        if (os_thread_start(clock_thread, run, "reference")) {
            run->references = 1;
            run_release(run);
            code = answer(self, ASIO_HW_MALFUNCTION, "no thread to be had");
        } else {
            self->run = run;
        }
    }
    os_mutex_unlock(self->lock);
    return code;
}

static asio_error_t ASIO_CALL stop(asio_driver_t *driver) {
    GUARD_INITIALIZED(8);
    run_t *run;
    os_mutex_lock(self->lock);
    run = self->run;
    self->run = NULL;
    os_mutex_unlock(self->lock);
    if (!run)
        return answer(self, ASIO_INVALID_MODE, "not running");
    run_end(run);
    return ASIO_OK;
}

static asio_error_t ASIO_CALL get_channels(asio_driver_t *driver, asio_long_t *n_in, asio_long_t *n_out) {
    GUARD_INITIALIZED(9);
    if (!n_in || !n_out)
        return answer(self, ASIO_INVALID_PARAMETER, "getChannels: NULL");
    *n_in = *n_out = N_CHANNELS;
    return ASIO_OK;
}

static asio_error_t ASIO_CALL get_latencies(asio_driver_t *driver, asio_long_t *in, asio_long_t *out) {
    GUARD_INITIALIZED(10);
    if (!in || !out)
        return answer(self, ASIO_INVALID_PARAMETER, "getLatencies: NULL");
    os_mutex_lock(self->lock);
    *in = self->prepared ? self->prepared->n_frames : PREFERRED_FRAMES;
    os_mutex_unlock(self->lock);
    *out = 0;
    return ASIO_OK;
}

static asio_error_t ASIO_CALL get_buffer_size(asio_driver_t *driver, asio_long_t *min, asio_long_t *max,
                                              asio_long_t *preferred, asio_long_t *granularity) {
    GUARD_INITIALIZED(11);
    if (!min || !max || !preferred || !granularity)
        return answer(self, ASIO_INVALID_PARAMETER, "getBufferSize: NULL");
    *min = MIN_FRAMES, *max = MAX_FRAMES, *preferred = PREFERRED_FRAMES, *granularity = -1;
    return ASIO_OK;
}

static asio_error_t ASIO_CALL can_sample_rate(asio_driver_t *driver, asio_rate_t rate_hz) {
    GUARD_INITIALIZED(12);
    size_t i;
    for (i = 0; i < sizeof RATES_HZ / sizeof *RATES_HZ; i++)
        if (RATES_HZ[i] == rate_hz)
            return ASIO_OK;
    return answer(self, ASIO_NO_CLOCK, "sample rate not supported");
}

static asio_error_t ASIO_CALL get_sample_rate(asio_driver_t *driver, asio_rate_t *rate_hz) {
    GUARD_INITIALIZED(13);
    if (!rate_hz)
        return answer(self, ASIO_INVALID_PARAMETER, "getSampleRate: NULL");
    os_mutex_lock(self->lock);
    *rate_hz = self->rate_hz;
    os_mutex_unlock(self->lock);
    return ASIO_OK;
}

static asio_error_t ASIO_CALL set_sample_rate(asio_driver_t *driver, asio_rate_t rate_hz) {
    GUARD_INITIALIZED(14);
    asio_error_t code = can_sample_rate(driver, rate_hz);
    if (code)
        return code;
    os_mutex_lock(self->lock);
    if (self->run && rate_hz != self->rate_hz)
        code = answer(self, ASIO_INVALID_MODE, "the rate can't change while running");
    else
        self->rate_hz = rate_hz;
    os_mutex_unlock(self->lock);
    return code;
}

static asio_error_t ASIO_CALL get_clock_sources(asio_driver_t *driver, asio_clock_source_t *sources, asio_long_t *n) {
    GUARD_INITIALIZED(15);
    if (!sources || !n || *n < 1)
        return answer(self, ASIO_INVALID_PARAMETER, "getClockSources: no room");
    memset(sources, 0, sizeof *sources);
    sources->associated_channel = sources->associated_group = -1;
    sources->is_current_source = 1;
    strcpy(sources->name, "Internal");
    *n = 1;
    return ASIO_OK;
}

static asio_error_t ASIO_CALL set_clock_source(asio_driver_t *driver, asio_long_t index) {
    GUARD_INITIALIZED(16);
    return index == 0 ? ASIO_OK : answer(self, ASIO_INVALID_PARAMETER, "there is one clock source, number 0");
}

static asio_error_t ASIO_CALL get_sample_position(asio_driver_t *driver, asio_samples_t *position,
                                                  asio_time_stamp_t *t) {
    GUARD_INITIALIZED(17);
    asio_error_t code = ASIO_OK;
    if (!position || !t)
        return answer(self, ASIO_INVALID_PARAMETER, "getSamplePosition: NULL");
    os_mutex_lock(self->lock);
    if (!self->run) {
        code = answer(self, ASIO_SP_NOT_ADVANCING, "not running");
    } else {
        os_mutex_lock(self->run->lock);
        *position = asio_samples_from_int64(self->run->position);
        *t = asio_samples_from_int64(self->run->t_ns);
        os_mutex_unlock(self->run->lock);
    }
    os_mutex_unlock(self->lock);
    return code;
}

static asio_error_t ASIO_CALL get_channel_info(asio_driver_t *driver, asio_channel_info_t *info) {
    GUARD_INITIALIZED(18);
    const int is_input = info && info->is_input == 1;
    if (!info || info->channel < 0 || info->channel >= N_CHANNELS)
        return answer(self, ASIO_INVALID_PARAMETER, "getChannelInfo: no such channel");
    os_mutex_lock(self->lock);
    info->is_active =
        self->prepared && (is_input ? self->prepared->input : self->prepared->output)[info->channel] != NULL;
    info->type = self->prepared ? self->prepared->sample_type : atomic_load_i32(&options[OPTION_SAMPLE_TYPE]);
    os_mutex_unlock(self->lock);
    info->channel_group = 0;
    snprintf(info->name, sizeof info->name, "%s %d", is_input ? "In" : "Out", (int)info->channel + 1);
    return ASIO_OK;
}

static asio_error_t prepare(prepared_t *p, asio_buffer_info_t *infos, asio_long_t n) {
    asio_long_t i;
    for (i = 0; i < n; i++) {
        const asio_long_t channel = infos[i].channel_num;
        unsigned char **place = infos[i].is_input == 1 ? p->input : p->output;
        if (channel < 0 || channel >= N_CHANNELS || place[channel])
            return ASIO_INVALID_MODE;
        if (!(place[channel] = calloc(2, p->half_bytes)))
            return ASIO_NO_MEMORY;
    }
    for (i = 0; i < n; i++) { /* nothing is written unless all is well */
        unsigned char *pair = (infos[i].is_input == 1 ? p->input : p->output)[infos[i].channel_num];
        infos[i].buffers[0] = pair;
        infos[i].buffers[1] = pair + p->half_bytes;
    }
    return ASIO_OK;
}

static asio_error_t ASIO_CALL create_buffers(asio_driver_t *driver, asio_buffer_info_t *infos, asio_long_t n,
                                             asio_long_t n_frames, const asio_callbacks_t *callbacks) {
    GUARD_INITIALIZED(19);
    asio_error_t code = ASIO_OK;
    prepared_t *p;
    if (!infos || !callbacks || (!callbacks->buffer_switch && !callbacks->buffer_switch_time_info))
        return answer(self, ASIO_INVALID_PARAMETER, "createBuffers: NULL");
    if (n < 1 || n > 2 * N_CHANNELS)
        return answer(self, ASIO_INVALID_MODE, "createBuffers: impossible number of channels");
    if (n_frames < MIN_FRAMES || n_frames > MAX_FRAMES || (n_frames & (n_frames - 1)))
        return answer(self, ASIO_INVALID_MODE, "createBuffers: the size is a power of two from 32 to 2048");
    if (!(p = calloc(1, sizeof *p)))
        return answer(self, ASIO_NO_MEMORY, "no memory for buffers");
    p->references = 1;
    p->callbacks = *callbacks;
    p->n_frames = (long)n_frames;
    p->sample_type = atomic_load_i32(&options[OPTION_SAMPLE_TYPE]);
    p->half_bytes = (size_t)n_frames * (size_t)sample_bytes(p->sample_type);
    os_mutex_lock(self->lock);
    if (self->prepared)
        code = answer(self, ASIO_INVALID_MODE, "createBuffers: there are buffers already");
    else if ((code = prepare(p, infos, n)) != ASIO_OK)
        answer(self, code, "createBuffers: a channel does not exist or is named twice");
    else
        self->prepared = p;
    os_mutex_unlock(self->lock);
    if (code)
        prepared_release(p);
    return code;
}

static asio_error_t ASIO_CALL dispose_buffers(asio_driver_t *driver) {
    GUARD_INITIALIZED(20);
    prepared_t *prepared;
    run_t *run;
    os_mutex_lock(self->lock);
    prepared = self->prepared, run = self->run;
    self->prepared = NULL, self->run = NULL;
    os_mutex_unlock(self->lock);
    if (!prepared)
        return answer(self, ASIO_INVALID_MODE, "disposeBuffers: there are none");
    run_end(run);
    prepared_release(prepared);
    return ASIO_OK;
}

static asio_error_t ASIO_CALL control_panel(asio_driver_t *driver) {
    GUARD_INITIALIZED(21);
    return answer(self, ASIO_NOT_PRESENT, "no control panel");
}

static asio_error_t ASIO_CALL future(asio_driver_t *driver, asio_long_t selector, void *params) {
    GUARD(22);
    (void)params;
    if (selector == ASIO_FUTURE_CAN_TIME_INFO)
        return ASIO_SUCCESS;
    if ((selector >= ASIO_FUTURE_ENABLE_TIME_CODE_READ && selector <= ASIO_FUTURE_CAN_OUTPUT_METER) ||
        selector == ASIO_FUTURE_SET_IO_FORMAT || selector == ASIO_FUTURE_GET_IO_FORMAT ||
        selector == ASIO_FUTURE_CAN_DO_IO_FORMAT || selector == ASIO_FUTURE_CAN_REPORT_OVERLOAD ||
        selector == ASIO_FUTURE_GET_INTERNAL_BUFFER_SAMPLES)
        return answer(self, ASIO_NOT_PRESENT, "future: not supported");
    return answer(self, ASIO_INVALID_PARAMETER, "future: unknown selector"); /* the instance name among them */
}

static asio_error_t ASIO_CALL output_ready(asio_driver_t *driver) {
    GUARD(23);
    return ASIO_NOT_PRESENT;
}

static const asio_driver_vtable_t VTABLE = {
    query_interface,
    add_ref,
    release,
    init,
    get_driver_name,
    get_driver_version,
    get_error_message,
    start,
    stop,
    get_channels,
    get_latencies,
    get_buffer_size,
    can_sample_rate,
    get_sample_rate,
    set_sample_rate,
    get_clock_sources,
    set_clock_source,
    get_sample_position,
    get_channel_info,
    create_buffers,
    dispose_buffers,
    control_panel,
    future,
    output_ready,
};

EXPORT asio_driver_t *instantiateDriver(void);
EXPORT asio_driver_t *instantiateDriver(void) {
    reference_t *self = calloc(1, sizeof *self);
    os_begin();
    if (!self)
        return NULL;
    self->driver.vtable = &VTABLE;
    self->references = 1;
    self->lock = os_mutex_new();
    self->rate_hz = 48000;
    atomic_add_i32(&n_alive, 1);
    return &self->driver;
}

#include "reference_exports.h"

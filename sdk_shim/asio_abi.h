/* asio_abi.h: the binary interface between an ASIO host and an ASIO driver, written clean-room.
 *
 * No text or code comes from Steinberg's SDK. Names, order, sizes and values are facts of the interface, cross-checked
 * between several independent re-declarations (docs/credits.md). On Windows the layout is that of the published binary
 * interface: 32-bit longs, structures packed to 4 bytes, 64-bit quantities as two words with the high word first. On
 * Linux it is the cwASIO convention: the platform's long, natural alignment, one native 64-bit integer.
 *
 * Every size and offset is asserted at the end of this file; tests/abi compares them with what Cython sees.
 */
#ifndef ASIOKIT_ASIO_ABI_H
#define ASIOKIT_ASIO_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef long asio_long_t; /* 32 bits on Windows, 64 on LP64 Linux */
typedef unsigned long asio_ulong_t;
typedef asio_long_t asio_bool_t; /* 0 or 1; hosts compare with 1 exactly */
typedef asio_long_t asio_error_t;
typedef double asio_rate_t; /* Hz */

/* ---- enumerations ------------------------------------------------------------------------------------------- */

enum asio_error {
    ASIO_OK = 0,
    ASIO_SUCCESS = 0x3f4847a0, /* the "yes" of future(), never plain 0 */
    ASIO_NOT_PRESENT = -1000,
    ASIO_HW_MALFUNCTION = -999,
    ASIO_INVALID_PARAMETER = -998,
    ASIO_INVALID_MODE = -997,
    ASIO_SP_NOT_ADVANCING = -996,
    ASIO_NO_CLOCK = -995,
    ASIO_NO_MEMORY = -994
};

enum asio_sample_type {
    ASIO_INT16_MSB = 0,
    ASIO_INT24_MSB = 1, /* packed, 3 bytes */
    ASIO_INT32_MSB = 2,
    ASIO_FLOAT32_MSB = 3,
    ASIO_FLOAT64_MSB = 4,
    ASIO_INT32_MSB16 = 8, /* a 16-bit value, right-aligned and sign-extended in a 32-bit word */
    ASIO_INT32_MSB18 = 9,
    ASIO_INT32_MSB20 = 10,
    ASIO_INT32_MSB24 = 11,
    ASIO_INT16_LSB = 16,
    ASIO_INT24_LSB = 17, /* packed, 3 bytes */
    ASIO_INT32_LSB = 18,
    ASIO_FLOAT32_LSB = 19,
    ASIO_FLOAT64_LSB = 20,
    ASIO_INT32_LSB16 = 24,
    ASIO_INT32_LSB18 = 25,
    ASIO_INT32_LSB20 = 26,
    ASIO_INT32_LSB24 = 27,
    ASIO_DSD_INT8_LSB1 = 32,
    ASIO_DSD_INT8_MSB1 = 33,
    ASIO_DSD_INT8_NER8 = 40
};

/* What a driver may say to its host through asioMessage. */
enum asio_message {
    ASIO_MSG_SELECTOR_SUPPORTED = 1,
    ASIO_MSG_ENGINE_VERSION = 2,
    ASIO_MSG_RESET_REQUEST = 3,
    ASIO_MSG_BUFFER_SIZE_CHANGE = 4,
    ASIO_MSG_RESYNC_REQUEST = 5,
    ASIO_MSG_LATENCIES_CHANGED = 6,
    ASIO_MSG_SUPPORTS_TIME_INFO = 7,
    ASIO_MSG_SUPPORTS_TIME_CODE = 8,
    ASIO_MSG_MMC_COMMAND = 9,
    ASIO_MSG_SUPPORTS_INPUT_MONITOR = 10,
    ASIO_MSG_SUPPORTS_INPUT_GAIN = 11,
    ASIO_MSG_SUPPORTS_INPUT_METER = 12,
    ASIO_MSG_SUPPORTS_OUTPUT_GAIN = 13,
    ASIO_MSG_SUPPORTS_OUTPUT_METER = 14,
    ASIO_MSG_OVERLOAD = 15
};

/* What a host may ask of its driver through future(). */
enum asio_future {
    ASIO_FUTURE_ENABLE_TIME_CODE_READ = 1,
    ASIO_FUTURE_DISABLE_TIME_CODE_READ = 2,
    ASIO_FUTURE_SET_INPUT_MONITOR = 3,
    ASIO_FUTURE_TRANSPORT = 4,
    ASIO_FUTURE_SET_INPUT_GAIN = 5,
    ASIO_FUTURE_GET_INPUT_METER = 6,
    ASIO_FUTURE_SET_OUTPUT_GAIN = 7,
    ASIO_FUTURE_GET_OUTPUT_METER = 8,
    ASIO_FUTURE_CAN_INPUT_MONITOR = 9,
    ASIO_FUTURE_CAN_TIME_INFO = 10,
    ASIO_FUTURE_CAN_TIME_CODE = 11,
    ASIO_FUTURE_CAN_TRANSPORT = 12,
    ASIO_FUTURE_CAN_INPUT_GAIN = 13,
    ASIO_FUTURE_CAN_INPUT_METER = 14,
    ASIO_FUTURE_CAN_OUTPUT_GAIN = 15,
    ASIO_FUTURE_CAN_OUTPUT_METER = 16,
    ASIO_FUTURE_OPTIONAL_ONE = 17,
    ASIO_FUTURE_SET_IO_FORMAT = 0x23111961,
    ASIO_FUTURE_GET_IO_FORMAT = 0x23111983,
    ASIO_FUTURE_CAN_DO_IO_FORMAT = 0x23112004,
    ASIO_FUTURE_CAN_REPORT_OVERLOAD = 0x24042012,
    ASIO_FUTURE_GET_INTERNAL_BUFFER_SAMPLES = 0x25042012,
    ASIO_FUTURE_SET_INSTANCE_NAME = 0x7F000001 /* cwASIO's extension: a char* names the entry, before init */
};

enum asio_time_flag {
    ASIO_TIME_SYSTEM_TIME_VALID = 1,
    ASIO_TIME_SAMPLE_POSITION_VALID = 2,
    ASIO_TIME_SAMPLE_RATE_VALID = 4,
    ASIO_TIME_SPEED_VALID = 8,
    ASIO_TIME_SAMPLE_RATE_CHANGED = 16,
    ASIO_TIME_CLOCK_SOURCE_CHANGED = 32
};

enum asio_time_code_flag {
    ASIO_TC_VALID = 1,
    ASIO_TC_RUNNING = 2,
    ASIO_TC_REVERSE = 4,
    ASIO_TC_ON_SPEED = 8,
    ASIO_TC_STILL = 16,
    ASIO_TC_SPEED_VALID = 256
};

enum asio_transport_command {
    ASIO_TRANSPORT_START = 1,
    ASIO_TRANSPORT_STOP = 2,
    ASIO_TRANSPORT_LOCATE = 3,
    ASIO_TRANSPORT_PUNCH_IN = 4,
    ASIO_TRANSPORT_PUNCH_OUT = 5,
    ASIO_TRANSPORT_ARM_ON = 6,
    ASIO_TRANSPORT_ARM_OFF = 7,
    ASIO_TRANSPORT_MONITOR_ON = 8,
    ASIO_TRANSPORT_MONITOR_OFF = 9,
    ASIO_TRANSPORT_ARM = 10,
    ASIO_TRANSPORT_MONITOR = 11
};

enum asio_io_format_type { ASIO_FORMAT_INVALID = -1, ASIO_FORMAT_PCM = 0, ASIO_FORMAT_DSD = 1 };

/* Fixed text sizes, the terminating NUL included. Some hosts pass buffers of exactly this size. */
enum { ASIO_NAME_SIZE = 32, ASIO_ERROR_TEXT_SIZE = 124 };

/* ---- structures --------------------------------------------------------------------------------------------- */

#ifdef _WIN32
#pragma pack(push, 4)
typedef struct asio_int64_words {
    uint32_t hi, lo;
} asio_samples_t;
typedef asio_samples_t asio_time_stamp_t;
#else
typedef int64_t asio_samples_t;
typedef int64_t asio_time_stamp_t;
#endif

typedef struct asio_time_code {
    double speed;
    asio_samples_t time_code_samples;
    asio_ulong_t flags; /* asio_time_code_flag */
    char future[64];
} asio_time_code_t;

typedef struct asio_time_info {
    double speed;
    asio_time_stamp_t system_time;  /* ns on the host's clock */
    asio_samples_t sample_position; /* frames */
    asio_rate_t sample_rate;
    asio_ulong_t flags; /* asio_time_flag */
    char reserved[12];
} asio_time_info_t;

typedef struct asio_time {
    asio_long_t reserved[4];
    asio_time_info_t time_info;
    asio_time_code_t time_code;
} asio_time_t;

typedef struct asio_callbacks {
    void (*buffer_switch)(asio_long_t index, asio_bool_t direct_process);
    void (*sample_rate_did_change)(asio_rate_t rate_hz);
    asio_long_t (*asio_message)(asio_long_t selector, asio_long_t value, void *message, double *opt);
    asio_time_t *(*buffer_switch_time_info)(asio_time_t *time, asio_long_t index, asio_bool_t direct_process);
} asio_callbacks_t;

typedef struct asio_clock_source {
    asio_long_t index;
    asio_long_t associated_channel;
    asio_long_t associated_group;
    asio_bool_t is_current_source;
    char name[ASIO_NAME_SIZE];
} asio_clock_source_t;

typedef struct asio_channel_info {
    asio_long_t channel;   /* in */
    asio_bool_t is_input;  /* in */
    asio_bool_t is_active; /* out, like all that follows */
    asio_long_t channel_group;
    asio_long_t type; /* asio_sample_type */
    char name[ASIO_NAME_SIZE];
} asio_channel_info_t;

typedef struct asio_buffer_info {
    asio_bool_t is_input;    /* in */
    asio_long_t channel_num; /* in */
    void *buffers[2];        /* out */
} asio_buffer_info_t;

typedef struct asio_driver_info { /* lives in the host's glue; here for the sake of hosts and tests */
    asio_long_t asio_version;
    asio_long_t driver_version;
    char name[ASIO_NAME_SIZE];
    char error_message[ASIO_ERROR_TEXT_SIZE];
    void *sys_ref;
} asio_driver_info_t;

typedef struct asio_input_monitor {
    asio_long_t input; /* -1: all */
    asio_long_t output;
    asio_long_t gain; /* 0 ... 0x7fffffff: -inf to +12 dB */
    asio_bool_t state;
    asio_long_t pan; /* 0: left, 0x7fffffff: right */
} asio_input_monitor_t;

typedef struct asio_channel_controls {
    asio_long_t channel;
    asio_bool_t is_input;
    asio_long_t gain;  /* 0 ... 0x7fffffff */
    asio_long_t meter; /* 0 ... 0x7fffffff */
    char future[32];
} asio_channel_controls_t;

typedef struct asio_transport_parameters {
    asio_long_t command; /* asio_transport_command */
    asio_samples_t sample_position;
    asio_long_t track;
    asio_long_t track_switches[16];
    char future[64];
} asio_transport_parameters_t;

typedef struct asio_io_format {
    asio_long_t format_type; /* asio_io_format_type */
    char future[512 - sizeof(asio_long_t)];
} asio_io_format_t;

typedef struct asio_internal_buffer_info {
    asio_long_t input_samples;
    asio_long_t output_samples;
} asio_internal_buffer_info_t;

#ifdef _WIN32
#pragma pack(pop)
#endif

typedef struct asio_guid {
    uint32_t data1;
    uint16_t data2, data3;
    uint8_t data4[8];
} asio_guid_t;

/* ---- the driver object -------------------------------------------------------------------------------------- */

/* x86 has its own rules: IUnknown is stdcall, everything after it thiscall. Elsewhere the platform has one convention.
 */
#if defined(_WIN32) && (defined(__i386__) || defined(_M_IX86))
#define ASIO_COM_CALL __stdcall
#if defined(_MSC_VER)
#error "MSVC has no thiscall for plain C: 32-bit builds need thunks"
#endif
#define ASIO_CALL __attribute__((thiscall))
#else
#define ASIO_COM_CALL
#define ASIO_CALL
#endif

typedef struct asio_driver asio_driver_t;

/* The order is the contract. Behind each slot: the thread that calls it ("any" = also from inside bufferSwitch). */
typedef struct asio_driver_vtable {
    /*  0 any     */ int32_t(ASIO_COM_CALL *query_interface)(asio_driver_t *, const asio_guid_t *, void **);
    /*  1 any     */ uint32_t(ASIO_COM_CALL *add_ref)(asio_driver_t *);
    /*  2 any     */ uint32_t(ASIO_COM_CALL *release)(asio_driver_t *);
    /*  3 control */ asio_bool_t(ASIO_CALL *init)(asio_driver_t *, void *sys_handle);
    /*  4 any     */ void(ASIO_CALL *get_driver_name)(asio_driver_t *, char *name);
    /*  5 any     */ asio_long_t(ASIO_CALL *get_driver_version)(asio_driver_t *);
    /*  6 any     */ void(ASIO_CALL *get_error_message)(asio_driver_t *, char *text);
    /*  7 control */ asio_error_t(ASIO_CALL *start)(asio_driver_t *);
    /*  8 any     */ asio_error_t(ASIO_CALL *stop)(asio_driver_t *);
    /*  9 any     */ asio_error_t(ASIO_CALL *get_channels)(asio_driver_t *, asio_long_t *n_in, asio_long_t *n_out);
    /* 10 any     */ asio_error_t(ASIO_CALL *get_latencies)(asio_driver_t *, asio_long_t *in, asio_long_t *out);
    /* 11 any     */ asio_error_t(ASIO_CALL *get_buffer_size)(asio_driver_t *, asio_long_t *min, asio_long_t *max,
                                                              asio_long_t *preferred, asio_long_t *granularity);
    /* 12 any     */ asio_error_t(ASIO_CALL *can_sample_rate)(asio_driver_t *, asio_rate_t);
    /* 13 any     */ asio_error_t(ASIO_CALL *get_sample_rate)(asio_driver_t *, asio_rate_t *);
    /* 14 control */ asio_error_t(ASIO_CALL *set_sample_rate)(asio_driver_t *, asio_rate_t);
    /* 15 any     */ asio_error_t(ASIO_CALL *get_clock_sources)(asio_driver_t *, asio_clock_source_t *, asio_long_t *n);
    /* 16 control */ asio_error_t(ASIO_CALL *set_clock_source)(asio_driver_t *, asio_long_t index);
    /* 17 any     */ asio_error_t(ASIO_CALL *get_sample_position)(asio_driver_t *, asio_samples_t *,
                                                                  asio_time_stamp_t *);
    /* 18 any     */ asio_error_t(ASIO_CALL *get_channel_info)(asio_driver_t *, asio_channel_info_t *);
    /* 19 control */ asio_error_t(ASIO_CALL *create_buffers)(asio_driver_t *, asio_buffer_info_t *, asio_long_t n,
                                                             asio_long_t n_frames, const asio_callbacks_t *);
    /* 20 control */ asio_error_t(ASIO_CALL *dispose_buffers)(asio_driver_t *);
    /* 21 control */ asio_error_t(ASIO_CALL *control_panel)(asio_driver_t *);
    /* 22 any     */ asio_error_t(ASIO_CALL *future)(asio_driver_t *, asio_long_t selector, void *params);
    /* 23 any     */ asio_error_t(ASIO_CALL *output_ready)(asio_driver_t *);
} asio_driver_vtable_t;

struct asio_driver {
    const asio_driver_vtable_t *vtable;
};

enum { ASIO_VTABLE_SLOTS = 24 };

/* ---- 64-bit quantities, whichever way the platform writes them ----------------------------------------------- */

#ifdef _WIN32
static inline asio_samples_t asio_samples_from_int64(int64_t value) {
    asio_samples_t words;
    words.hi = (uint32_t)((uint64_t)value >> 32);
    words.lo = (uint32_t)(uint64_t)value;
    return words;
}
static inline int64_t asio_samples_to_int64(asio_samples_t words) {
    return (int64_t)(((uint64_t)words.hi << 32) | words.lo);
}
#else
static inline asio_samples_t asio_samples_from_int64(int64_t value) { return value; }
static inline int64_t asio_samples_to_int64(asio_samples_t value) { return value; }
#endif

/* ---- proofs -------------------------------------------------------------------------------------------------- */

#if defined(__cplusplus) || defined(_MSC_VER)
#define ASIO_ASSERT(condition, name) static_assert(condition, name)
#else
#define ASIO_ASSERT(condition, name) _Static_assert(condition, name)
#endif
#if defined(_MSC_VER) && !defined(__cplusplus)
#include <assert.h>
#endif

/* One row a fact: what it is on Windows x64, what on Linux x86-64 (LP64). */
#ifdef _WIN32
#define ASIO_SIZE(type, windows, linux_) ASIO_ASSERT(sizeof(type) == (windows), "size of " #type)
#define ASIO_AT(type, field, windows, linux_) ASIO_ASSERT(offsetof(type, field) == (windows), #type "." #field)
#else
#define ASIO_SIZE(type, windows, linux_) ASIO_ASSERT(sizeof(type) == (linux_), "size of " #type)
#define ASIO_AT(type, field, windows, linux_) ASIO_ASSERT(offsetof(type, field) == (linux_), #type "." #field)
#endif

#if defined(_WIN64) || defined(__LP64__)
ASIO_SIZE(asio_long_t, 4, 8);
ASIO_SIZE(asio_samples_t, 8, 8);
ASIO_SIZE(asio_time_stamp_t, 8, 8);
ASIO_SIZE(asio_time_code_t, 84, 88);
ASIO_AT(asio_time_code_t, time_code_samples, 8, 8);
ASIO_AT(asio_time_code_t, flags, 16, 16);
ASIO_AT(asio_time_code_t, future, 20, 24);
ASIO_SIZE(asio_time_info_t, 48, 56);
ASIO_AT(asio_time_info_t, system_time, 8, 8);
ASIO_AT(asio_time_info_t, sample_position, 16, 16);
ASIO_AT(asio_time_info_t, sample_rate, 24, 24);
ASIO_AT(asio_time_info_t, flags, 32, 32);
ASIO_AT(asio_time_info_t, reserved, 36, 40);
ASIO_SIZE(asio_time_t, 148, 176);
ASIO_AT(asio_time_t, time_info, 16, 32);
ASIO_AT(asio_time_t, time_code, 64, 88);
ASIO_SIZE(asio_callbacks_t, 32, 32);
ASIO_AT(asio_callbacks_t, sample_rate_did_change, 8, 8);
ASIO_AT(asio_callbacks_t, asio_message, 16, 16);
ASIO_AT(asio_callbacks_t, buffer_switch_time_info, 24, 24);
ASIO_SIZE(asio_clock_source_t, 48, 64);
ASIO_AT(asio_clock_source_t, associated_channel, 4, 8);
ASIO_AT(asio_clock_source_t, associated_group, 8, 16);
ASIO_AT(asio_clock_source_t, is_current_source, 12, 24);
ASIO_AT(asio_clock_source_t, name, 16, 32);
ASIO_SIZE(asio_channel_info_t, 52, 72);
ASIO_AT(asio_channel_info_t, is_input, 4, 8);
ASIO_AT(asio_channel_info_t, is_active, 8, 16);
ASIO_AT(asio_channel_info_t, channel_group, 12, 24);
ASIO_AT(asio_channel_info_t, type, 16, 32);
ASIO_AT(asio_channel_info_t, name, 20, 40);
ASIO_SIZE(asio_buffer_info_t, 24, 32);
ASIO_AT(asio_buffer_info_t, channel_num, 4, 8);
ASIO_AT(asio_buffer_info_t, buffers, 8, 16);
ASIO_SIZE(asio_driver_info_t, 172, 184);
ASIO_AT(asio_driver_info_t, driver_version, 4, 8);
ASIO_AT(asio_driver_info_t, name, 8, 16);
ASIO_AT(asio_driver_info_t, error_message, 40, 48);
ASIO_AT(asio_driver_info_t, sys_ref, 164, 176);
ASIO_SIZE(asio_input_monitor_t, 20, 40);
ASIO_AT(asio_input_monitor_t, pan, 16, 32);
ASIO_SIZE(asio_channel_controls_t, 48, 64);
ASIO_AT(asio_channel_controls_t, gain, 8, 16);
ASIO_AT(asio_channel_controls_t, meter, 12, 24);
ASIO_AT(asio_channel_controls_t, future, 16, 32);
ASIO_SIZE(asio_transport_parameters_t, 144, 216);
ASIO_AT(asio_transport_parameters_t, sample_position, 4, 8);
ASIO_AT(asio_transport_parameters_t, track, 12, 16);
ASIO_AT(asio_transport_parameters_t, track_switches, 16, 24);
ASIO_AT(asio_transport_parameters_t, future, 80, 152);
ASIO_SIZE(asio_io_format_t, 512, 512);
ASIO_AT(asio_io_format_t, future, 4, 8);
ASIO_SIZE(asio_internal_buffer_info_t, 8, 16);
ASIO_SIZE(asio_guid_t, 16, 16);
ASIO_SIZE(asio_driver_vtable_t, 192, 192);
ASIO_AT(asio_driver_vtable_t, init, 24, 24);
ASIO_AT(asio_driver_vtable_t, get_latencies, 80, 80);
ASIO_AT(asio_driver_vtable_t, create_buffers, 152, 152);
ASIO_AT(asio_driver_vtable_t, output_ready, 184, 184);
#endif

#ifdef __cplusplus
}
#endif
#endif

/* portaudio.h: the part of PortAudio's binary interface that pa_host.c uses, loaded from its DLL at run time.
 * Facts of the interface, in our own words and names; no header of PortAudio's is needed. */
#ifndef ASIOKIT_TESTS_PORTAUDIO_H
#define ASIOKIT_TESTS_PORTAUDIO_H

enum { PA_TYPE_ASIO = 3, PA_NO_ERROR = 0, PA_CONTINUE = 0 };
enum { PA_FLOAT32 = 1, PA_INT32 = 2 };
enum { PA_CLIP_OFF = 1, PA_DITHER_OFF = 2 };
enum {
    PA_INPUT_UNDERFLOW = 1,
    PA_INPUT_OVERFLOW = 2,
    PA_OUTPUT_UNDERFLOW = 4,
    PA_OUTPUT_OVERFLOW = 8,
    PA_PRIMING = 16
};

typedef struct pa_host_api_info {
    int struct_version;
    int type;
    const char *name;
    int n_devices;
    int default_input, default_output;
} pa_host_api_info_t;

typedef struct pa_device_info {
    int struct_version;
    const char *name;
    int host_api;
    int n_inputs, n_outputs;
    double low_input_latency_s, low_output_latency_s, high_input_latency_s, high_output_latency_s;
    double default_rate_hz;
} pa_device_info_t;

typedef struct pa_stream_parameters {
    int device;
    int n_channels;
    unsigned long sample_format;
    double suggested_latency_s;
    void *host_api_specific;
} pa_stream_parameters_t;

typedef struct pa_stream_info {
    int struct_version;
    double input_latency_s, output_latency_s;
    double rate_hz;
} pa_stream_info_t;

typedef struct pa_host_error {
    int type;
    long code;
    const char *text;
} pa_host_error_t;

typedef int (*pa_callback_fn)(const void *input, void *output, unsigned long n_frames, const void *time_info,
                              unsigned long flags, void *user);

typedef struct portaudio {
    int (*initialize)(void);
    int (*terminate)(void);
    const char *(*error_text)(int error);
    const pa_host_error_t *(*last_host_error)(void);
    const pa_host_api_info_t *(*host_api_info)(int index);
    int (*device_count)(void);
    const pa_device_info_t *(*device_info)(int index);
    int (*open_stream)(void **stream, const pa_stream_parameters_t *input, const pa_stream_parameters_t *output,
                       double rate_hz, unsigned long n_frames, unsigned long flags, pa_callback_fn callback,
                       void *user);
    int (*start_stream)(void *stream);
    int (*stop_stream)(void *stream);
    int (*close_stream)(void *stream);
    const pa_stream_info_t *(*stream_info)(void *stream);
} portaudio_t;

#endif

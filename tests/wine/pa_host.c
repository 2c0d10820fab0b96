/* pa_host.c: an ASIO host without any Python: plays a known signal through PortAudio and looks for it in what returns.
 *
 *   pa_host LIBPORTAUDIO list
 *   pa_host LIBPORTAUDIO play NAME FRAMES RATE_HZ SECONDS float32|int32
 *
 * Prints one JSON line. Exit code 0: ran (whatever it found), 2: could not run, with "error" in the JSON. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_out.h"
#include "portaudio.h"

enum { N_CHANNELS = 2, PROBE_FRAMES = 64, MAX_EXTRA_SECONDS = 5 };

static portaudio_t pa;

static int fail(const char *what, const char *text) {
    printf("{\"error\": ");
    print_json_string(what);
    printf(", \"text\": ");
    print_json_string(text ? text : "");
    printf("}\n");
    return 2;
}

static int fail_pa(const char *what, int error) {
    const pa_host_error_t *host = pa.last_host_error();
    char text[512];
    snprintf(text, sizeof text, "%s; host error %ld: %s", pa.error_text(error), host ? host->code : 0,
             host && host->text ? host->text : "");
    return fail(what, text);
}

static int load_portaudio(const char *path) {
    static const char *const NAMES[] = {"Pa_Initialize",           "Pa_Terminate",      "Pa_GetErrorText",
                                        "Pa_GetLastHostErrorInfo", "Pa_GetHostApiInfo", "Pa_GetDeviceCount",
                                        "Pa_GetDeviceInfo",        "Pa_OpenStream",     "Pa_StartStream",
                                        "Pa_StopStream",           "Pa_CloseStream",    "Pa_GetStreamInfo"};
    HMODULE dll = LoadLibraryA(path);
    FARPROC functions[sizeof NAMES / sizeof *NAMES];
    size_t i;
    if (!dll)
        return 0;
    for (i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (!(functions[i] = GetProcAddress(dll, NAMES[i])))
            return 0;
    memcpy(&pa, functions, sizeof pa); /* a struct of the same function pointers, in the same order */
    return 1;
}

static int is_asio(const pa_device_info_t *device) { return pa.host_api_info(device->host_api)->type == PA_TYPE_ASIO; }

/* A host that is to show how Python is started must not have one already. */
static int python_is_loaded(void) {
    static const char *const DLLS[] = {"python311.dll", "python312.dll", "python313.dll", "python314.dll"};
    size_t i;
    for (i = 0; i < sizeof DLLS / sizeof *DLLS; i++)
        if (GetModuleHandleA(DLLS[i]))
            return 1;
    return 0;
}

/* ---- the signal: one generator a channel, 24 bits that float32 holds exactly, within [-1, 1) ------------------- */

typedef struct generator {
    uint32_t state;
} generator_t;

static generator_t generator_of(int channel) {
    generator_t g = {0x2545F491u + 0x9E3779B9u * (uint32_t)channel};
    return g;
}

static int32_t generator_next(generator_t *g) { /* 24 significant bits, left-aligned in 32 */
    g->state = g->state * 1664525u + 1013904223u;
    return (int32_t)(g->state & 0xFFFFFF00u);
}

static uint32_t as_sample_bits(int32_t value, unsigned long format) {
    uint32_t bits;
    float real;
    if (format == PA_INT32)
        return (uint32_t)value;
    real = (float)value / 2147483648.0f;
    memcpy(&bits, &real, sizeof bits);
    return bits;
}

/* ---- the stream ------------------------------------------------------------------------------------------------ */

typedef struct run {
    unsigned long format;
    generator_t generators[N_CHANNELS];
    uint32_t *recorded; /* interleaved */
    int64_t n_frames, n_wanted;
    int64_t *t_ticks; /* of each callback */
    int64_t n_callbacks, n_callbacks_room;
    int64_t n_flags[5]; /* input underflow, overflow, output underflow, overflow, priming */
    int64_t n_other_sizes;
    unsigned long n_block;
    HANDLE done;
} run_t;

/* [stream thread: no allocation, no lock; SetEvent once] */
static int on_block(const void *input, void *output, unsigned long n_frames, const void *time_info, unsigned long flags,
                    void *user) {
    run_t *run = (run_t *)user;
    const uint32_t *in = (const uint32_t *)input;
    uint32_t *out = (uint32_t *)output;
    LARGE_INTEGER now;
    unsigned long i;
    int channel, bit;
    (void)time_info;
    QueryPerformanceCounter(&now);
    if (run->n_callbacks < run->n_callbacks_room)
        run->t_ticks[run->n_callbacks] = now.QuadPart;
    run->n_callbacks++;
    run->n_other_sizes += n_frames != run->n_block;
    for (bit = 0; bit < 5; bit++)
        run->n_flags[bit] += (flags >> bit) & 1;
    for (i = 0; i < n_frames; i++)
        for (channel = 0; channel < N_CHANNELS; channel++)
            *out++ = as_sample_bits(generator_next(&run->generators[channel]), run->format);
    if (run->n_frames < run->n_wanted) {
        const int64_t room = run->n_wanted - run->n_frames;
        const int64_t n = (int64_t)n_frames < room ? (int64_t)n_frames : room;
        memcpy(run->recorded + run->n_frames * N_CHANNELS, in, (size_t)n * N_CHANNELS * sizeof *in);
        run->n_frames += n;
        if (run->n_frames == run->n_wanted)
            SetEvent(run->done);
    }
    return PA_CONTINUE;
}

static int compare_ticks(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The whole signal as it was played, for as many frames as were recorded. */
static uint32_t *play_again(const run_t *run) {
    uint32_t *played = malloc((size_t)run->n_frames * N_CHANNELS * sizeof *played);
    generator_t generators[N_CHANNELS];
    int64_t i;
    int channel;
    for (channel = 0; channel < N_CHANNELS; channel++)
        generators[channel] = generator_of(channel);
    for (i = 0; played && i < run->n_frames * N_CHANNELS; i++)
        played[i] = as_sample_bits(generator_next(&generators[i % N_CHANNELS]), run->format);
    return played;
}

/* Frames from playing to recording; -1 if the start of the signal is not to be found. */
static int64_t find_lag(const run_t *run, const uint32_t *played, int64_t from) {
    int64_t lag;
    for (lag = 0; from + lag + PROBE_FRAMES <= run->n_frames; lag++)
        if (memcmp(run->recorded + (from + lag) * N_CHANNELS, played + from * N_CHANNELS,
                   PROBE_FRAMES * N_CHANNELS * sizeof *played) == 0)
            return lag;
    return -1;
}

static int report(run_t *run, const pa_device_info_t *device, const pa_stream_info_t *info, int python_before) {
    LARGE_INTEGER frequency;
    uint32_t *played = play_again(run);
    int64_t lag, i, n_differing = 0, n_compared = 0, n_early = 0;
    int64_t n = run->n_callbacks < run->n_callbacks_room ? run->n_callbacks : run->n_callbacks_room;
    double us;
    if (!played)
        return fail("no memory", "");
    /* a driver under load may lose the very beginning: look for the signal there and half a second later */
    lag = find_lag(run, played, 0);
    if (lag < 0)
        lag = find_lag(run, played, (int64_t)(info->rate_hz / 2));
    for (i = 0; lag >= 0 && i < run->n_frames * N_CHANNELS; i++) {
        if (i < lag * N_CHANNELS) {
            n_early += run->recorded[i] != 0;
        } else {
            n_compared++;
            n_differing += run->recorded[i] != played[i - lag * N_CHANNELS];
        }
    }
    QueryPerformanceFrequency(&frequency);
    us = 1e6 / (double)frequency.QuadPart;
    for (i = 0; i + 1 < n; i++)
        run->t_ticks[i] = run->t_ticks[i + 1] - run->t_ticks[i];
    n -= 1;
    qsort(run->t_ticks, (size_t)(n > 0 ? n : 0), sizeof *run->t_ticks, compare_ticks);

    printf("{\"host\": \"PortAudio ASIO, C\", \"driver\": ");
    print_json_string(device->name);
    printf(", \"format\": \"%s\", \"frames\": %lu, \"rate_hz\": %.0f, \"channels\": %d",
           run->format == PA_INT32 ? "int32" : "float32", run->n_block, info->rate_hz, N_CHANNELS);
    printf(", \"samples_compared\": %lld, \"differing_samples\": %lld, \"samples_before_signal\": %lld",
           (long long)n_compared, (long long)n_differing, (long long)n_early);
    printf(", \"reported_round_trip_frames\": %.0f, \"measured_round_trip_frames\": %lld",
           floor((info->input_latency_s + info->output_latency_s) * info->rate_hz + 0.5), (long long)lag);
    printf(", \"callbacks\": %lld, \"callbacks_of_other_size\": %lld", (long long)run->n_callbacks,
           (long long)run->n_other_sizes);
    printf(", \"status\": {\"input_underflow\": %lld, \"input_overflow\": %lld, \"output_underflow\": %lld, "
           "\"output_overflow\": %lld, "
           "\"priming\": %lld}",
           (long long)run->n_flags[0], (long long)run->n_flags[1], (long long)run->n_flags[2],
           (long long)run->n_flags[3], (long long)run->n_flags[4]);
    if (n > 0)
        printf(", \"interval_us\": {\"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f}", (double)run->t_ticks[n / 2] * us,
               (double)run->t_ticks[n * 99 / 100] * us, (double)run->t_ticks[n - 1] * us);
    printf(", \"python_before\": %s, \"python_after\": %s}\n", python_before ? "true" : "false",
           python_is_loaded() ? "true" : "false");
    free(played);
    return 0;
}

static int play(const char *name, unsigned long n_frames, double rate_hz, double seconds, unsigned long format,
                int python_before) {
    run_t run;
    pa_stream_parameters_t side;
    const pa_device_info_t *device = NULL;
    void *stream = NULL;
    int error, i, channel, result;

    memset(&run, 0, sizeof run);
    memset(&side, 0, sizeof side);
    for (i = 0; i < pa.device_count(); i++) {
        device = pa.device_info(i);
        if (is_asio(device) && strcmp(device->name, name) == 0)
            break;
    }
    if (i >= pa.device_count())
        return fail("no such ASIO device", name);
    run.format = format;
    run.n_block = n_frames;
    run.n_wanted = (int64_t)(seconds * rate_hz);
    run.n_callbacks_room = (int64_t)((seconds + MAX_EXTRA_SECONDS) * rate_hz / n_frames);
    run.recorded = calloc((size_t)run.n_wanted * N_CHANNELS, sizeof *run.recorded);
    run.t_ticks = calloc((size_t)run.n_callbacks_room, sizeof *run.t_ticks);
    run.done = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (!run.recorded || !run.t_ticks || !run.done)
        return fail("no memory", "");
    for (channel = 0; channel < N_CHANNELS; channel++)
        run.generators[channel] = generator_of(channel);

    side.device = i;
    side.n_channels = N_CHANNELS;
    side.sample_format = format;
    side.suggested_latency_s = n_frames / rate_hz;
    error = pa.open_stream(&stream, &side, &side, rate_hz, n_frames, PA_CLIP_OFF | PA_DITHER_OFF, on_block, &run);
    if (error != PA_NO_ERROR)
        return fail_pa("open", error);
    error = pa.start_stream(stream);
    if (error != PA_NO_ERROR)
        return fail_pa("start", error);
    if (WaitForSingleObject(run.done, (DWORD)((seconds + MAX_EXTRA_SECONDS) * 1000)) != WAIT_OBJECT_0)
        return fail("the stream stalled", name);
    error = pa.stop_stream(stream);
    if (error != PA_NO_ERROR)
        return fail_pa("stop", error);
    result = report(&run, device, pa.stream_info(stream), python_before);
    error = pa.close_stream(stream);
    if (error != PA_NO_ERROR)
        return fail_pa("close", error);
    CloseHandle(run.done);
    free(run.recorded);
    free(run.t_ticks);
    return result;
}

static int list(void) {
    int i, first = 1;
    printf("{\"devices\": [");
    for (i = 0; i < pa.device_count(); i++) {
        const pa_device_info_t *device = pa.device_info(i);
        if (!is_asio(device))
            continue;
        printf("%s{\"name\": ", first ? "" : ", ");
        print_json_string(device->name);
        printf(", \"inputs\": %d, \"outputs\": %d, \"rate_hz\": %.0f}", device->n_inputs, device->n_outputs,
               device->default_rate_hz);
        first = 0;
    }
    printf("]}\n");
    return 0;
}

int main(int argc, char **argv) {
    const int python_before = python_is_loaded();
    int error, result;
    setvbuf(stdout, NULL, _IOFBF, 1 << 16); /* one line, one write */
    if (argc < 3 || !load_portaudio(argv[1]))
        return fail("can't load PortAudio", argc < 2 ? "no path given" : argv[1]);
    error = pa.initialize();
    if (error != PA_NO_ERROR)
        return fail_pa("initialize", error);
    if (strcmp(argv[2], "list") == 0)
        result = list();
    else if (strcmp(argv[2], "play") == 0 && argc == 8)
        result = play(argv[3], strtoul(argv[4], NULL, 10), atof(argv[5]), atof(argv[6]),
                      strcmp(argv[7], "int32") == 0 ? PA_INT32 : PA_FLOAT32, python_before);
    else
        result = fail("usage", "pa_host LIBPORTAUDIO list | play NAME FRAMES RATE_HZ SECONDS float32|int32");
    pa.terminate();
    return result;
}

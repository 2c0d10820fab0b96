/* asiokit_device.h: the one signature between the engine and a device, whatever language the device is written in.
 *
 * A device is a function and a pointer. The engine calls the function once a cycle on the stream thread; before that it
 * has resolved everything that can be resolved. Plain C11 or C++, no Python.h, nothing to link with. A whole device:
 *
 *     #include <asiokit_device.h>
 *
 *     typedef struct { float gain; } state_t;
 *
 *     int process(void *context, asiokit_block_t *block) {
 *         const state_t *state = context;
 *         for (int32_t i = 0; i < block->n_to_host && i < block->n_from_host; i++) {
 *             float *to_host = block->to_host[i];
 *             const float *from_host = block->from_host[i];
 *             for (int32_t frame = 0; frame < block->n_frames; frame++)
 *                 to_host[frame] = state->gain * from_host[frame];
 *         }
 *         return 0;
 *     }
 *
 *     static state_t half = {0.5f};
 *     const asiokit_device_t asiokit_device = {sizeof(asiokit_device_t), ASIOKIT_DEVICE_ABI, 2, 2, process, &half};
 *
 * In Python: CDevice(address of process, address of a state_t, inputs=2, outputs=2), which leaves the state to Python
 * and does without the last two lines, or CDevice.from_library("half.so"). `asiokit new-device --kind c` writes a
 * package that builds; asiokit.get_include() is this header's folder.
 *
 * There is no export macro here, and no need of one: `cc -shared -fPIC` and mingw's `gcc -shared` export all that is
 * not static. Where the build hides symbols (-fvisibility=hidden) or shows none (MSVC), it is the build that names the
 * one: a version script, link's /EXPORT:process or /EXPORT:asiokit_device,DATA, setuptools' export_symbols; or the
 * source, by the compiler's own attribute. In C++ both are extern "C". */
#ifndef ASIOKIT_DEVICE_H
#define ASIOKIT_DEVICE_H

#include <stddef.h>
#include <stdint.h>

/* Raised when a field below changes its meaning, type or place, a status or flag its meaning, or the process function
 * its signature or the thread that calls it: then compile anew. New flags and positive statuses raise nothing. New
 * fields of a block come at its end and only raise block->size: a function that needs one checks `block->size >
 * offsetof(asiokit_block_t, field)`. */
#define ASIOKIT_DEVICE_ABI 1

enum asiokit_block_flag {
    ASIOKIT_BLOCK_FIRST = 1,        /* first block after start() */
    ASIOKIT_BLOCK_DISCONTINUITY = 2 /* the clock was late and has been re-anchored: t_ns jumped */
};

typedef struct asiokit_block {
    uint32_t size;        /* sizeof(asiokit_block_t) of the engine */
    uint32_t flags;       /* asiokit_block_flag */
    int32_t n_frames;     /* frames in this block; constant from prepare() on */
    int32_t sample_type;  /* asio_sample_type of the samples below: float32 (19) unless the device is native */
    int32_t sample_width; /* bytes a sample */
    int32_t n_to_host;    /* channels towards the host (its inputs) */
    int32_t n_from_host;  /* channels from the host (its outputs) */
    int32_t reserved;
    void *const *to_host; /* [n_to_host] planar; the device fills every channel. Never NULL: a channel that the host
                             did not ask for points to memory that nobody reads */
    const void *const *from_host; /* [n_from_host] planar; a channel that the host did not ask for is silence */
    int64_t position;             /* first frame of this block, k * n_frames since start() */
    int64_t t_ns;                 /* time of the block's edge, monotonic clock, ns */
    double rate_hz;
} asiokit_block_t;

/* Status: 0 = done, positive = done with a remark, negative = failed (the engine sends silence and counts it; after 100
 * in a row it asks the host for a reset). -1 is not used. The pointers in block are valid during the call only.
 * [stream thread; no lock, no allocation, no system call] */
typedef int (*asiokit_process_fn)(void *context, asiokit_block_t *block);

/* A shared library that is a device, with no Python of its own, exports one of these under the name asiokit_device. It
 * is read once, by CDevice.from_library, which refuses another size or abi than its own. */
typedef struct {
    uint32_t size;  /* sizeof(asiokit_device_t) of the library */
    uint32_t abi;   /* ASIOKIT_DEVICE_ABI of the library */
    int32_t inputs; /* channels as the host sees them */
    int32_t outputs;
    asiokit_process_fn process;
    void *state; /* its context. Every driver in the process that has this device gets the same one */
} asiokit_device_t;

/* What ABI 1 looks like on every 64-bit system. */
#ifdef __cplusplus
#define ASIOKIT_DEVICE_ASSERT(condition) static_assert(condition, #condition)
#else
#define ASIOKIT_DEVICE_ASSERT(condition) _Static_assert(condition, #condition)
#endif
#if UINTPTR_MAX > 0xffffffffu
ASIOKIT_DEVICE_ASSERT(sizeof(asiokit_block_t) == 72);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_block_t, flags) == 4);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_block_t, n_frames) == 8);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_block_t, sample_type) == 12);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_block_t, sample_width) == 16);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_block_t, n_to_host) == 20);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_block_t, n_from_host) == 24);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_block_t, to_host) == 32);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_block_t, from_host) == 40);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_block_t, position) == 48);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_block_t, t_ns) == 56);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_block_t, rate_hz) == 64);
ASIOKIT_DEVICE_ASSERT(sizeof(asiokit_device_t) == 32);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_device_t, inputs) == 8);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_device_t, process) == 16);
ASIOKIT_DEVICE_ASSERT(offsetof(asiokit_device_t, state) == 24);
#endif

#endif

/* asiokit_device.h: the one signature between the engine and a device, whatever language the device is written in.
 *
 * A device is a function and a pointer. The engine calls the function once a cycle on the stream thread; before that it
 * has resolved everything that can be resolved. Plain C, no Python.h. */
#ifndef ASIOKIT_DEVICE_H
#define ASIOKIT_DEVICE_H

#include <stdint.h>

/* Raised when a field below changes its meaning or place; new fields at the end only raise block_t.size. */
#define ASIOKIT_DEVICE_ABI 1

enum asiokit_block_flag {
    ASIOKIT_BLOCK_FIRST = 1,        /* first block after start() */
    ASIOKIT_BLOCK_DISCONTINUITY = 2 /* the clock was late and has been re-anchored: t_ns jumped */
};

typedef struct asiokit_block {
    uint32_t size;        /* sizeof(asiokit_block_t) of the engine */
    uint32_t flags;       /* asiokit_block_flag */
    int32_t n_frames;     /* frames in this block; constant from prepare() on */
    int32_t sample_type;  /* asio_sample_type of the samples below: float32 unless the device takes the host's type */
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

/* Status: 0 = done, positive = done with a remark, negative = failed (the engine sends silence and counts it).
 * -1 is not used. The pointers in block are valid during the call only.
 * [stream thread; no lock, no allocation, no system call] */
typedef int (*asiokit_process_fn)(void *context, asiokit_block_t *block);

#endif

/* convert_kernels.h: the kernels of all vector levels, written once in terms of what a level defines before it includes
 * this file. [convert_sse2.c, convert_avx2.c, convert_avx512.c]
 *
 * A vec_t has LANES samples of 32 bits in quarters of 128 bits ("quads"), because that is how x86 shuffles: inside of
 * quads, not across them. So interleaving is done in tiles whose transposition needs no crossing. Planes to frames:
 * whole vectors are loaded, four by four elements are transposed inside each quad, and the quads are stored one by one,
 * each where it belongs. Frames to planes: quads are loaded one by one (a load into a part of a vector costs no
 * shuffle), and whole vectors are stored.
 *
 * Ends: a last tile or run that would go over the edge starts earlier and does some samples twice. What is too small
 * for that goes through a little room on the stack. So no loop over single samples exists.
 *
 * kind, msb and, but for PADDED, bits are constants wherever a function is inlined. A level defines:
 *   load_vec, store_vec                LANES * 4 bytes
 *   load_quads, quad_of, store_quad    quads from four addresses; one of them, by a constant; 16 bytes
 *   unpack_{lo,hi}{16,32,64}           inside quads
 *   zip, unzip                         two vectors to alternating samples and back, in order
 *   swap16, swap32, shift_up, low16_up, high16
 *   round16                            rounded, at most 32767; pack16 and pack16_in_order clip the other end
 *   round_clip, round32                to 24 bits or less; to 32
 *   float_of_top                       a signed number in the top bits, as float: full scale 1.0
 *   load16_floats, load24_top          LANES samples from exactly their bytes
 *   pack24, store_quad12               4 codes to the first 12 bytes of each quad; and exactly those
 *   store24                            LANES codes; n_room: so many bytes after them may be overwritten
 *   align24, control24                 quads of 16 bytes, 4 packed samples first or last, to 32 bits each, top-aligned
 *   load64_floats, store64             LANES doubles
 */

enum kind { INT16, INT24, INT32, PADDED, FLOAT32 };

INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

INLINE size_t bytes_of(int kind) { return kind == INT16 ? 2 : kind == INT24 ? 3 : 4; }

/* ---- samples ---- */

/* float32 to codes of 32 bits a sample in the type's byte order; INT16 and INT24 are still to be packed */
INLINE vec_t encode(vec_t floats, int kind, int msb, int bits) {
    vec_t v = floats;
    switch (kind) {
    case INT16:
        return round16(v);
    case INT24:
        return round_clip(v, 24);
    case INT32:
        v = round32(v);
        break;
    case PADDED:
        v = round_clip(v, bits);
        break;
    default:
        break;
    }
    return msb ? swap32(v) : v;
}

/* samples of 32 bits to float32; INT24 are top-aligned already */
INLINE vec_t decode(vec_t v, int kind, int msb, int bits) {
    if (kind == INT24)
        return float_of_top(v);
    if (msb)
        v = swap32(v);
    if (kind == FLOAT32)
        return v;
    return float_of_top(kind == PADDED ? shift_up(v, 32 - bits) : v);
}

INLINE vec_t pack16_as(vec_t a, vec_t b, int msb) {
    const vec_t v = pack16(a, b);
    return msb ? swap16(v) : v;
}

/* n_room: bytes that may be overwritten, since what belongs there is written later */
INLINE void store_row(byte_t *to, vec_t v, int kind, int msb, size_t n_room) {
    if (kind == INT24)
        store24(to, v, msb, n_room);
    else
        store_vec(to, v);
}

INLINE vec_t load_row(const byte_t *from, int kind, int msb, int bits) {
    if (kind == INT16)
        return load16_floats(from, msb);
    return decode(kind == INT24 ? load24_top(from, msb) : load_vec(from), kind, msb, bits);
}

INLINE void transpose_quads(vec_t v[4]) {
    const vec_t a = unpack_lo32(v[0], v[1]), b = unpack_hi32(v[0], v[1]);
    const vec_t c = unpack_lo32(v[2], v[3]), d = unpack_hi32(v[2], v[3]);
    v[0] = unpack_lo64(a, c);
    v[1] = unpack_hi64(a, c);
    v[2] = unpack_lo64(b, d);
    v[3] = unpack_hi64(b, d);
}

/* ---- one run ---- */

INLINE void write_run_step(byte_t *to, const byte_t *from, int kind, int msb, int bits, size_t n_room) {
    const vec_t a = encode(load_vec(from), kind, msb, bits);
    if (kind == INT16) {
        const vec_t v = pack16_in_order(a, encode(load_vec(from + 4 * LANES), kind, msb, bits));
        store_vec(to, msb ? swap16(v) : v);
    } else {
        store_row(to, a, kind, msb, n_room);
    }
}

INLINE void write_run(byte_t *to, const byte_t *from, size_t n, int kind, int msb, int bits) {
    const size_t step = kind == INT16 ? 2 * LANES : LANES, width = bytes_of(kind);
    byte_t samples[8 * LANES], codes[4 * LANES];
    size_t i;
    if (kind == FLOAT32 && !msb) {
        memcpy(to, from, 4 * n);
        return;
    }
    if (n < step) {
        memset(samples, 0, sizeof samples);
        memcpy(samples, from, 4 * n);
        write_run_step(codes, samples, kind, msb, bits, 0);
        memcpy(to, codes, width * n);
        return;
    }
    for (i = 0; i + step <= n; i += step)
        write_run_step(to + width * i, from + 4 * i, kind, msb, bits, width * (n - i - step));
    if (i < n)
        write_run_step(to + width * (n - step), from + 4 * (n - step), kind, msb, bits, 0);
}

INLINE void read_run(byte_t *to, const byte_t *from, size_t n, int kind, int msb, int bits) {
    const size_t width = bytes_of(kind);
    byte_t samples[4 * LANES], codes[4 * LANES];
    size_t i;
    if (kind == FLOAT32 && !msb) {
        memcpy(to, from, 4 * n);
        return;
    }
    if (n < LANES) {
        memset(codes, 0, sizeof codes);
        memcpy(codes, from, width * n);
        store_vec(samples, load_row(codes, kind, msb, bits));
        memcpy(to, samples, 4 * n);
        return;
    }
    for (i = 0; i + LANES <= n; i += LANES)
        store_vec(to + 4 * i, load_row(from + width * i, kind, msb, bits));
    if (i < n)
        store_vec(to + 4 * (n - LANES), load_row(from + width * (n - LANES), kind, msb, bits));
}

/* ---- two channels: no tile is needed, and packing 16 bits does the work of interleaving ---- */

INLINE void write_two_step(byte_t *to, const byte_t *left, const byte_t *right, int kind, int msb, int bits,
                           size_t n_room) {
    const vec_t l = load_vec(left), r = load_vec(right);
    if (kind == INT16) {
        const vec_t a = encode(unpack_lo32(l, r), kind, msb, bits), b = encode(unpack_hi32(l, r), kind, msb, bits);
        store_vec(to, pack16_as(a, b, msb));
    } else {
        vec_t a, b;
        zip(encode(l, kind, msb, bits), encode(r, kind, msb, bits), &a, &b);
        store_row(to, a, kind, msb, LANES * bytes_of(kind));
        store_row(to + LANES * bytes_of(kind), b, kind, msb, n_room);
    }
}

/* n_frames >= LANES */
INLINE void write_two(byte_t *to, const byte_t *left, const byte_t *right, size_t n_frames, int kind, int msb,
                      int bits) {
    const size_t row = 2 * bytes_of(kind);
    size_t f;
    for (f = 0; f + LANES <= n_frames; f += LANES)
        write_two_step(to + row * f, left + 4 * f, right + 4 * f, kind, msb, bits, row * (n_frames - f - LANES));
    if (f < n_frames) {
        f = n_frames - LANES;
        write_two_step(to + row * f, left + 4 * f, right + 4 * f, kind, msb, bits, 0);
    }
}

INLINE void read_two_step(byte_t *left, byte_t *right, const byte_t *from, int kind, int msb, int bits) {
    if (kind == INT16) {
        vec_t v = load_vec(from);
        if (msb)
            v = swap16(v);
        store_vec(left, float_of_top(low16_up(v)));
        store_vec(right, float_of_top(high16(v)));
    } else {
        vec_t l, r;
        unzip(load_row(from, kind, msb, bits), load_row(from + LANES * bytes_of(kind), kind, msb, bits), &l, &r);
        store_vec(left, l);
        store_vec(right, r);
    }
}

/* n_frames >= LANES */
INLINE void read_two(byte_t *left, byte_t *right, const byte_t *from, size_t n_frames, int kind, int msb, int bits) {
    const size_t row = 2 * bytes_of(kind);
    size_t f;
    for (f = 0; f + LANES <= n_frames; f += LANES)
        read_two_step(left + 4 * f, right + 4 * f, from + row * f, kind, msb, bits);
    if (f < n_frames) {
        f = n_frames - LANES;
        read_two_step(left + 4 * f, right + 4 * f, from + row * f, kind, msb, bits);
    }
}

/* ---- planes to frames ---- */

/* A tile is 8 channels x LANES frames. Its rows are two quads, or one of INT16, and leave in rising order. */
#define TILE 8

/* Rows 4 * k to 4 * k + 3: quad k of each vector. Packed quads are 12 bytes and stored as 16: what they spill is
 * overwritten by the next ones; the last row must be exact if is_last_exact, the others too if is_exact. */
INLINE void store_four_rows(byte_t *to, size_t row, const vec_t *v, int k, int kind, int is_exact, int is_last_exact) {
    size_t i;
    for (i = 0; i < 4; i++, to += row) {
        store_quad(to, quad_of(v[i], k));
        if (kind == INT16)
            continue;
        if (kind != INT24)
            store_quad(to + 16, quad_of(v[i + 4], k));
        else if (is_exact || (is_last_exact && k == LANES / 4 - 1 && i == 3))
            store_quad12(to + 12, quad_of(v[i + 4], k));
        else
            store_quad(to + 12, quad_of(v[i + 4], k));
    }
}

INLINE void write_tile(byte_t *to, size_t row, const byte_t *const *planes, size_t at, int kind, int msb, int bits,
                       int is_exact, int is_last_exact) {
    vec_t v[8], a[4];
    size_t i;
    if (kind == INT16) {
        for (i = 0; i < 4; i++)
            v[i] = pack16_as(encode(load_vec(planes[i] + at), kind, msb, bits),
                             encode(load_vec(planes[i + 4] + at), kind, msb, bits), msb);
        a[0] = unpack_lo16(v[0], v[1]); /* 0 1 of each frame of the quad */
        a[1] = unpack_hi16(v[0], v[1]); /* 4 5 */
        a[2] = unpack_lo16(v[2], v[3]); /* 2 3 */
        a[3] = unpack_hi16(v[2], v[3]); /* 6 7 */
        v[4] = unpack_lo32(a[0], a[2]); /* 0 1 2 3 of two frames */
        v[5] = unpack_lo32(a[1], a[3]); /* 4 5 6 7 */
        v[6] = unpack_hi32(a[0], a[2]);
        v[7] = unpack_hi32(a[1], a[3]);
        v[0] = unpack_lo64(v[4], v[5]);
        v[1] = unpack_hi64(v[4], v[5]);
        v[2] = unpack_lo64(v[6], v[7]);
        v[3] = unpack_hi64(v[6], v[7]);
    } else {
        for (i = 0; i < 8; i++)
            v[i] = load_vec(planes[i] + at);
        transpose_quads(v);
        transpose_quads(v + 4);
        for (i = 0; i < 8; i++) {
            v[i] = encode(v[i], kind, msb, bits);
            if (kind == INT24)
                v[i] = pack24(v[i], msb);
        }
    }
    store_four_rows(to, row, v, 0, kind, is_exact, is_last_exact);
    if (LANES > 4)
        store_four_rows(to + 4 * row, row, v, 1, kind, is_exact, is_last_exact);
    if (LANES > 8) {
        store_four_rows(to + 8 * row, row, v, 2, kind, is_exact, is_last_exact);
        store_four_rows(to + 12 * row, row, v, 3, kind, is_exact, is_last_exact);
    }
}

/* At least a tile in both directions. Channels are the inner loop: a tile reads whole cache lines of its planes once
 * (or in two parts), and the lines that it writes a part of are completed by the next tiles while they are still in the
 * first-level cache, whatever the number of channels. */
INLINE void write_tiles(byte_t *to, const byte_t *const *planes, size_t n_channels, size_t n_frames, int kind, int msb,
                        int bits) {
    const size_t width = bytes_of(kind), row = width * n_channels;
    size_t c, f;
    for (f = 0; f < n_frames; f += LANES) {
        const size_t at_f = smaller(f, n_frames - LANES);
        for (c = 0; c < n_channels; c += TILE) {
            const size_t at_c = smaller(c, n_channels - TILE);
            /* what a row spills, 4 bytes, goes over the next two channels or more; if there is but one tile of them,
             * over the next frame */
            const int is_exact = at_c + TILE + 1 >= n_channels && n_channels > TILE;
            write_tile(to + row * at_f + width * at_c, row, planes + at_c, 4 * at_f, kind, msb, bits, is_exact,
                       n_channels == TILE && f + LANES >= n_frames);
        }
    }
}

/* Less than a tile in one direction. Planes that are missing are replaced by the last one: what comes of them lands on
 * the next frames and is overwritten there, as rows are written in rising order. */
INLINE void write_small(byte_t *to, const byte_t *const *planes, size_t n_channels, size_t n_frames, int kind, int msb,
                        int bits) {
    const size_t width = bytes_of(kind), row = width * n_channels;
    const size_t n_rows = smaller(LANES, n_frames), step = smaller(row, width * TILE);
    const byte_t *p[TILE];
    byte_t padded[TILE][4 * LANES], rows[4 * TILE * LANES];
    size_t c, f, i;
    for (c = 0; c < n_channels; c += TILE) {
        const size_t n_here = smaller(TILE, n_channels - c);
        for (i = 0; i < TILE; i++) {
            p[i] = planes[c + smaller(i, n_here - 1)];
            if (n_frames < LANES) {
                memset(padded[i], 0, sizeof padded[i]);
                memcpy(padded[i], p[i], 4 * n_frames);
                p[i] = padded[i];
            }
        }
        for (f = 0; f < n_frames; f += LANES) {
            const size_t at_f = smaller(f, n_frames - n_rows);
            const int fits = n_channels < TILE && row * (at_f + LANES - 1) + width * TILE <= row * n_frames;
            write_tile(fits ? to + row * at_f : rows, step, p, 4 * at_f, kind, msb, bits, 0, 1);
            if (fits)
                continue;
            if (step == row) /* narrow frames lie side by side in the room too: they leave it as one */
                memcpy(to + row * at_f, rows, row * n_rows);
            else
                for (i = 0; i < n_rows; i++)
                    memcpy(to + row * (at_f + i) + width * c, rows + step * i, width * n_here);
        }
    }
}

/* more than one channel */
INLINE void write_frames(byte_t *to, const byte_t *const *planes, size_t n_channels, size_t n_frames, int kind, int msb,
                         int bits) {
    if (n_frames == 0)
        return;
    if (n_channels == 2 && n_frames >= LANES) {
        write_two(to, planes[0], planes[1], n_frames, kind, msb, bits);
        return;
    }
    if (n_channels >= TILE && n_frames >= LANES)
        write_tiles(to, planes, n_channels, n_frames, kind, msb, bits);
    else
        write_small(to, planes, n_channels, n_frames, kind, msb, bits);
}

/* ---- frames to planes: tiles of LANES frames x 4 channels, or x 8 of INT16 ---- */

INLINE size_t channels_read(int kind) { return kind == INT16 ? 8 : 4; }

/* One tile into planes + at bytes; control: of align24. */
INLINE void read_tile(byte_t *const *planes, size_t at, const byte_t *from, size_t row, int kind, int msb, int bits,
                      vec_t control) {
    vec_t v[4];
    size_t i;
    for (i = 0; i < 4; i++) {
        const byte_t *const first = from + row * i;
        v[i] = load_quads(first, first + 4 * row, first + 8 * row, first + 12 * row);
        if (kind == INT16)
            v[i] = msb ? swap16(v[i]) : v[i];
        else if (kind == INT24)
            v[i] = align24(v[i], msb, control);
    }
    transpose_quads(v);
    for (i = 0; i < 4; i++) {
        if (kind == INT16) { /* two channels in each 32 bits: they come apart without a shuffle */
            store_vec(planes[2 * i] + at, float_of_top(low16_up(v[i])));
            store_vec(planes[2 * i + 1] + at, float_of_top(high16(v[i])));
        } else {
            store_vec(planes[i] + at, decode(v[i], kind, msb, bits));
        }
    }
}

/* 12 bytes of packed samples are wanted and 16 read: where something lies before them, so that nothing is read after
 * them. */
INLINE size_t bytes_before(int kind, size_t channel) { return kind == INT24 && channel > 1 ? 4 : 0; }

/* A tile that is not whole, or after which less is left than a quad reads (is_inside: it is not that): what can't be
 * read or written in place goes through the stack. */
INLINE void read_small(byte_t *const *planes, size_t at, const byte_t *from, size_t n_channels, size_t n_here,
                       size_t n_rows, int is_inside, int kind, int msb, int bits) {
    const size_t width = bytes_of(kind), row = width * n_channels;
    byte_t codes[16 * LANES + 16], samples[8][4 * LANES];
    byte_t *p[8];
    size_t i, step = row;
    if (!is_inside) {
        memset(codes, 0, sizeof codes);
        if (row <= 16) { /* narrow frames lie side by side in there too, so that they come as one */
            memcpy(codes, from, row * (n_rows - 1) + width * n_here);
        } else {
            step = 16;
            for (i = 0; i < n_rows; i++)
                memcpy(codes + step * i, from + row * i, width * n_here);
        }
        from = codes;
    }
    for (i = 0; i < 8; i++)
        p[i] = i < n_here && n_rows == LANES ? planes[i] + at : samples[i];
    read_tile(p, 0, from, step, kind, msb, bits, control24(msb, 0));
    if (n_rows < LANES)
        for (i = 0; i < n_here; i++)
            memcpy(planes[i] + at, samples[i], 4 * n_rows);
}

/* more than one channel */
INLINE void read_frames(byte_t *const *planes, const byte_t *from, size_t n_channels, size_t n_frames, int kind,
                        int msb, int bits) {
    const size_t width = bytes_of(kind), row = width * n_channels, high = channels_read(kind);
    const size_t n_here = smaller(n_channels, high), n_rows = smaller(n_frames, LANES);
    const int is_whole = n_here == high && n_rows == LANES;
    size_t c, f;
    if (n_frames == 0)
        return;
    if (n_channels == 2 && n_frames >= LANES) {
        read_two(planes[0], planes[1], from, n_frames, kind, msb, bits);
        return;
    }
    for (f = 0; f < n_frames; f += LANES) {
        const size_t at_f = smaller(f, n_frames - n_rows);
        for (c = 0; c < n_channels; c += high) {
            const size_t at_c = smaller(c, n_channels - n_here), at = row * at_f + width * at_c;
            const size_t before = bytes_before(kind, at_c);
            /* whole tiles of other types than INT24 read nothing else: no need to ask for each */
            const int is_sure = is_whole && (kind != INT24 || before > 0);
            if (is_sure || (is_whole && at + row * (LANES - 1) + 16 <= row * n_frames))
                read_tile(planes + at_c, 4 * at_f, from + at - before, row, kind, msb, bits,
                          control24(msb, before > 0));
            else
                read_small(planes + at_c, 4 * at_f, from + at, n_channels, n_here, n_rows,
                           n_rows == LANES && at + row * (LANES - 1) + 16 <= row * n_frames, kind, msb, bits);
        }
    }
}

/* ---- float64: through float32 that stays in the first-level cache ---- */

#define FRAMES64 512 /* samples of float32: 2 KiB of stack */

INLINE void write_run64(byte_t *to, const byte_t *from, size_t n, int msb) {
    byte_t samples[4 * LANES], codes[8 * LANES];
    size_t i;
    for (i = 0; i + LANES <= n; i += LANES)
        store64(to + 8 * i, load_vec(from + 4 * i), msb);
    if (i < n) {
        memset(samples, 0, sizeof samples);
        memcpy(samples, from + 4 * i, 4 * (n - i));
        store64(codes, load_vec(samples), msb);
        memcpy(to + 8 * i, codes, 8 * (n - i));
    }
}

INLINE void read_run64(byte_t *to, const byte_t *from, size_t n, int msb) {
    byte_t samples[4 * LANES], codes[8 * LANES];
    size_t i;
    for (i = 0; i + LANES <= n; i += LANES)
        store_vec(to + 4 * i, load64_floats(from + 8 * i, msb));
    if (i < n) {
        memset(codes, 0, sizeof codes);
        memcpy(codes, from + 8 * i, 8 * (n - i));
        store_vec(samples, load64_floats(codes, msb));
        memcpy(to + 4 * i, samples, 4 * (n - i));
    }
}

static void float32_lsb_interleave(void *to, const void *const *planes, size_t n_channels, size_t n_frames);
static void float32_lsb_deinterleave(void *const *planes, const void *from, size_t n_channels, size_t n_frames);

/* at most so many channels at a time, each time as many frames as the room takes */
#define CHANNELS64 32

INLINE void write_frames64(byte_t *to, const byte_t *const *planes, size_t n_channels, size_t n_frames, int msb) {
    byte_t room[4 * FRAMES64];
    const void *p[CHANNELS64];
    size_t c, f, i;
    for (c = 0; c < n_channels; c += CHANNELS64) {
        const size_t n_here = smaller(CHANNELS64, n_channels - c), n_fit = FRAMES64 / n_here;
        for (f = 0; f < n_frames; f += n_fit) {
            const size_t n_rows = smaller(n_fit, n_frames - f);
            for (i = 0; i < n_here; i++)
                p[i] = planes[c + i] + 4 * f;
            float32_lsb_interleave(room, p, n_here, n_rows);
            for (i = 0; i < n_rows; i++)
                write_run64(to + 8 * (n_channels * (f + i) + c), room + 4 * n_here * i, n_here, msb);
        }
    }
}

INLINE void read_frames64(byte_t *const *planes, const byte_t *from, size_t n_channels, size_t n_frames, int msb) {
    byte_t room[4 * FRAMES64];
    void *p[CHANNELS64];
    size_t c, f, i;
    for (c = 0; c < n_channels; c += CHANNELS64) {
        const size_t n_here = smaller(CHANNELS64, n_channels - c), n_fit = FRAMES64 / n_here;
        for (f = 0; f < n_frames; f += n_fit) {
            const size_t n_rows = smaller(n_fit, n_frames - f);
            for (i = 0; i < n_here; i++)
                p[i] = planes[c + i] + 4 * f;
            for (i = 0; i < n_rows; i++)
                read_run64(room + 4 * n_here * i, from + 8 * (n_channels * (f + i) + c), n_here, msb);
            float32_lsb_deinterleave(p, room, n_here, n_rows);
        }
    }
}

/* ---- the four functions of each type ---- */

#define FUNCTIONS(name, kind, msb, bits)                                                                               \
    static void name##_from_float32(void *to, const void *from, size_t n_samples) {                                    \
        write_run(to, from, n_samples, kind, msb, bits);                                                               \
    }                                                                                                                  \
    static void name##_to_float32(void *to, const void *from, size_t n_samples) {                                      \
        read_run(to, from, n_samples, kind, msb, bits);                                                                \
    }                                                                                                                  \
    static void name##_interleave(void *to, const void *const *planes, size_t n_channels, size_t n_frames) {           \
        if (n_channels == 1)                                                                                           \
            name##_from_float32(to, planes[0], n_frames);                                                              \
        else                                                                                                           \
            write_frames(to, (const byte_t *const *)planes, n_channels, n_frames, kind, msb, bits);                    \
    }                                                                                                                  \
    static void name##_deinterleave(void *const *planes, const void *from, size_t n_channels, size_t n_frames) {       \
        if (n_channels == 1)                                                                                           \
            name##_to_float32(planes[0], from, n_frames);                                                              \
        else                                                                                                           \
            read_frames((byte_t *const *)planes, from, n_channels, n_frames, kind, msb, bits);                         \
    }

FUNCTIONS(int16_lsb, INT16, 0, 16)
FUNCTIONS(int16_msb, INT16, 1, 16)
FUNCTIONS(int24_lsb, INT24, 0, 24)
FUNCTIONS(int24_msb, INT24, 1, 24)
FUNCTIONS(int32_lsb, INT32, 0, 32)
FUNCTIONS(int32_msb, INT32, 1, 32)

/* Four times as many types as the others, of little use: one kernel for all, with their bits as an argument. */
#define PADDED_KERNELS(name, msb)                                                                                      \
    static NOINLINE void name##_write(void *to, const void *from, size_t n, int bits) {                                \
        write_run(to, from, n, PADDED, msb, bits);                                                                     \
    }                                                                                                                  \
    static NOINLINE void name##_read(void *to, const void *from, size_t n, int bits) {                                 \
        read_run(to, from, n, PADDED, msb, bits);                                                                      \
    }                                                                                                                  \
    static NOINLINE void name##_join(void *to, const void *const *planes, size_t n_channels, size_t n_frames,          \
                                     int bits) {                                                                       \
        if (n_channels == 1)                                                                                           \
            name##_write(to, planes[0], n_frames, bits);                                                               \
        else                                                                                                           \
            write_frames(to, (const byte_t *const *)planes, n_channels, n_frames, PADDED, msb, bits);                  \
    }                                                                                                                  \
    static NOINLINE void name##_split(void *const *planes, const void *from, size_t n_channels, size_t n_frames,       \
                                      int bits) {                                                                      \
        if (n_channels == 1)                                                                                           \
            name##_read(planes[0], from, n_frames, bits);                                                              \
        else                                                                                                           \
            read_frames((byte_t *const *)planes, from, n_channels, n_frames, PADDED, msb, bits);                       \
    }
PADDED_KERNELS(padded0, 0)
PADDED_KERNELS(padded1, 1)

#define PADDED_FUNCTIONS(number, name, width, bits, msb)                                                               \
    static void name##_from_float32(void *to, const void *from, size_t n_samples) {                                    \
        padded##msb##_write(to, from, n_samples, bits);                                                                \
    }                                                                                                                  \
    static void name##_to_float32(void *to, const void *from, size_t n_samples) {                                      \
        padded##msb##_read(to, from, n_samples, bits);                                                                 \
    }                                                                                                                  \
    static void name##_interleave(void *to, const void *const *planes, size_t n_channels, size_t n_frames) {           \
        padded##msb##_join(to, planes, n_channels, n_frames, bits);                                                    \
    }                                                                                                                  \
    static void name##_deinterleave(void *const *planes, const void *from, size_t n_channels, size_t n_frames) {       \
        padded##msb##_split(planes, from, n_channels, n_frames, bits);                                                 \
    }
PADDED_TYPES(PADDED_FUNCTIONS)
FUNCTIONS(float32_lsb, FLOAT32, 0, 32)
FUNCTIONS(float32_msb, FLOAT32, 1, 32)

#define FUNCTIONS64(name, msb)                                                                                         \
    static void name##_from_float32(void *to, const void *from, size_t n_samples) {                                    \
        write_run64(to, from, n_samples, msb);                                                                         \
    }                                                                                                                  \
    static void name##_to_float32(void *to, const void *from, size_t n_samples) {                                      \
        read_run64(to, from, n_samples, msb);                                                                          \
    }                                                                                                                  \
    static void name##_interleave(void *to, const void *const *planes, size_t n_channels, size_t n_frames) {           \
        write_frames64(to, (const byte_t *const *)planes, n_channels, n_frames, msb);                                  \
    }                                                                                                                  \
    static void name##_deinterleave(void *const *planes, const void *from, size_t n_channels, size_t n_frames) {       \
        read_frames64((byte_t *const *)planes, from, n_channels, n_frames, msb);                                       \
    }

FUNCTIONS64(float64_lsb, 0)
FUNCTIONS64(float64_msb, 1)

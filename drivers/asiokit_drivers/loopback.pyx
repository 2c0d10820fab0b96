"""drivers: loopback: what a host plays, it hears one buffer later. No GIL on the stream thread.

Without a mix it works in the host's own sample type and is bit-exact. An input that hears one output shares its memory
(Device.wires), so that nothing is moved at all. What is left, a second input on the same output or `share = false`, is
copied: in one piece where the channels lie side by side, which they do unless the host leaves some out.
"""
from libc.stdint cimport int32_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from asiokit.device cimport Device, StreamInfo, block_t

from asiokit.device.options import Option

# A row of neighbouring channels that is copied in one go.
ctypedef struct copy_t:
    int32_t to_host
    int32_t from_host       # -1: silence
    size_t n_bytes

# One product of the mix: an output channel's share in an input channel.
ctypedef struct term_t:
    int32_t to_host
    int32_t from_host
    float gain


cdef class Loopback(Device):
    """Each output returns at the input of the same number, or as `routing` says. Latency: exactly one buffer."""

    OPTIONS = (
        Option("inputs", int, 2, "channels that the host records from", minimum=0, maximum=512),
        Option("outputs", int, 2, "channels that the host plays to", minimum=0, maximum=512),
        Option("routing", list, None, 'connections like "1>2" (output 1 to input 2) or "1>2*0.5" (with a gain); '
                                      "default: each output to the input of its number"),
        Option("share", bool, True, "inputs lie in the memory of the outputs that they hear; false: copy, for a host "
                                    "that writes into its input buffers"),
    )
    cdef readonly int inputs
    cdef readonly int outputs
    cdef readonly bint native
    cdef readonly bint share
    cdef readonly tuple routes      # of (output, input, gain), counted from 0
    cdef int32_t n_copies
    cdef copy_t *copies
    cdef int32_t n_terms
    cdef term_t *terms

    def __init__(self, int inputs=2, int outputs=2, routing=None, bint share=True):
        self.inputs = inputs
        self.outputs = outputs
        self.share = share
        if routing is None:
            self.routes = tuple([(channel, channel, 1.0) for channel in range(min(inputs, outputs))])
        else:
            from asiokit_drivers.routing import parse_routing  # only here: on most hosts' way to init it is not needed
            self.routes = parse_routing(routing, inputs, outputs)
        heard = {to_host for _, to_host, _ in self.routes}
        # one source at full level for each input: then nothing has to be computed, and samples stay what they are
        self.native = len(heard) == len(self.routes) and all([gain == 1.0 for _, _, gain in self.routes])
        self.copies = <copy_t *>calloc(inputs + 1, sizeof(copy_t))
        self.terms = <term_t *>calloc(len(self.routes) + 1, sizeof(term_t))
        if self.copies is NULL or self.terms is NULL:
            raise MemoryError("no memory for the routing")
        for from_host, to_host, gain in self.routes:
            self.terms[self.n_terms] = term_t(to_host, from_host, gain)
            self.n_terms += 1

    def __dealloc__(self):
        free(self.copies)
        free(self.terms)

    def wires(self):
        """The first input of each output; a further one is copied, so that no two inputs share memory."""
        if not (self.native and self.share):
            return ()
        return tuple({from_host: (from_host, to_host) for from_host, to_host, _ in reversed(self.routes)}.values())

    def prepare(self, StreamInfo stream):
        """Joins neighbours into one copy. Channels that the host left out are not its business: they lie elsewhere."""
        cdef size_t n_bytes = <size_t>stream.n_frames * stream.sample_width
        cdef dict source = {to_host: from_host for from_host, to_host, _ in self.routes}
        cdef copy_t *last = NULL
        cdef int32_t to_host, from_host
        self.n_copies = 0
        if not self.native:
            return
        for to_host in range(self.inputs):
            if not stream.active_inputs[to_host]:
                continue
            from_host = source.get(to_host, -1)
            if from_host >= 0 and not stream.active_outputs[from_host]:
                from_host = -1
            if from_host >= 0 and stream.block[0].to_host[to_host] == stream.block[0].from_host[from_host]:
                continue
            if last is not NULL and follows(stream, last, to_host, from_host):
                last.n_bytes += n_bytes
                continue
            last = &self.copies[self.n_copies]
            last[0] = copy_t(to_host, from_host, n_bytes)
            self.n_copies += 1

    cdef int process(self, block_t *block) noexcept nogil:
        if self.native:
            return copy_channels(self, block)
        return mix_channels(self, block)


cdef bint follows(StreamInfo stream, const copy_t *row, int32_t to_host, int32_t from_host) noexcept:
    """Does this channel lie right behind the row, in both halves, on both sides?"""
    cdef const block_t *block
    cdef int half
    for half in range(2):
        block = stream.block[half]
        if <uint8_t *>block.to_host[row.to_host] + row.n_bytes != <uint8_t *>block.to_host[to_host]:
            return False
        if from_host < 0 or row.from_host < 0:
            if from_host != row.from_host:
                return False
        elif <uint8_t *>block.from_host[row.from_host] + row.n_bytes != <uint8_t *>block.from_host[from_host]:
            return False
    return True


cdef int copy_channels(Loopback self, block_t *block) noexcept nogil:
    cdef copy_t *row
    cdef int32_t i
    for i in range(self.n_copies):
        row = &self.copies[i]
        if row.from_host >= 0:
            memcpy(block.to_host[row.to_host], block.from_host[row.from_host], row.n_bytes)
        else:
            memset(block.to_host[row.to_host], 0, row.n_bytes)
    return 0


cdef int mix_channels(Loopback self, block_t *block) noexcept nogil:
    cdef int32_t i, frame
    cdef float gain
    cdef float *to_host
    cdef const float *from_host
    for i in range(block.n_to_host):
        memset(block.to_host[i], 0, block.n_frames * sizeof(float))
    for i in range(self.n_terms):
        to_host = <float *>block.to_host[self.terms[i].to_host]
        from_host = <const float *>block.from_host[self.terms[i].from_host]
        gain = self.terms[i].gain
        for frame in range(block.n_frames):
            to_host[frame] += gain * from_host[frame]
    return 0

"""bench: how fast is it, against what is known to be fast, in the same run?

Each group is a module with run(rounds, quick, tick), which yields results (measure.Result). Contenders and anchors are
run in rotation, round by round, and compared within a round; the figures are medians.
"""

# what each group measures, in the order in which they are run
GROUPS = {
    "convert": "float32 to and from integers, against memcpy",
    "cycle": "from one buffer switch to the next, against memcpy and indirect calls",
    "dispatch": "the way to a callback in C and in Python, against an indirect call",
    "freewheel": "cycles with conversion both ways, as fast as they go",
    "ring": "bytes between threads, against other rings",
    "proof": "what a cycle does besides: switches, faults, waiting for the GIL",
    "cpu": "CPU time in real time, against a thread that only sleeps",
    "wake": "lateness of the stream thread, against cyclictest",
}

"""tests: drivers with one planted bug each: the vtable of a good one, with a method of it replaced.

A driver object begins with the address of its table of methods. A mutant gets a table of its own, in which one slot is
a Python function that may call the original.
"""

import ctypes
from collections.abc import Callable
from typing import Any

from asiokit.host.native import NativeDriver
from asiokit.host.raw import SLOTS

Method = Callable[..., Any]
Mutation = Callable[[Method], Method]

_kept: list[object] = []  # a driver may be called after its test


def mutate(native: NativeDriver, **mutations: Mutation) -> NativeDriver:
    """The same object; from now on each named slot is what mutation(original) returns: a function of the slot's
    arguments without the object."""
    names = list(SLOTS)
    old = ctypes.cast(ctypes.c_void_p.from_address(native.address).value or 0, ctypes.POINTER(ctypes.c_void_p))
    table = (ctypes.c_void_p * len(names))(*(old[k] for k in range(len(names))))
    for name, mutation in mutations.items():
        result, arguments = SLOTS[name]
        kind = ctypes.CFUNCTYPE(result, ctypes.c_void_p, *arguments)
        place = names.index(name)
        original = kind(old[place] or 0)
        made = mutation(lambda *values, original=original: original(native_address, *values))
        replaced = kind(lambda this, *values, made=made: made(*values))
        table[place] = ctypes.cast(replaced, ctypes.c_void_p).value
        _kept.extend((original, replaced))
    native_address = native.address
    _kept.append(table)
    ctypes.c_void_p.from_address(native.address).value = ctypes.addressof(table)
    return native


def always(answer: Any) -> Mutation:
    """Does nothing, and answers that."""
    return lambda original: lambda *values: answer


def once_done(answer: Any) -> Mutation:
    """Does its work, and answers that."""

    def mutation(original: Method) -> Method:
        def method(*values: Any) -> Any:
            original(*values)
            return answer

        return method

    return mutation

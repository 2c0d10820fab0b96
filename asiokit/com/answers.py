"""com: which call is answered how in which state, as one table.

The codes are the strict reading of the interface (docs/asio-semantics.md). An entry's [answers] may override a row or
an option, which is how one driver can be made to answer like another.
"""

from collections.abc import Mapping

from asiokit.errors import ConfigError
from asiokit.values import nearest

STATES = ("loaded", "initialized", "prepared", "running")

CODES = {
    "ok": 0,
    "success": 0x3F4847A0,
    "NotPresent": -1000,
    "HWMalfunction": -999,
    "InvalidParameter": -998,
    "InvalidMode": -997,
    "SPNotAdvancing": -996,
    "NoClock": -995,
    "NoMemory": -994,
}
_SHORT = {"ok": "ok", "IM": "InvalidMode", "NP": "NotPresent", "SPNA": "SPNotAdvancing"}

# method: answer in each of STATES; ok = the call is carried out. The order is that of com/guard.pxd.
_METHODS = {
    "init": "ok ok ok ok",
    "start": "IM IM ok IM",
    "stop": "IM IM IM ok",
    "getChannels": "IM ok ok ok",
    "getLatencies": "IM ok ok ok",
    "getBufferSize": "IM ok ok ok",
    "canSampleRate": "IM ok ok ok",
    "getSampleRate": "IM ok ok ok",
    "setSampleRate": "IM ok ok ok",
    "getClockSources": "IM ok ok ok",
    "setClockSource": "IM ok ok ok",
    "getSamplePosition": "IM SPNA SPNA ok",
    "getChannelInfo": "IM ok ok ok",
    "createBuffers": "IM ok IM IM",
    "disposeBuffers": "IM IM ok ok",
    "controlPanel": "IM NP NP NP",
    "future": "ok ok ok ok",
}
METHODS = tuple(_METHODS)

# option: (default, allowed). Codes that do not depend on the state.
OPTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    # JUCE compares the answer with 0 and reports no overloads on the specified one
    "canReportOverload": ("success", ("success", "ok", "NotPresent")),
    "unsupportedRate": ("NoClock", ("NoClock", "InvalidMode", "InvalidParameter", "NotPresent")),
    "badBufferSize": ("InvalidMode", ("InvalidMode", "InvalidParameter")),
    "badBufferInfo": ("InvalidMode", ("InvalidMode", "InvalidParameter")),
    "unknownSelector": ("InvalidParameter", ("InvalidParameter", "NotPresent")),
    "badClockSource": ("InvalidParameter", ("InvalidParameter", "NotPresent", "InvalidMode")),
}


def answer_table(overrides: Mapping[str, str]) -> tuple[list[list[int]], dict[str, int]]:
    """(codes by method and state, codes by option), the defaults with an entry's overrides. ConfigError.

    An override of a method is four words, e.g. start = "IM IM ok ok"; of an option one code's name.
    """
    rows = {**_METHODS}
    options = {name: default for name, (default, _) in OPTIONS.items()}
    for key, value in overrides.items():
        if key in rows:
            words = value.split()
            if len(words) != len(STATES) or any(_SHORT.get(word, word) not in CODES for word in words):
                raise ConfigError(
                    f"key 'answers.{key}': {value!r} must be four answers, one for each of {', '.join(STATES)}; an "
                    f"answer is one of {', '.join((*_SHORT, *CODES))}"
                )
            rows[key] = value
        elif key in options:
            if value not in OPTIONS[key][1]:
                raise ConfigError(f"key 'answers.{key}': {value!r} is not one of {', '.join(OPTIONS[key][1])}")
            options[key] = value
        else:
            known = (*rows, *options)
            raise ConfigError(f"key 'answers.{key}': no such answer{nearest(key, known)}; known: {', '.join(known)}")
    codes = [[CODES[_SHORT.get(word, word)] for word in row.split()] for row in rows.values()]
    return codes, {name: CODES[value] for name, value in options.items()}

"""tests of the loopback's routing: the text that users write, and the word for each mistake in it."""

import math

import pytest
from asiokit_drivers.routing import parse_routing
from hypothesis import given
from hypothesis import strategies as st

from asiokit.errors import ConfigError

BLANK = st.sampled_from(["", " ", "  ", "\t"])


@given(data=st.data())
def test_what_is_written_is_what_is_routed(data: st.DataObject) -> None:
    n_in, n_out = data.draw(st.integers(1, 512)), data.draw(st.integers(1, 512))
    pairs = st.tuples(st.integers(1, n_out), st.integers(1, n_in))
    gains = st.one_of(st.none(), st.floats(-1e6, 1e6, allow_nan=False))
    routes = data.draw(st.dictionaries(pairs, gains, max_size=20))
    texts = []
    for (output, to_host), gain in routes.items():
        parts = [str(output), ">", str(to_host), *([] if gain is None else ["*", repr(gain)])]
        texts.append("".join(data.draw(BLANK) + part for part in parts) + data.draw(BLANK))
    expected = tuple((o - 1, i - 1, 1.0 if gain is None else gain) for (o, i), gain in routes.items())
    assert parse_routing(texts, n_in, n_out) == expected


@given(st.text(max_size=12))
def test_any_other_text_is_refused_with_its_key(text: str) -> None:
    try:
        (route,) = parse_routing([text], 8, 8)
    except ConfigError as error:
        assert "options.routing" in str(error) and repr(text) in str(error)
    else:
        output, to_host, gain = route
        assert 0 <= output < 8 and 0 <= to_host < 8 and math.isfinite(gain)
        assert text.strip()[0].isdecimal() and ">" in text


MISTAKES = [
    ("0>1", "no output 0"),
    ("3>1", "no output 3, only 1 to 2"),
    ("1>0", "no input 0"),
    ("1>5", "no input 5, only 1 to 4"),
    ("1-2", "no connection"),
    ("1>2*", "no connection"),
    ("1>2*loud", "no connection"),
    ("1>2*nan", "no connection"),
    ("1>2*inf", "no connection"),
    ("1>2*1e7", "at most 1e6"),
    ("1>2*1e999", "at most 1e6"),
    ("-1>2", "no connection"),
    ("1>2>3", "no connection"),
    ("1 2", "no connection"),
    ("", "no connection"),
    ("12345>1", "no connection"),
    (12, "no connection"),
    (None, "no connection"),
    (["1>2"], "no connection"),
]


@pytest.mark.parametrize(("text", "why"), MISTAKES, ids=[str(text) for text, _ in MISTAKES])
def test_mistakes_are_named(text: object, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        parse_routing([text], 4, 2)


def test_one_connection_twice() -> None:
    with pytest.raises(ConfigError, match="output 1 goes to input 2 already"):
        parse_routing(["1>2", "2>1", "1>2*0.5"], 2, 2)


def test_a_gain_of_zero_is_a_gain() -> None:
    assert parse_routing(["1>1*0", "2>1*-0.0"], 1, 2) == ((0, 0, 0.0), (1, 0, 0.0))


def test_no_routing_is_no_route() -> None:
    assert parse_routing([], 2, 2) == ()

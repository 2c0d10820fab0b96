"""throw-away until the real table lands"""

from types import SimpleNamespace

SAMPLE_TYPES = {"float32": SimpleNamespace(number=19)}

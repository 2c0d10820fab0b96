"""setup side: what a check of asiokit doctor has found."""

from asiokit.values import Frozen


class Finding(Frozen):
    """One check's result. status: "ok", "warn" or "FAIL". remedy: what to do about it, "" if nothing."""

    __slots__ = ("check", "remedy", "status", "text")
    check: str
    status: str
    text: str
    remedy: str

    def __init__(self, check: str, status: str, text: str, remedy: str = "") -> None:
        self._set(check=check, status=status, text=text, remedy=remedy)

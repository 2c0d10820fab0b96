"""setup side: every error that asiokit raises on purpose."""


class AsiokitError(Exception):
    """Base of all of them. The text names the thing that is wrong and the remedy."""


class ConfigError(AsiokitError, ValueError):
    """A setting or a configuration file is wrong. The text starts with file, line and key where they are known.

    `key` is the dotted name of the setting ("stream.rate_hz"), None when no single one is to blame: who knows the file
    adds the line by it.
    """

    def __init__(self, text: str, *, key: str | None = None) -> None:
        super().__init__(text)
        self.key = key


class DeviceError(AsiokitError, RuntimeError):
    """A device class can't be found, made or opened."""


class InstallError(AsiokitError, OSError):
    """A driver entry can't be registered, unregistered or looked up."""


class DriverError(AsiokitError, RuntimeError):
    """An ASIO call failed. `code` is its ASIO error code, as an int."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code

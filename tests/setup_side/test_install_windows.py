"""Registration in the real Windows registry (in Wine, too): needs to be elevated, cleans up after itself."""

import ctypes
import subprocess
import sys

import pytest

from asiokit import install, paths
from asiokit.cli import main
from asiokit.config import load_entry
from asiokit.errors import ConfigError, InstallError

if sys.platform != "win32":
    pytest.skip("the registry is the way of Windows", allow_module_level=True)

import winreg

from asiokit.install import windows

HKLM = winreg.HKEY_LOCAL_MACHINE
NAME = "asiokit test A"
CLASS_KEY = rf"SOFTWARE\Classes\CLSID\{install.class_id(NAME)}"
ASIO_KEY = rf"SOFTWARE\ASIO\{NAME}"


def snapshot():
    """All that registration may touch."""
    return windows._read_tree(windows.ASIO), windows._read_tree(windows.CLASSES)


@pytest.fixture(autouse=True)
def clean(tmp_path, monkeypatch):
    """An own configuration folder; and nothing may be left in the registry."""
    monkeypatch.setenv("ASIOKIT_CONFIG_DIR", str(tmp_path / "config"))
    before = snapshot()
    yield
    for entry in install.registered():
        if entry.name.startswith("asiokit test "):
            install.unregister(entry.name)
    assert snapshot() == before


@pytest.fixture
def make(tmp_path):
    """make(name): the config of a created entry."""

    def write(name=NAME, file=None):
        (tmp_path / "config").mkdir(exist_ok=True)
        path = tmp_path / "config" / (file or f"{name}.toml")
        path.write_text(f'name = "{name}"\ndevice = "any"\n')
        return load_entry(path)

    return write


@pytest.fixture
def foreign():
    """foreign(key, clsid, description): somebody else's driver."""
    made = []

    def write(key, clsid="{11111111-2222-3333-4444-555555555555}", description=None):
        tree = {"": {"CLSID": clsid, "Description": description or key}}
        windows._write_tree(rf"SOFTWARE\ASIO\{key}", tree)
        windows._write_tree(rf"SOFTWARE\Classes\CLSID\{clsid}", {"InprocServer32": {"": r'"C:\vendor\v.dll"'}})
        made.extend([rf"SOFTWARE\ASIO\{key}", rf"SOFTWARE\Classes\CLSID\{clsid}"])

    yield write
    for path in made:
        windows._delete_tree(path)
    if windows._read_tree(windows.ASIO) == {"": {}}:
        windows._delete_tree(windows.ASIO)


def value(path, name=None):
    with winreg.OpenKey(HKLM, path) as key:
        return winreg.QueryValueEx(key, name)


def test_hosts_find_what_they_look_for(make):
    config = make()
    entry = install.register(config)
    assert value(ASIO_KEY, "CLSID") == (install.class_id(NAME), winreg.REG_SZ)
    assert value(ASIO_KEY, "Description") == (NAME, winreg.REG_SZ)
    assert value(CLASS_KEY) == (NAME, winreg.REG_SZ)
    assert value(rf"{CLASS_KEY}\InprocServer32") == (str(paths.shim_library()), winreg.REG_SZ)
    assert value(rf"{CLASS_KEY}\InprocServer32", "ThreadingModel") == ("Both", winreg.REG_SZ)
    recorded = {
        **{"name": NAME, "config": str(config.path), "program": sys.executable},
        **{"python_library": str(paths.python_library()), "path": str(paths.package_folder().parent)},
    }
    assert {key: value(rf"{CLASS_KEY}\asiokit", key)[0] for key in recorded} == recorded
    assert install.find(NAME) == entry and entry in install.registered()
    assert install.find_entry(NAME) == config.path == install.find_entry(NAME.upper())
    assert install.problems(entry) == []


def test_com_loads_the_class(make):
    install.register(make())
    ole32 = ctypes.OleDLL("ole32")
    ole32.CoInitializeEx(None, 0)
    guid = ctypes.create_string_buffer(install.clsid(NAME).bytes_le, 16)
    unknown = ctypes.create_string_buffer(bytes.fromhex("0000000000000000c000000000000046"), 16)
    instance = ctypes.c_void_p()
    ole32.CoCreateInstance(guid, None, 1, unknown, ctypes.byref(instance))
    table = ctypes.cast(instance, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
    assert ctypes.WINFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p)(table[2])(instance) == 0


def test_unregistering_leaves_nothing_behind(make):
    before = snapshot()
    install.register(make())
    install.register(make("asiokit test B"))
    assert snapshot() != before
    install.unregister(NAME)
    install.unregister("asiokit test B")
    assert snapshot() == before
    with pytest.raises(InstallError, match="no driver 'asiokit test A' is registered"):
        install.unregister(NAME)


def test_registering_again_replaces_and_takes_the_new_spelling(make):
    install.register(make())
    entry = install.register(make("ASIOKIT test A", file="other.toml"))
    assert [e.name for e in install.registered() if "test A" in e.name] == ["ASIOKIT test A"]
    assert install.find(NAME).config == entry.config and entry.config.endswith("other.toml")
    assert "ASIOKIT test A" in windows._sub_keys(windows.ASIO)
    install.unregister(NAME)


def test_a_foreign_driver_is_never_touched(make, foreign):
    config = make()
    foreign(NAME)
    before = snapshot()
    for act in (lambda: install.register(config), lambda: install.unregister(NAME)):
        with pytest.raises(InstallError, match=r"ASIO\\asiokit test A belongs to another driver \(C:\\vendor\\v.dll\)"):
            act()
    assert snapshot() == before
    assert [entry.ours for entry in install.all_registered() if entry.name == NAME] == [False]


def test_a_foreign_description_is_not_doubled(make, foreign):
    config = make()
    foreign("Vendor's key", description=NAME)
    with pytest.raises(InstallError, match="Vendor's key belongs to another driver"):
        install.register(config)


def test_a_failure_half_way_changes_nothing(make):
    """The ASIO key is made volatile, so that Windows refuses a lasting key in it: the class is written by then."""
    assert windows._read_tree(windows.ASIO) is None, "run this where no ASIO driver is registered"
    config, handle = make(), ctypes.c_void_p()
    create = ctypes.WinDLL("advapi32").RegCreateKeyExW
    volatile, access = 1, windows._WRITE
    assert create(ctypes.c_void_p(HKLM), windows.ASIO, 0, None, volatile, access, None, ctypes.byref(handle), None) == 0
    try:
        with pytest.raises(InstallError, match="can't register 'asiokit test A'"):
            install.register(config)
        assert windows._read_tree(CLASS_KEY) is None
        assert windows._read_tree(windows.ASIO) == {"": {}}
    finally:
        ctypes.WinDLL("advapi32").RegCloseKey(handle)
        windows._delete_tree(windows.ASIO)


def test_regsvr32_does_the_same(make, tmp_path):
    make()
    for words, n_registered in [([], 1), (["/u"], 0)]:
        command = ["regsvr32", "/s", *words, str(paths.shim_library())]
        assert subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0
        assert len([entry for entry in install.registered() if entry.name == NAME]) == n_registered


def test_the_command_line(make, capsys):
    make()
    assert main(["register", NAME]) == 0
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert rf"registered {NAME}: HKLM\SOFTWARE\ASIO\{NAME}" in out and f"{NAME}  any" in out
    assert main(["unregister", NAME]) == 0
    assert main(["unregister", NAME]) == 2


def test_the_doctor_opens_the_default_entry(capsys):
    install.enroll(None, True)
    [entry] = install.registered()
    try:
        assert main(["doctor"]) == 0, capsys.readouterr().out
        assert f"init of {entry.name!r}" in capsys.readouterr().out
    finally:
        install.unregister(entry.name)


def test_names_that_windows_keeps_for_devices(make):
    with pytest.raises(ConfigError, match="Windows device"):
        paths.entry_file("nul")


def test_entries_lie_where_every_user_reads_them(monkeypatch):
    monkeypatch.delenv("ASIOKIT_CONFIG_DIR")
    monkeypatch.setenv("PROGRAMDATA", r"D:\Data")
    assert str(paths.config_folder()) == r"D:\Data\asiokit"
    monkeypatch.setenv("LOCALAPPDATA", r"C:\L")
    assert str(paths.log_file()) == r"C:\L\asiokit\asiokit.log"

"""From a name, a path or a device to a driver; and what is said when there is none."""

import sys

import pytest

from asiokit.errors import DriverError, InstallError
from asiokit.host import native
from asiokit.host import open as open_module
from asiokit.host.open import is_library, open_driver
from asiokit.host.raw import RawDriver
from asiokit.host.registry import RegisteredDriver, find_driver, registered_drivers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the cwASIO folder is Linux's registry")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ASIOKIT_CWASIO_DIR", str(tmp_path / "cwasio"))
    (tmp_path / "cwasio").mkdir()
    return tmp_path / "cwasio"


def write(folder, name, **files):
    (folder / name).mkdir()
    for file, text in files.items():
        (folder / name / file).write_bytes(text.encode())


def test_the_folder_is_read_as_the_convention_says(folder, reference):
    write(folder, "b", driver=f"{reference.path}\nsecond line\n", description="The B\n")
    write(folder, "a", driver="/nowhere/driver.so")
    write(folder, "empty")
    write(folder, ".hidden", driver="/x.so")
    (folder / "file").write_text("not a folder")
    assert registered_drivers() == [
        RegisteredDriver("a", "a", "/nowhere/driver.so"),
        RegisteredDriver("b", "The B", str(reference.path)),
        RegisteredDriver("empty", "empty", ""),
    ]
    assert [driver.exists for driver in registered_drivers()] == [False, True, False]
    assert find_driver("The B").name == "b"


def test_no_folder_is_no_drivers(folder):
    folder.rmdir()
    assert registered_drivers() == []


def test_open_by_registered_name(folder, reference):
    assert reference.library.registerDriver(b"asiokit reference") == 0
    driver = open_driver("asiokit reference")
    assert driver.name() == "asiokit reference"
    driver.release()
    assert reference.library.unregisterDriver(b"asiokit reference") == 0
    assert list(folder.iterdir()) == []


def test_unknown_names_list_the_known(folder):
    write(folder, "one", driver="/x.so")
    with pytest.raises(InstallError, match=r"no ASIO driver named 'two' .*'one'.*list --all"):
        open_driver("two")


@pytest.mark.parametrize(
    ("files", "text"),
    [({}, "names no library"), ({"driver": "/nowhere/x.so"}, "there is no such file, but 'one' points to it")],
)
def test_broken_entries_are_named(folder, files, text):
    write(folder, "one", **files)
    with pytest.raises(InstallError, match=text):
        open_driver("one")


def test_what_is_not_a_driver(tmp_path):
    with pytest.raises(InstallError, match="no such file"):
        open_driver(str(tmp_path / "none.so"))
    (tmp_path / "text.so").write_text("no library")
    with pytest.raises(DriverError, match=r"text\.so: not a cwASIO driver"):
        open_driver(str(tmp_path / "text.so"))
    with pytest.raises(DriverError, match="instantiateDriver"):
        open_driver(native.__file__)  # a shared object that is there for sure, and no driver


def test_a_library_may_be_asked_for_an_entry(reference):
    open_driver(f"{reference.path},any name").release()  # InvalidParameter: it serves one and does not care
    reference.fail(22, -1000)
    with pytest.raises(DriverError, match="it has no entry 'any name': slot 22"):
        open_driver(f"{reference.path},any name")


def test_devices_need_the_hook(monkeypatch, reference):
    monkeypatch.setattr(open_module, "in_process_opener", None)
    with pytest.raises(DriverError, match="no way to open a device"):
        open_driver("device:loopback")
    seen = []
    inner = open_driver(str(reference.path))

    def opener(spec: str) -> int:
        seen.append(spec)
        inner.add_ref()
        return inner.address

    monkeypatch.setattr(open_module, "in_process_opener", opener)
    driver = open_driver("device:loopback,channels=8")
    assert seen == ["device:loopback,channels=8"]
    assert driver.release() == 1
    assert RawDriver(inner.address).add_ref() == 2
    assert RawDriver(inner.address).release() == 1
    inner.release()


def test_what_is_a_path():
    assert [is_library(s) for s in ("./x.so,name", "C.DLL,{1}", "/a/b", "my driver", "asiokit loopback")] == [
        True,
        True,
        True,
        False,
        False,
    ]

"""Registration by the cwASIO convention, for real, in a folder of the test's own."""

import contextlib
import ctypes
import os
import shutil
import sys
import uuid

import pytest

from asiokit import install, paths
from asiokit.config import load_entry
from asiokit.errors import ConfigError, InstallError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="cwASIO is the way of Linux")


@pytest.fixture
def make(folders):
    """make(name): the config of a created entry."""

    def write(name, device="any", file=None):
        folders[0].mkdir(exist_ok=True)
        path = folders[0] / (file or f"{name}.toml")
        path.write_text(f'name = "{name}"\ndevice = "{device}"\n')
        return load_entry(path)

    return write


def test_hosts_find_what_the_convention_says(make, folders):
    entry = install.register(make("My Driver"))
    folder = folders[1] / "My Driver"
    assert (folder / "driver").read_text() == f"{paths.shim_library()}\n"
    assert (folder / "description").read_text() == "My Driver\n"
    assert os.path.isfile((folder / "driver").read_text().strip())
    assert sorted(os.listdir(folders[1])) == ["My Driver"]
    assert folder.stat().st_mode & 0o777 == 0o755
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o644}
    assert entry.config == str(folders[0] / "My Driver.toml") and entry.program == sys.executable
    assert install.registered() == [entry] == install.all_registered()
    assert install.problems(entry) == []


def test_a_strict_umask_hides_nothing_from_other_users(make, folders):
    before = os.umask(0o077)
    try:
        install.register(make("A"))
    finally:
        os.umask(before)
    assert folders[1].joinpath("A").stat().st_mode & 0o777 == 0o755
    assert folders[1].joinpath("A", "driver").stat().st_mode & 0o777 == 0o644


def test_an_entry_is_found_by_name(make, folders):
    assert install.find_entry("A") is None
    config = make("A", file="other name.toml")
    assert install.find_entry("A") == config.path  # created is enough
    install.register(config)
    config.path.rename(folders[0] / "moved.toml")
    assert install.find_entry("A") == config.path  # what is registered counts
    assert install.find_entry("a") is None
    assert install.find_entry("../config/other name") is None is install.find_entry("../cwasio/A")
    other = make("B", file="A.toml")
    assert install.find_file("A") == folders[0] / "moved.toml" and install.find_file("B") == other.path
    default = install.default_entry()
    assert install.find_entry(default.name) == default.path  # what an unregistered library serves has a name, too


def test_registering_again_replaces(make, folders):
    install.register(make("A", device="one"))
    second = install.register(make("A", device="two", file="b.toml"))
    assert second.config.endswith("b.toml") and install.registered() == [second]
    assert sorted(os.listdir(folders[1])) == ["A"]


def test_unregistering_leaves_nothing_behind(make, folders):
    install.register(make("A"))
    install.register(make("B"))
    install.unregister("A")
    assert os.listdir(folders[1]) == ["B"]
    install.unregister("B")
    assert not folders[1].exists()
    with pytest.raises(InstallError, match="no driver 'A' is registered"):
        install.unregister("A")


@pytest.mark.parametrize("kind", ["folder", "empty folder", "link", "file"])
def test_a_foreign_entry_is_never_touched(make, folders, kind, tmp_path):
    config, foreign = make("A"), folders[1] / "A"
    folders[1].mkdir()
    if kind == "file":
        foreign.write_text("theirs")
    elif kind == "link":
        (tmp_path / "theirs").mkdir()
        (tmp_path / "theirs" / "asiokit").write_text("config=/x\n")
        foreign.symlink_to(tmp_path / "theirs")
    else:
        foreign.mkdir()
        if kind == "folder":
            (foreign / "driver").write_text("/opt/vendor/lib.so\n")
    for act in (lambda: install.register(config), lambda: install.unregister("A")):
        with pytest.raises(InstallError, match="belongs to another driver") as caught:
            act()
        assert (kind == "folder") == ("(/opt/vendor/lib.so)" in str(caught.value))
    assert os.path.lexists(foreign) and os.listdir(folders[1]) == ["A"]
    assert install.registered() == []


def test_all_drivers_of_the_system_are_listed(make, folders):
    install.register(make("Ours"))
    (folders[1] / "Vendor").mkdir()
    (folders[1] / "Vendor" / "driver").write_bytes(b"/opt/\xff.so\n")
    (folders[1] / ".hidden").mkdir()
    (folders[1] / ".hidden" / "driver").write_text("/x")
    (folders[1] / "no driver").mkdir()
    assert [(entry.name, entry.ours) for entry in install.all_registered()] == [("Ours", True), ("Vendor", False)]


def test_a_failure_half_way_changes_nothing(make, folders, monkeypatch):
    install.register(make("A", device="one"))
    before = (folders[1] / "A" / "asiokit").read_text()
    calls = []
    rename = type(folders[1]).rename

    def second_fails(self, target):
        calls.append(self)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(self))
        return rename(self, target)

    monkeypatch.setattr(type(folders[1]), "rename", second_fails)
    with pytest.raises(InstallError, match="No space left"):
        install.register(make("A", device="two", file="b.toml"))
    assert len(calls) == 3
    assert (folders[1] / "A" / "asiokit").read_text() == before
    assert os.listdir(folders[1]) == ["A"]


def test_without_permission_the_command_with_sudo_is_named(make, folders):
    install.register(make("A"))
    config = make("B 2")
    folders[1].chmod(0o555)
    with no_root_override():
        with pytest.raises(InstallError) as registering:
            install.register(config)
        with pytest.raises(InstallError) as unregistering:
            install.unregister("A")
    for caught, words in [(registering, "register 'B 2'"), (unregistering, "unregister A")]:
        assert "Permission denied" in str(caught.value)
        assert str(caught.value).endswith(f"run: sudo {sys.executable} -m asiokit {words}")
    assert os.listdir(folders[1]) == ["A"]


@contextlib.contextmanager
def no_root_override():
    """File permissions hold for root, too, as long as this thread is without CAP_DAC_OVERRIDE."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # the kernel's third version of the structure; this thread
    before, without = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice
    for data in (before, without):
        assert libc.capget(header, data) == 0
    without[0] &= ~(1 << 1)
    assert libc.capset(header, without) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0


def test_what_cannot_be_registered_is_refused(make, folders, monkeypatch):
    config = make("A")
    with pytest.raises(InstallError, match="was not read from a file"):
        install.register(config.replace(path=None))
    with pytest.raises(InstallError, match="is not the entry 'B'"):
        install.register(config.replace(name="B"))
    config.path.unlink()
    with pytest.raises(ConfigError, match=r"A\.toml: can't be read"):
        install.register(config)
    config = make("A")
    monkeypatch.setattr(paths, "shim_library", lambda: paths.Path("/" + "x" * 1000))
    with pytest.raises(InstallError, match="can't read paths this long"):
        install.register(config)
    folders[1].write_text("a file where the folder should be")
    monkeypatch.undo()
    monkeypatch.setenv("ASIOKIT_CWASIO_DIR", str(folders[1]))
    with pytest.raises(InstallError, match="can't register 'A'"):
        install.register(config)


@pytest.mark.parametrize("name", ["../A", "a/b", ".", "", "x" * 32])
def test_a_name_is_never_a_path(folders, name):
    for act in (
        lambda: install.unregister(name),
        lambda: install.enroll(name, True),
        lambda: install.enroll(name, False),
    ):
        with pytest.raises(ConfigError, match="'name'"):
            act()


def test_what_a_host_enrolls(make, folders):
    make("A"), make("B")
    install.enroll("A", True)
    assert [entry.name for entry in install.registered()] == ["A"]
    install.enroll(None, True)
    assert [entry.name for entry in install.registered()] == ["A", "B"]
    install.enroll("A", False)
    assert [entry.name for entry in install.registered()] == ["B"]
    # what another library serves is not ours to remove without its name
    install.register(make("Other"))
    (folders[1] / "Other" / "driver").write_text("/another/libasiokit.so\n")
    install.enroll(None, False)
    assert [entry.name for entry in install.registered()] == ["Other"]
    with pytest.raises(InstallError, match=r"no entry 'Aa' \(did you mean 'A'\?\).*asiokit create"):
        install.enroll("Aa", True)
    with pytest.raises(InstallError, match="no driver 'A' is registered"):
        install.enroll("A", False)


def test_one_bad_entry_does_not_keep_the_others_out(make, folders):
    make("Bad").path.write_text("name = ")
    make("Good")
    with pytest.raises(InstallError, match=r"Bad\.toml:1: is not valid TOML"):
        install.enroll(None, True)
    assert [entry.name for entry in install.registered()] == ["Good"]


def test_the_problems_of_an_entry_are_told(make, folders, tmp_path):
    config = make("A")
    install.register(config)
    record = folders[1] / "A" / "asiokit"
    good = record.read_text()
    gone = tmp_path / "gone"
    record.write_text(good.replace(sys.executable, str(gone)))
    assert [str(gone) in text and "venv moved" in text for text in install.problems(install.find("A"))] == [True]
    record.write_text(good)
    (folders[1] / "A" / "driver").write_text(f"{gone}\n")
    assert ["library" in text for text in install.problems(install.find("A"))] == [True]
    install.register(config)
    config.path.write_text('name = "B"\ndevice = "any"\n')
    assert ["is now named 'B'" in text for text in install.problems(install.find("A"))] == [True]
    config.path.unlink()
    assert ["can't be read" in text for text in install.problems(install.find("A"))] == [True]
    shutil.rmtree(folders[1])


def test_the_class_of_a_name_never_changes():
    assert install.clsid("asiokit Loopback") == install.clsid("ASIOKIT loopback")
    # projects store it: if this fails, users' projects lose their driver
    assert install.class_id("asiokit Loopback") == "{" + str(uuid.uuid5(
        uuid.UUID("6b1a3f0e-5c7d-4e0b-9a43-2f1d8f6c7a55"), "asiokit loopback")).upper() + "}"  # fmt: skip

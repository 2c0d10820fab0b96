"""Device classes are found by metadata alone, and what is wrong with one is said by name."""

import subprocess
import sys

import pytest

from asiokit import discovery
from asiokit.config import parse_entry
from asiokit.errors import ConfigError, DeviceError


def test_listing_imports_nothing(install):
    install("boom", {"boom-test": "boom_module:Boom"}, {"boom_module": "raise SystemExit('imported')"})
    found = {device.name: device for device in discovery.device_classes()}
    assert found["boom-test"].target == "boom_module:Boom" and found["boom-test"].origin() == "boom 1.2"
    assert "boom_module" not in sys.modules


def test_only_the_chosen_one_is_imported(echo, install):
    install("boom", {"boom-test": "boom_module:Boom"}, {"boom_module": "raise SystemExit('imported')"})
    assert discovery.load_device_class("echo-test").__name__ == "Echo"


def test_the_files_and_importlib_metadata_agree(echo, install):
    install("spaced", {"a": "m : C", "b": "m:C [extra]"})
    install("Dotted.Name-x", {"dotted": "m:C"})
    checkout = install("checkout", {"in-place": "m:C"})
    (checkout / "checkout-1.2.dist-info").rename(checkout / "checkout.egg-info")
    (checkout / "checkout.egg-info" / "METADATA").rename(checkout / "checkout.egg-info" / "PKG-INFO")

    def targets(found):
        return {(device.name, device.target.split("[")[0].replace(" ", ""), device.version) for device in found}

    by_files = targets(discovery._from_files(discovery.DEVICES))
    assert by_files == targets(discovery._from_metadata(discovery.DEVICES))
    assert by_files >= {
        ("echo-test", "echo_device_module:Echo", "1.2"),
        ("dotted", "m:C", "1.2"),
        ("in-place", "m:C", "1.2"),
    }


def test_choosing_one_does_not_wait_for_importlib_metadata(echo, install):
    script = "import sys, asiokit.discovery as d; sys.path.insert(0, sys.argv[1]); d.load_device_class('echo-test');"
    script += "print(sorted(sys.modules))"
    folder = next(path for path in sys.path if path.endswith("site"))
    loaded = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=True)
    assert "'echo_device_module'" in loaded.stdout
    assert "importlib.metadata" not in loaded.stdout and "numpy" not in loaded.stdout


def test_a_duplicate_names_both_packages(echo, install):
    install("other", {"echo-test": "other_module:Echo"})
    for ask in (discovery.device_classes, lambda: discovery.load_device_class("echo-test")):
        with pytest.raises(DeviceError) as caught:
            ask()
        assert "echo_devices 1.2" in str(caught.value) and "other 1.2" in str(caught.value)
    # someone else's quarrel is no reason to refuse
    install("third", {"third-test": "echo_device_module:Echo"})
    assert discovery.load_device_class("third-test").__name__ == "Echo"


def test_the_same_package_seen_twice_is_no_duplicate(echo, tmp_path, monkeypatch):
    again = tmp_path / "again"
    (again / "echo_devices-1.1.dist-info").mkdir(parents=True)
    points = again / "echo_devices-1.1.dist-info" / "entry_points.txt"
    points.write_text("[asiokit.devices]\necho-test = old_module:Old\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(again)])
    assert discovery.load_device_class("echo-test").__module__ == "echo_device_module"


def test_an_unknown_name_lists_the_known_ones(echo):
    with pytest.raises(DeviceError, match=r"'echo-tset' is unknown \(did you mean 'echo-test'\?\); installed:"):
        discovery.load_device_class("echo-tset")


@pytest.mark.parametrize(
    ("target", "source", "parts"),
    [
        ("bad_a:A", "import no_such_package", ["ModuleNotFoundError", "'no_such_package'", "install the missing"]),
        ("bad_b:B", None, ["No module named 'bad_b'", "reinstall bad"]),
        ("bad_c:C", "D = 1", ["AttributeError", "no attribute 'C'", "reinstall bad"]),
        ("bad_d:D", "1/0", ["ZeroDivisionError: division by zero", "the mistake is in bad"]),
        ("bad_e:E", "raise SystemExit(3)", ["SystemExit: 3", "the mistake is in bad"]),
        ("bad_f:F", "F = 5", ["is not a class"]),
        ("bad_g:G", "def f(:", ["SyntaxError", "the mistake is in bad"]),
    ],
)  # fmt: skip
def test_a_broken_class_names_driver_cause_and_remedy(install, target, source, parts):
    install("bad", {"bad-test": target}, {target.partition(":")[0]: source} if source is not None else {})
    with pytest.raises(DeviceError) as caught:
        discovery.load_device_class("bad-test")
    for part in ["device class 'bad-test'", f"{target} of bad 1.2", *parts]:
        assert part in str(caught.value)


def test_an_entrys_device_and_options_are_resolved(echo, tmp_path):
    text = 'name = "A"\ndevice = "echo-test"\n[options]\n\nchannels = 8\n'
    device_class, options = discovery.device_of(parse_entry(text))
    assert device_class.__name__ == "Echo" and options == {"channels": 8, "delay_frames": 0, "mode": "wet"}
    path = tmp_path / "a.toml"
    path.write_text(text.replace("8", "0"))
    with pytest.raises(ConfigError) as caught:
        discovery.device_of(parse_entry(path.read_text(), path))
    assert str(caught.value) == f"{path}:5: device 'echo-test': option 'channels': 0 is outside 1 to 64"
    path.write_text(text.replace("echo-test", "ecko-test"))
    with pytest.raises(DeviceError, match=r"a\.toml: device class 'ecko-test' is unknown"):
        discovery.device_of(parse_entry(path.read_text(), path))


@pytest.fixture
def only(monkeypatch, install):
    """The interpreter's own packages are out of sight: what install() writes is all there is."""
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path.endswith("site")])
    return install


def test_the_default_entry_is_a_file_in_a_package(only):
    folder = only("vendor", default_entry="vendor_drivers:default.toml")
    with pytest.raises(ConfigError, match="'vendor_drivers' is declared but not there"):
        discovery.default_entry()
    (folder / "vendor_drivers").mkdir()
    (folder / "vendor_drivers" / "__init__.py").write_text("raise RuntimeError('must not run')")
    (folder / "vendor_drivers" / "default.toml").write_text('name = "V"\ndevice = "d"\n')
    assert discovery.default_entry().name == "V"
    assert discovery.default_entry().path == folder / "vendor_drivers" / "default.toml"
    only("second", default_entry="x:y.toml")
    with pytest.raises(ConfigError, match=r"several packages .*second 1.2.*vendor 1.2"):
        discovery.default_entry()


def test_no_default_entry_is_an_error(only):
    with pytest.raises(ConfigError, match="reinstall asiokit"):
        discovery.default_entry()
    with pytest.raises(DeviceError, match="none is installed"):
        discovery.load_device_class("any")

"""What a port is called for good, who may open it, and whose arms were exchanged."""

from __future__ import annotations

import os

import pytest

from devices import ports
from devices.arm_make import ArmSeen, MotorSeen
from devices.emulators.so101 import so101_calibration
from devices.motor_errors import PortDenied
from devices.ports import PortInfo, access_command, current_port, lasting_name, same_port
from devices.servos.port import group_of
from devices.setup.swapped import swapped


@pytest.fixture
def dev(tmp_path):
    """A /dev with one adapter under all its names."""
    (tmp_path / "ttyACM0").touch()
    for kind, name in (("by-id", "usb-1a86_5A46"), ("by-path", "pci-0:1.2")):
        folder = tmp_path / "serial" / kind
        folder.mkdir(parents=True)
        (folder / name).symlink_to(tmp_path / "ttyACM0")
    return tmp_path


def info(dev, identity):
    return PortInfo(str(dev / "ttyACM0"), identity, "Feetech bus adapter (CH343)", "1-2")


def test_a_port_is_named_by_its_adapter_and_twins_by_their_socket(dev):
    known = info(dev, "usb:1A86:55D3:5A46")
    assert lasting_name(known, dev=dev).endswith("by-id/usb-1a86_5A46")
    assert lasting_name(known, unique=False, dev=dev).endswith("by-path/pci-0:1.2")
    assert lasting_name(info(dev, ""), dev=dev).endswith("by-path/pci-0:1.2")


def test_where_there_are_no_links_the_identity_names_it(tmp_path):
    known = info(tmp_path, "usb:1A86:55D3:5A46")
    assert lasting_name(known, dev=tmp_path) == "usb:1A86:55D3:5A46"
    assert lasting_name(known, unique=False, dev=tmp_path) == str(tmp_path / "ttyACM0")


def test_two_names_of_one_port_are_the_same_port(dev):
    assert same_port(str(dev / "ttyACM0"), str(dev / "serial/by-path/pci-0:1.2"))
    assert not same_port(str(dev / "ttyACM0"), str(dev / "ttyACM1"))
    assert current_port("usb:0000:0000:nobody") == "usb:0000:0000:nobody"


def test_no_permission_names_the_group_and_offers_a_rule(dev, monkeypatch):
    class Listed:
        device, vid, pid = str(dev / "ttyACM0"), 0x1A86, 0x55D3

    monkeypatch.setattr(ports.list_ports, "comports", lambda: [Listed()])
    command = access_command(str(dev / "serial/by-id/usb-1a86_5A46"))
    assert 'ATTRS{idVendor}=="1a86", ATTRS{idProduct}=="55d3"' in command
    assert "sudo udevadm trigger" in command
    assert access_command(str(dev / "ttyACM7")) == ""
    group = group_of(str(dev / "ttyACM0"))
    assert os.stat(dev / "ttyACM0").st_gid == 0
    assert group == "root"
    assert group_of("/nowhere") == "dialout"
    assert "usermod -aG uucp" in PortDenied("arm", port="x", group="uucp").hint


def seen(seed):
    motors = so101_calibration(seed).joints.items()
    return ArmSeen(tuple(MotorSeen(m.id, j, 777, "3.10", 7.4, m.homing_offset) for j, m in motors))


def test_arms_are_swapped_only_when_each_is_the_other_one():
    files = {"follower": so101_calibration(1), "leader": so101_calibration(2)}
    assert swapped({"follower": seen(2), "leader": seen(1)}, files) == ("follower", "leader")
    assert swapped({"follower": seen(1), "leader": seen(2)}, files) is None
    assert swapped({"follower": seen(2), "leader": seen(3)}, files) is None
    assert swapped({"follower": seen(2)}, files) is None
    same = {"follower": so101_calibration(1), "leader": so101_calibration(1)}
    assert swapped({"follower": seen(1), "leader": seen(1)}, same) is None

"""What every make of arm must say of itself, so that setting up works for it as it is."""

from __future__ import annotations

import pytest

from devices.description import robot_folder
from devices.errors import DeviceError
from devices.setup.makes import MAKES, names_of


@pytest.mark.parametrize("kind", MAKES)
def test_a_make_fits_its_robot_description(kind):
    make = MAKES[kind]
    assert make.kind == kind
    assert make.words
    assert (robot_folder(make.robot) / "robot.xml").is_file()
    assert len(set(names_of(make))) == len(make.joints)
    assert sorted(make.motor_order) == sorted(names_of(make))  # each joint has a new motor once


@pytest.mark.parametrize("kind", MAKES)
def test_a_port_that_is_not_there_is_said_by_every_make(kind):
    make = MAKES[kind]
    for ask in (
        lambda: make.look("/nowhere"),
        lambda: make.measure("arm", "/nowhere").__enter__(),
        lambda: make.hang("/nowhere").__enter__(),
        lambda: make.assign("/nowhere", make.motor_order[0]),
    ):
        with pytest.raises(DeviceError, match="there is no port /nowhere"):
            ask()

"""Which cameras are there: a machine's sysfs and /dev, built as the kernel and udev build them."""

from pathlib import Path

import pytest

from devices.cameras.described import CameraEntry, check_address
from devices.cameras.errors import InvalidAddress
from devices.cameras.listing import driver_says, links_to, list_cameras
from devices.cameras.mode import Mode
from devices.cameras.usb import UsbLoad, UsbPlace, crowds
from devices.errors import InvalidBench

PCI = "devices/pci0000:00/0000:00:14.0"


class Machine:
    """A fixture tree."""

    def __init__(self, root: Path) -> None:
        self.sys, self.dev = root / "sys", root / "dev"
        (self.sys / "class/video4linux").mkdir(parents=True)
        self.count = 0

    def plug(self, name, *, bus, ports, serial="", ids=("046d", "082d"), speed="480", nodes=2):
        usb = self.sys / PCI / f"usb{bus}" / f"{bus}-{ports}"
        usb.mkdir(parents=True)
        facts = {
            "idVendor": ids[0],
            "idProduct": ids[1],
            "busnum": str(bus),
            "devpath": ports,
            "speed": speed,
        }
        if serial:
            facts["serial"] = serial
        for key, value in facts.items():
            (usb / key).write_text(value + "\n")
        for index in range(nodes):
            self.node(usb / f"{bus}-{ports}:1.0", name, index, self.by_id(name, serial, index))

    def by_id(self, name, serial, index):
        tail = f"_{serial}" if serial else ""
        return f"usb-046d_{name.replace(' ', '_')}{tail}-video-index{index}"

    def node(self, interface, name, index, by_id=""):
        node = f"video{self.count}"
        self.count += 1
        entry = interface / "video4linux" / node
        entry.mkdir(parents=True)
        (entry / "name").write_text(name + "\n")
        (entry / "index").write_text(f"{index}\n")
        (entry / "device").symlink_to(interface)
        (self.sys / "class/video4linux" / node).symlink_to(entry)
        self.dev.mkdir(exist_ok=True)
        (self.dev / node).touch()
        ports = interface.name.partition("-")[2].removesuffix(":1.0")
        by_path = f"pci-0000:00:14.0-usb-0:{ports}:1.0-video-index{index}"
        for kind, link in (("by-id", by_id), ("by-path", by_path)):
            folder = self.dev / "v4l" / kind
            folder.mkdir(parents=True, exist_ok=True)
            (folder / link).unlink(missing_ok=True)  # udev: the last one wins
            (folder / link).symlink_to(self.dev / node)

    def cameras(self, says=lambda node: None):
        return list_cameras(sys=self.sys, dev=self.dev, delivers_pictures=says)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_camera_is_named_by_its_id_and_its_metadata_node_is_no_camera(machine):
    machine.plug("HD Pro Webcam C920", bus=1, ports="2.3", serial="5A5B")
    (found,) = machine.cameras()
    assert found.name == "HD Pro Webcam C920"
    assert found.address == str(
        machine.dev / "v4l/by-id/usb-046d_HD_Pro_Webcam_C920_5A5B-video-index0"
    )
    assert (found.vendor, found.product, found.serial) == (0x046D, 0x082D, "5A5B")
    assert found.usb == UsbPlace(1, "2.3", 480.0)
    assert found.usb.hub == "2"


def test_two_alike_without_serial_number_are_named_by_their_ports(machine):
    machine.plug("Cheap Cam", bus=1, ports="1")
    machine.plug("Cheap Cam", bus=1, ports="4")
    addresses = [found.address for found in machine.cameras()]
    assert len(set(addresses)) == 2
    assert all("/by-path/" in address for address in addresses)


def test_two_alike_with_serial_numbers_are_named_by_them(machine):
    machine.plug("Cam", bus=1, ports="1", serial="A")
    machine.plug("Cam", bus=1, ports="4", serial="B")
    assert [f.address.rpartition("_")[2] for f in machine.cameras()] == [
        "A-video-index0",
        "B-video-index0",
    ]


def test_the_driver_knows_better_which_nodes_are_pictures(machine):
    machine.plug("Depth Cam", bus=2, ports="1", serial="9", nodes=6, speed="5000")
    colour = machine.dev / "video4"
    assert [f.node for f in machine.cameras(lambda node: node == colour)] == [str(colour)]


def test_nodes_are_in_the_order_of_their_numbers(machine):
    for port in range(1, 7):
        machine.plug(f"Cam {port}", bus=1, ports=str(port), serial=str(port))
    assert [f.node[-2:] for f in machine.cameras()] == ["o0", "o2", "o4", "o6", "o8", "10"]


def test_a_camera_on_the_board_has_no_usb_place(machine):
    machine.node(machine.sys / "devices/platform/soc/csi-0", "csi camera", 0, "csi")
    (found,) = machine.cameras()
    assert found.usb is None
    assert found.name == "csi camera"


def test_a_machine_without_cameras(tmp_path):
    assert list_cameras(sys=tmp_path / "sys", dev=tmp_path / "dev") == []


def test_what_is_no_video_node_cannot_be_asked(tmp_path):
    assert driver_says(tmp_path / "nothing") is None
    (tmp_path / "file").touch()
    assert driver_says(tmp_path / "file") is None


def test_links_by_id_come_before_links_by_path(machine):
    machine.plug("Cam", bus=1, ports="1", serial="A", nodes=1)
    links = links_to(machine.dev / "video0", dev=machine.dev)
    assert ["/by-id/" in link for link in links] == [True, False]


# ── too much for one cable ─────────────────────────────────────────────────────────────────────

VGA_RAW = Mode("YUYV", 640, 480, 30.0)
VGA_JPEG = Mode("MJPG", 640, 480, 30.0)


def load(name, ports, mode, *, bus=1, speed=480.0):
    return UsbLoad(name, UsbPlace(bus, ports, speed), mode.mbit_s)


def test_what_a_mode_takes():
    assert VGA_RAW.mbit_s == pytest.approx(147.5, abs=0.1)
    assert VGA_JPEG.mbit_s < 20


def test_three_raw_cameras_on_one_hub_are_too_many():
    (crowd,) = crowds([load(n, f"2.{i}", VGA_RAW) for i, n in enumerate(("a", "b", "c"))])
    assert crowd.cameras == ("a", "b", "c")
    assert crowd.hub == "2"
    assert "Cameras a, b and c on one hub (bus 1, port 2) ask for about 442 Mbit/s" in crowd.message
    assert "Ask for MJPG" in crowd.message


def test_the_same_cameras_compressed_fit():
    assert crowds([load(n, f"2.{n}", VGA_JPEG) for n in "123"]) == []


def test_ports_of_one_bus_share_it_too():
    (crowd,) = crowds([load("a", "1", VGA_RAW), load("b", "2", VGA_RAW), load("c", "3", VGA_RAW)])
    assert "on USB bus 1" in crowd.message


def test_another_bus_and_another_speed_count_for_themselves():
    loads = [load("a", "1", VGA_RAW), load("b", "2", VGA_RAW)]
    assert crowds([*loads, load("c", "3", VGA_RAW, bus=2)]) == []
    assert crowds([*loads, load("c", "3", VGA_RAW, speed=5000.0)]) == []


def test_one_camera_alone_is_no_crowd():
    assert crowds([load("a", "1", Mode("YUYV", 1920, 1080, 30.0))]) == []


# ── addresses and tables ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("address", ["0", "2", "/dev/video0", "/dev/video12"])
def test_numbers_are_no_addresses(address):
    with pytest.raises(InvalidAddress, match="numbers change") as raised:
        check_address(address)
    assert "/dev/v4l/by-id" in raised.value.hint


def test_unknown_kinds_are_no_addresses():
    with pytest.raises(InvalidAddress, match="no known kind"):
        check_address("rtsp://camera/1")


GOOD = {
    "address": "/dev/v4l/by-id/usb-046d_C920_5A5B-video-index0",
    "width": 640,
    "height": 480,
    "fps": 30,
    "fourcc": "MJPG",
    "exposure_ms": 10.0,
    "lock": True,
}


def test_a_table_and_back():
    entry = CameraEntry.from_table("bench.toml", "front", GOOD)
    assert entry.to_table() == GOOD
    assert (entry.spec.name, entry.spec.width, entry.spec.fps) == ("front", 640, 30.0)
    assert entry.build().spec == entry.spec


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"width": 0}, r"cameras.front.width is 0, expected px, 16 to 7680"),
        ({"fps": float("nan")}, r"cameras.front.fps is nan"),
        ({"fps": True}, r"cameras.front.fps is True"),
        ({"fourcc": "MJPEG"}, r"fourcc is 'MJPEG'"),
        ({"fourcc": 3}, r"fourcc is 3"),
        ({"lock": "yes"}, r"lock is 'yes', expected true or false"),
        ({"addres": "x"}, r"cameras.front is 'addres', expected one of address, width"),
        ({"address": 0}, r"address is 0, expected the address of a camera"),
        ({"exposure_ms": -1}, r"exposure_ms is -1"),
    ],
)
def test_a_table_that_says_something_impossible(change, says):
    with pytest.raises(InvalidBench, match=says):
        CameraEntry.from_table("bench.toml", "front", GOOD | change)


def test_a_table_without_a_size():
    with pytest.raises(InvalidBench, match=r"width is 'missing', expected a value"):
        CameraEntry.from_table("bench.toml", "front", {k: GOOD[k] for k in ("address", "fps")})


def test_something_that_is_no_table():
    with pytest.raises(InvalidBench, match="expected a table"):
        CameraEntry.from_table("bench.toml", "front", 3)

"""Preferences never stop the start."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.settings import Folders, Preferences, load_preferences, save_preferences

preferences = st.builds(
    Preferences,
    bench=st.text(min_size=1, max_size=20).filter(lambda t: t.isprintable()),
    task=st.text(max_size=40).filter(lambda t: t.isprintable()),
    train_minutes=st.floats(0.5, 600),
    demonstrations=st.integers(1, 500),
    autoconnect=st.booleans(),
    theme=st.sampled_from(["dark", "light"]),
    sounds=st.booleans(),
    first_steps=st.booleans(),
    steps_done=st.lists(st.sampled_from(["drive", "record", "train"]), unique=True).map(tuple),
)


@given(wanted=preferences)
def test_what_is_saved_is_what_is_loaded(wanted, tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "preferences.toml"
    save_preferences(path, wanted)
    assert load_preferences(path).preferences == wanted


def test_no_file_means_defaults_and_no_word(tmp_path):
    loaded = load_preferences(tmp_path / "none.toml")
    assert (loaded.preferences, loaded.warnings) == (Preferences(), ())


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('bench = 3\ntask = "stack"', "bench = 3"),
        ('colour = "red"\ntask = "stack"', "colour"),
        ('autoconnect = "yes"\ntask = "stack"', "autoconnect"),
    ],
)
def test_a_bad_line_is_dropped_and_named_and_the_rest_is_kept(tmp_path, line, named):
    path = tmp_path / "preferences.toml"
    path.write_text(line)
    loaded = load_preferences(path)
    assert loaded.preferences == Preferences(task="stack")
    assert named in loaded.warnings[0]


def test_a_whole_number_is_good_enough_for_minutes(tmp_path):
    path = tmp_path / "preferences.toml"
    path.write_text("train_minutes = 5")
    assert load_preferences(path).preferences.train_minutes == 5.0


def test_a_file_that_is_no_toml_is_named(tmp_path):
    path = tmp_path / "preferences.toml"
    path.write_bytes(b"\xff\xfe = [")
    assert str(path) in load_preferences(path).warnings[0]


def test_only_what_differs_from_the_defaults_is_written(tmp_path):
    path = tmp_path / "preferences.toml"
    save_preferences(path, Preferences(task="wave"))
    assert path.read_text().split("\n")[:2] == ["version = 1", 'task = "wave"']


def test_the_data_folder_can_be_elsewhere(tmp_path):
    assert Folders.default(tmp_path).episodes == tmp_path / "episodes"

"""The table of actions holds together with the session and with itself."""

from collections import Counter
from operator import attrgetter

import pytest

from studio.actions import ACTIONS, PAGES, action, acts_on


def test_every_key_means_one_thing_on_a_page():
    for page in PAGES:
        used = Counter(key for entry in acts_on(page) for key in entry.shortcuts)
        assert [key for key, count in used.items() if count > 1] == []


def test_every_intent_is_a_method_of_the_session():
    from studio.desk.desk import Desk
    from studio.parts.asking import Asking
    from studio.parts.editing import Editing
    from studio.parts.replaying import Replaying
    from studio.parts.review import Review
    from studio.parts.rollout import Rollout
    from studio.parts.running import Running
    from studio.parts.teaching import Teaching
    from studio.parts.training import Training
    from studio.session import Session

    parts = {"running": Running, "rollout": Rollout, "teaching": Teaching, "review": Review}
    parts |= {"training": Training, "desk": Desk, "asking": Asking, "editing": Editing}
    parts |= {"replaying": Replaying}
    for entry in ACTIONS:
        if entry.intent:
            head, _, tail = entry.intent.rpartition(".")
            assert callable(attrgetter(tail)(parts[head] if head else Session))


def test_stop_works_everywhere_even_while_typing():
    stop = action("stop")
    assert stop.pages == PAGES
    assert stop.while_typing


def test_a_misspelt_action_names_the_nearest():
    with pytest.raises(KeyError, match="did you mean 'take_over'"):
        action("takeover")

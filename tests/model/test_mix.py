"""Batches with a set share of corrections, and where examples come from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.mix import Mix
from recordings.types import Authority
from recordings.windows.sources import Source, sources

ROWS = np.arange(100)
SOURCE = np.repeat([0, 1, 2, 3], 25)


@given(st.floats(0.05, 0.95), st.integers(8, 64), st.integers(0, 50))
def test_every_batch_has_the_wanted_share(share: float, size: int, step: int) -> None:
    mix = Mix.of(ROWS, SOURCE, corrections_share=share)
    drawn = SOURCE[mix.draw(batch_size=size, step=step, seed=1)]
    assert abs((drawn == Source.CORRECTION).sum() - share * size) <= 1.0
    assert Source.MISTAKE not in drawn


def test_two_fifths_of_corrections_leave_two_fifths_of_demonstrations() -> None:
    weight = Mix.of(ROWS, SOURCE, corrections_share=0.4).weight
    assert weight[Source.DEMONSTRATION] == pytest.approx(0.4)
    assert weight[Source.AUTONOMOUS] == pytest.approx(0.2)


def test_without_corrections_the_others_fill_the_batch() -> None:
    mix = Mix.of(ROWS[:25], SOURCE, corrections_share=0.5)
    drawn = mix.draw(batch_size=6, step=0, seed=0)
    assert (SOURCE[drawn] == Source.DEMONSTRATION).all()


def test_the_same_step_draws_the_same_rows() -> None:
    mix = Mix.of(ROWS, SOURCE, corrections_share=0.4)
    again = mix.draw(batch_size=16, step=7, seed=2)
    assert np.array_equal(mix.draw(batch_size=16, step=7, seed=2), again)
    assert not np.array_equal(mix.draw(batch_size=16, step=8, seed=2), again)


def test_a_takeover_makes_corrections_and_spoils_the_second_before_it() -> None:
    hold, human, policy = Authority.HOLD, Authority.LEADER, Authority.POLICY
    driver = np.array([hold] * 5 + [policy] * 30 + [hold] * 20 + [human] * 10 + [policy] * 5)
    t_s = np.arange(len(driver)) / 10.0
    found = sources(t_s, driver)
    assert set(found[5:24]) == {Source.AUTONOMOUS}
    assert set(found[24:35]) == {Source.MISTAKE}  # within a second of the policy's last step
    assert set(found[55:65]) == {Source.CORRECTION}
    assert set(found[65:]) == {Source.AUTONOMOUS}


def test_an_episode_driven_by_a_person_is_a_demonstration() -> None:
    driver = np.full(20, Authority.LEADER)
    assert set(sources(np.arange(20) / 10.0, driver)) == {Source.DEMONSTRATION}

"""Guidance towards a running plan, against published numbers and as laws."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.rtc import PrefixGuidance, incoherence, prefix_weights, pull


def test_the_pull_has_the_published_strengths() -> None:
    strengths = [pull(step / 10) for step in range(10)]
    wanted = [10, 9.11, 4.25, 2.76, 2.17, 2, 2.17, 2.76, 4.25, 9.11]
    assert strengths == pytest.approx(wanted, abs=5e-3)


@given(
    rows=st.integers(1, 40),
    delay=st.integers(0, 50),
    end=st.integers(0, 50),
    schedule=st.sampled_from(["linear", "exp"]),
)
def test_rows_are_held_less_and_less(rows: int, delay: int, end: int, schedule: str) -> None:
    weights = prefix_weights(rows, delay=delay, end=end, schedule=schedule)
    assert bool((weights.diff() <= 1e-6).all())
    assert bool((weights[: min(delay, end)] == 1).all())
    assert bool((weights[min(end, rows) :] == 0).all())


@given(st.integers(2, 12))
def test_a_held_row_arrives_at_the_running_plan(steps: int) -> None:
    target = torch.linspace(-1, 1, 8).reshape(4, 2)
    guidance = PrefixGuidance(target, prefix_weights(4, delay=2, end=2), strongest=float(steps))
    chunks = torch.randn(1, 3, 4, 2, generator=torch.Generator().manual_seed(0))
    for step in range(steps):
        time = step / steps
        velocity = -chunks  # a network that wants every row at zero
        chunks = chunks + guidance(chunks, velocity, time) / steps
    far = (chunks[0, :, 2:] - target[2:]).abs().mean()
    assert (chunks[0, :, :2] - target[:2]).abs().mean() < 0.5 * far


def test_free_rows_are_left_to_the_network() -> None:
    guidance = PrefixGuidance(torch.ones(4, 2), prefix_weights(4, delay=1, end=2))
    velocity = torch.randn(1, 1, 4, 2)
    guided = guidance(torch.zeros(1, 1, 4, 2), velocity, 0.3)
    assert torch.equal(guided[:, :, 2:], velocity[:, :, 2:])
    assert not torch.equal(guided[:, :, :2], velocity[:, :, :2])


def test_the_chunk_closest_to_the_running_plan_is_the_most_coherent() -> None:
    guidance = PrefixGuidance(torch.zeros(4, 2), prefix_weights(4, delay=2, end=3))
    chunks = torch.stack([torch.full((4, 2), 0.5), torch.full((4, 2), 0.1), torch.ones(4, 2)])
    costs = incoherence(chunks, guidance, column_weights=torch.ones(2))
    assert costs.argmin() == 1

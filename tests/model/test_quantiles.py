"""Statistics are exact over the whole data set."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.quantiles import column_statistics


@given(st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=60))
def test_quantiles_are_those_of_all_rows_together(column: list[float]) -> None:
    found = column_statistics(np.array(column)[:, None], names=("j",), mask=(True,))
    assert found["q01"][0] == pytest.approx(np.quantile(np.float64(column), 0.01))
    assert found["q99"][0] == pytest.approx(np.quantile(np.float64(column), 0.99))


def test_two_episodes_with_different_ranges_keep_the_whole_range() -> None:
    rows = np.concatenate([np.linspace(0, 1, 501), np.linspace(5, 6, 501)])[:, None]
    found = column_statistics(rows, names=("j",), mask=(True,))
    assert found["q01"][0] == pytest.approx(0.02, abs=1e-3)
    assert found["q99"][0] == pytest.approx(5.98, abs=1e-3)


def test_a_column_too_many_is_refused() -> None:
    with pytest.raises(ValueError, match="1"):
        column_statistics(np.zeros((3, 2)), names=("j",), mask=(True,))

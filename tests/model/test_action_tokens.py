"""Action chunks as tokens: numbers of the reference tokenizer, and what cannot be a chunk."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.action_tokens import ActionTokenizer
from model.errors import CheckpointUnreadable

TABLES = Path(__file__).parent / "goldens" / "text-and-numeric"
FOLDER = TABLES / "fast_tokenizer"
CASES = json.loads((TABLES / "fast_tokenizer_cases.json").read_text())


@pytest.fixture(scope="module")
def tokenizer() -> ActionTokenizer:
    return ActionTokenizer.load(FOLDER)


@pytest.mark.parametrize("case", range(len(CASES["actions"])))
def test_a_chunk_has_the_reference_tokens_and_comes_back(
    tokenizer: ActionTokenizer, case: int
) -> None:
    chunk = np.array(CASES["actions"][case])
    tokens = tokenizer.encode(chunk)
    assert tokens == CASES["tokens"][case]
    decoded = tokenizer.decode(tokens, rows=10, columns=4)
    assert decoded is not None
    np.testing.assert_allclose(decoded, CASES["decoded"][case], atol=2e-5)


def test_tokens_of_another_size_are_no_chunk(tokenizer: ActionTokenizer) -> None:
    assert tokenizer.decode(CASES["truncated_tokens"], rows=10, columns=4) is None
    assert tokenizer.decode([], rows=10, columns=4) is None


@given(arrays(np.float32, (10, 4), elements=st.floats(-0.5, 0.5, width=32)))
def test_decoding_undoes_encoding_up_to_the_rounding(chunk: np.ndarray) -> None:
    tokenizer = ActionTokenizer.load(FOLDER)
    decoded = tokenizer.decode(tokenizer.encode(chunk), rows=10, columns=4)
    assert decoded is not None
    # half a unit per coefficient, ten coefficients, an orthonormal transform
    assert np.linalg.norm(decoded - chunk, axis=0).max() <= 0.05 * np.sqrt(10) + 1e-5


@pytest.mark.parametrize("name", ["processor_config.json", "tokenizer.json"])
@pytest.mark.parametrize("content", [None, "{", "{}"])
def test_a_folder_without_a_tokenizer_is_refused(
    tmp_path: Path, name: str, content: str | None
) -> None:
    shutil.copytree(FOLDER, tmp_path / "broken")
    path = tmp_path / "broken" / name
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises(CheckpointUnreadable, match=name):
        ActionTokenizer.load(tmp_path / "broken")

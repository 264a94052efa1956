"""Checkpoints by name: a folder on this machine, or ``owner/name`` on the Hugging Face hub.

What is complete in the local cache is used without asking the network, so a checkpoint once
fetched works without it. Knows nothing of what the files say, and no torch.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from tqdm.auto import tqdm

from model.errors import CheckpointUnreadable, HubUnavailable
from model.json_files import read_json
from model.layouts import ADAPTER_FILE, CONFIG_FILE, INDEX_FILE
from model.messages import Downloading

Tell = Callable[[Downloading], None]
HUB_ID = re.compile(r"^(?P<repo>[\w.-]+/[\w.-]+?)(@(?P<revision>[\w./-]+))?$")
SMALL = ("*.json", "*.jinja", "*.txt")
WEIGHTS = ("*.safetensors",)
WAYS_OUT = "connect to the network, or copy the checkpoint here and give its folder"
EVERY_S = 0.5  # between two reports of progress


def quiet(_event: Downloading) -> None:
    """Tell nobody."""


def resolve(
    source: str,
    *,
    weights: bool = True,
    tell: Tell = quiet,
    cache: Path | None = None,
    endpoint: str | None = None,
) -> Path:
    """The folder of a checkpoint, downloaded first where need be.

    Args:
        source: a path, or ``owner/name`` with an optional ``@revision``.
        weights: False fetches config, statistics and tokenizer alone.
        tell: hears of progress, from other threads.
        cache: where downloads are kept; None is the library's own place.
        endpoint: address of the hub; None is the public one (or ``$HF_ENDPOINT``).

    Raises:
        CheckpointUnreadable: no such folder, and no name a hub could know.
        HubUnavailable: not in the cache, and the hub cannot or will not give it.
    """
    local = Path(source).expanduser()
    if local.exists():
        return local
    named = HUB_ID.match(source)
    mistyped = local.parent != Path() and local.parent.is_dir()
    if named is None or mistyped or source.startswith((".", "/", "~")):
        raise CheckpointUnreadable(source, reason="there is no such folder")
    wanted = {
        "repo_id": named["repo"],
        "revision": named["revision"],
        "cache_dir": cache,
        "allow_patterns": [*SMALL, *(WEIGHTS if weights else ())],
    }
    cached = _cached(wanted, weights=weights)
    if cached is not None:
        return cached
    return _download(wanted, source, weights=weights, tell=tell, endpoint=endpoint)


def _cached(wanted: dict[str, Any], *, weights: bool) -> Path | None:
    """The snapshot in the local cache, None when there is none or part of it is missing."""
    try:
        folder = Path(snapshot_download(**wanted, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return folder if _complete(folder, weights=weights) else None


def _complete(folder: Path, *, weights: bool) -> bool:
    if not ((folder / CONFIG_FILE).exists() or (folder / ADAPTER_FILE).exists()):
        return False
    if not weights:
        return True
    if not (folder / INDEX_FILE).exists():
        return any(folder.glob("*.safetensors"))
    shards = set(read_json(folder / INDEX_FILE).get("weight_map", {}).values())
    return all((folder / shard).exists() for shard in shards)


def _download(
    wanted: dict[str, Any], source: str, *, weights: bool, tell: Tell, endpoint: str | None
) -> Path:
    try:
        bar = reporter(source, tell)
        folder = Path(snapshot_download(**wanted, endpoint=endpoint, tqdm_class=bar))
    except (GatedRepoError, RepositoryNotFoundError) as error:
        raise HubUnavailable(
            source,
            reason="the hub has no checkpoint of this name, or it is not open to you",
            hint="check the name; for a closed one, log in with `hf auth login`",
        ) from error
    except RevisionNotFoundError as error:
        raise HubUnavailable(
            source, reason="it has no such revision", hint="leave out what follows the @"
        ) from error
    except HFValidationError as error:
        raise CheckpointUnreadable(
            source, reason="it is neither a folder nor a hub name"
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise HubUnavailable(
            source,
            reason=f"the hub cannot be reached and it is not on this machine ({_short(error)})",
            hint=WAYS_OUT,
        ) from error
    if not _complete(folder, weights=weights):  # without a network the library gives what it has
        reason = "part of it is on this machine, the rest cannot be fetched"
        raise HubUnavailable(source, reason=reason, hint=WAYS_OUT)
    return folder


def _short(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]


def reporter(source: str, tell: Tell) -> type[tqdm]:
    """A progress bar without a picture that tells how many bytes have arrived."""

    class Reporter(tqdm):
        monitor_interval = 0  # no thread that watches over a picture nobody sees
        told_s: ClassVar[float] = -EVERY_S
        lock: ClassVar[threading.Lock] = threading.Lock()

        def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - tqdm's own
            options.pop("name", None)
            super().__init__(
                *args, **{**options, "gui": False, "file": _Nowhere(), "disable": False}
            )

        def update(self, n: float | None = 1) -> bool | None:
            done = super().update(n)
            if self.unit == "B" and self._is_time():
                tell(Downloading(source, int(self.n), int(self.total or 0)))
            return done

        def close(self) -> None:
            if self.unit == "B" and not self.disable and self.n:
                tell(Downloading(source, int(self.n), int(self.total or self.n)))
            super().close()

        def _is_time(self) -> bool:
            with Reporter.lock:
                now = time.monotonic()
                if now - Reporter.told_s < EVERY_S:
                    return False
                Reporter.told_s = now
                return True

    return Reporter


class _Nowhere:
    """A text file that keeps nothing."""

    def write(self, _text: str) -> int:
        return 0

    def flush(self) -> None:
        """Nothing to do."""

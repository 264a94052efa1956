"""Uploads a dataset to the Hugging Face hub, only when somebody asks for it by name.

Local data never depends on it: an upload that breaks off is repeated, nothing here is changed.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from recordings.errors import ExportRefused
from recordings.lerobot.layout import VERSION
from recordings.lerobot.sidecar import Sidecar


def push(root: Path, repo: str) -> str:
    """Upload the export ``root`` as dataset ``repo`` ("owner/name"); returns its address.

    LeRobot finds a dataset by a git tag that says its version: the tag moves to what was uploaded.

    Raises:
        ExportRefused: it is not a complete export of ours, or the hub refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError

    if Sidecar.read(root) is None:
        raise ExportRefused(root, why="it is not a complete export", hint="export it first")
    api = HfApi()
    try:
        api.create_repo(repo, repo_type="dataset", exist_ok=True)
        api.upload_folder(repo_id=repo, repo_type="dataset", folder_path=root)
        with suppress(RevisionNotFoundError):
            api.delete_tag(repo, tag=VERSION, repo_type="dataset")
        api.create_tag(repo, tag=VERSION, repo_type="dataset")
    except (HfHubHTTPError, OSError) as error:
        hint = "log in (hf auth login) or look at the network, then push again"
        raise ExportRefused(root, why=f"the hub says {error}", hint=hint) from error
    return f"https://huggingface.co/datasets/{repo}"

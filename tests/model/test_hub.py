"""Checkpoints by hub id: the cache layout, and a hub that speaks the real protocol on loopback."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest

from model import checkpoint
from model.errors import CheckpointUnreadable, HubUnavailable
from model.export import export
from model.hub import resolve
from model.messages import Downloading

REPO = "somebody/arm-policy"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
NOBODY = "http://127.0.0.1:9"  # a port nobody listens on


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, loaded: checkpoint.Loaded) -> Path:
    """A released checkpoint in two or more shards."""
    out = tmp_path_factory.mktemp("hub") / "files"
    export(loaded, out, layout="molmoact2", largest_file="2MB")
    return out


@pytest.fixture
def cache(tmp_path: Path, files: Path) -> Path:
    """A download cache that holds the checkpoint, in the library's layout."""
    entry = tmp_path / "cache" / f"models--{REPO.replace('/', '--')}"
    snapshot = entry / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (entry / "refs").mkdir()
    (entry / "refs" / "main").write_text(COMMIT)
    for path in files.iterdir():
        (snapshot / path.name).write_bytes(path.read_bytes())
    return tmp_path / "cache"


@pytest.fixture
def hub(files: Path) -> Iterator[str]:
    """Address of a small hub that has one repository."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

        def _answer(self, *, with_body: bool) -> None:
            path = unquote(self.path).split("?")[0]
            if path.startswith(f"/api/models/{REPO}"):
                found = tree(files) if "/tree/" in path else {"id": REPO, "sha": COMMIT}
                return self._send(json.dumps(found).encode(), with_body=with_body)
            name = path.rpartition("/")[2]
            if path.startswith(f"/{REPO}/resolve/") and (files / name).exists():
                return self._send((files / name).read_bytes(), with_body=with_body)
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None

        def _send(self, body: bytes, *, with_body: bool) -> None:
            self.send_response(200)
            self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if with_body:
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def tree(files: Path) -> list[dict[str, object]]:
    return [
        {"type": "file", "path": p.name, "size": p.stat().st_size, "oid": p.name}
        for p in sorted(files.iterdir())
    ]


def test_a_folder_is_taken_as_it_is(files: Path) -> None:
    assert resolve(str(files)) == files


def test_what_is_in_the_cache_needs_no_network(cache: Path) -> None:
    folder = resolve(REPO, cache=cache, endpoint=NOBODY)
    assert folder.name == COMMIT
    assert checkpoint.load(folder).processor.tags.names == ("bench",)


def test_a_cache_that_misses_a_shard_is_not_trusted(cache: Path) -> None:
    next(cache.rglob("model-00001*.safetensors")).unlink()
    with pytest.raises(HubUnavailable):
        resolve(REPO, cache=cache, endpoint=NOBODY)


def test_a_checkpoint_is_fetched_with_progress(tmp_path: Path, hub: str, files: Path) -> None:
    told: list[Downloading] = []
    folder = resolve(REPO, cache=tmp_path, endpoint=hub, tell=told.append)
    for path in (*files.glob("*.json"), *files.glob("*.safetensors")):
        assert (folder / path.name).read_bytes() == path.read_bytes()
    assert told, "nobody heard of the download"
    assert {event.source for event in told} == {REPO}
    assert told[-1].done_bytes > 0
    assert resolve(REPO, cache=tmp_path, endpoint=NOBODY) == folder


def test_a_tokenizer_alone_does_not_cost_the_weights(tmp_path: Path, hub: str) -> None:
    folder = resolve(REPO, cache=tmp_path, endpoint=hub, weights=False)
    assert (folder / "tokenizer.json").exists()
    assert not list(folder.glob("*.safetensors"))


def test_a_name_the_hub_does_not_know_is_named(tmp_path: Path, hub: str) -> None:
    with pytest.raises(HubUnavailable, match="nobody/nothing: the hub has no checkpoint"):
        resolve("nobody/nothing", cache=tmp_path, endpoint=hub)


def test_without_a_network_the_way_out_is_said(tmp_path: Path) -> None:
    with pytest.raises(HubUnavailable, match="copy the checkpoint here and give its folder"):
        resolve(REPO, cache=tmp_path, endpoint=NOBODY)


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "nothing", "a/b/c"])
def test_what_cannot_be_a_hub_name_is_a_missing_folder(name: str) -> None:
    with pytest.raises(CheckpointUnreadable, match="no such folder"):
        resolve(name)


def test_a_mistyped_folder_is_not_looked_for_on_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointUnreadable, match="runs/nin: there is no such folder"):
        resolve("runs/nin")
    with pytest.raises(CheckpointUnreadable, match="no such folder"):
        checkpoint.load(Path("somebody/else"))

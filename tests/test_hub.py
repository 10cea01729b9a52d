"""Models from a hub: pulled from a local one with a small real model, refused when they are not what they should be."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytest_httpserver import HTTPServer
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from typer.testing import CliRunner
from werkzeug import Request, Response

from claimline.errors import BodyTooLarge, FetchError, ModelError, UnknownName, UsageError
from claimline.matching import hub
from claimline.matching.stance import Pair, PairReader, StanceProbs, load_engine
from claimline.settings import Settings
from claimline.web.download import download
from tests import tiny_onnx
from tests.fakes import plain_settings

REPO, NAME = "desk/tiny-nli", "desk--tiny-nli"
COMMIT, LATER = "a" * 40, "b" * 40
VOCABULARY = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "opened": 4, "closed": 5, "maybe": 6}
# Labels in the hub model's own order: contradiction, entailment, neutral.
TABLE = np.zeros((7, 3), dtype=np.float32)
TABLE[4, 1], TABLE[5, 0], TABLE[6, 2] = 6.0, 6.0, 6.0


def tokenizer() -> bytes:
    made = Tokenizer(models.WordLevel(VOCABULARY, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B:0 </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return made.to_str().encode()


FILES = {
    "config.json": json.dumps({"id2label": {"0": "CONTRADICTION", "1": "ENTAILMENT", "2": "NEUTRAL"}}).encode(),
    "tokenizer.json": tokenizer(),
    "onnx/model.onnx": tiny_onnx.model(TABLE),
    "README.md": b"# Tiny",
    "pytorch_model.bin": b"\x00" * 100,
}


def blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Hub:
    """What a hub answers; tests change its files. `breaks_after` cuts each answer short, `asked` are the ranges."""

    server: HTTPServer
    settings: Settings
    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    told: dict[str, Any] = field(default_factory=dict)
    commit: str = COMMIT
    breaks_after: list[int] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def info(self, request: Request) -> Response:
        revision = request.path.rsplit("/", 1)[1]
        rows = []
        for name, data in self.files.items():
            large = name.endswith((".onnx", ".bin"))
            proof = {"lfs": {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}} if large else {"blobId": blob(data)}
            rows.append({"rfilename": name, "size": len(data), **proof, **self.told.get(name, {})})
        commit = self.commit if revision == "main" else revision
        return Response(json.dumps({"sha": commit, "siblings": rows}), content_type="application/json")

    def file(self, request: Request) -> Response:
        name = request.path.split(f"/resolve/{self.commit}/")[-1]
        self.asked.append(name)
        data, wanted = self.files[name], request.headers.get("Range", "")
        self.ranges += [wanted] if wanted else []
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        head = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if wanted else {}
        body = data[start:]
        if self.breaks_after:
            body = body[: self.breaks_after.pop(0)]
        return Response(body, status=206 if wanted else 200, headers=head)

    def pull(self, **more: Any) -> hub.Pulled:
        return hub.pull(self.settings, REPO, **more)


@pytest.fixture
def desk(httpserver: HTTPServer, tmp_path: Path) -> Iterator[Hub]:
    settings = plain_settings(models_dir=tmp_path / "models", hub_url=httpserver.url_for("").rstrip("/"), retries=2)
    made = Hub(httpserver, settings)
    httpserver.expect_request(re.compile(rf"^/api/models/{REPO}/revision/.*")).respond_with_handler(made.info)
    httpserver.expect_request(re.compile(rf"^/{REPO}/resolve/.*")).respond_with_handler(made.file)
    yield made
    made.breaks_after.clear()


class Relevance(PairReader):
    """Stands for the bundled model: a passage without the word bridge is unrelated."""

    matcher_hash = "bundled"
    languages = frozenset({"en"})

    def predict(self, pairs: Any) -> list[StanceProbs]:
        return [StanceProbs(0.9, 0, 0, 0.1) if "bridge" in p.passage else StanceProbs(0, 0, 0.1, 0.9) for p in pairs]


# --- Pulling ----------------------------------------------------------------------------------------------------------


def test_a_model_is_pulled_checked_and_locked(desk: Hub) -> None:
    model = desk.pull()
    folder = desk.settings.effective_models_dir / NAME
    assert (model.name, model.revision) == (NAME, COMMIT)
    assert sorted(model.files) == ["config.json", "engine.json", "stance.onnx", "tokenizer.json"]
    assert (folder / "stance.onnx").read_bytes() == FILES["onnx/model.onnx"]
    lock = json.loads((desk.settings.effective_models_dir / hub.LOCK).read_text())
    assert lock["models"][NAME]["files"]["stance.onnx"] == hashlib.sha256(FILES["onnx/model.onnx"]).hexdigest()
    assert hub.verify(desk.settings.effective_models_dir, NAME) == model
    assert not list(folder.rglob("*.part"))


def test_what_is_there_already_is_not_fetched_again(desk: Hub) -> None:
    desk.pull()
    before = len(desk.asked)
    desk.pull()
    assert len(desk.asked) == before


def test_an_interrupted_pull_goes_on_where_it_stopped(desk: Hub) -> None:
    desk.breaks_after = [10_000, 10_000, 100]
    desk.pull()
    assert desk.ranges == ["bytes=100-"]
    assert hub.verify(desk.settings.effective_models_dir, NAME)


def test_a_pull_that_was_given_up_is_taken_up_by_the_next_one(desk: Hub) -> None:
    desk.breaks_after = [50, 50, 50]
    with pytest.raises(FetchError, match="truncated"):
        desk.pull(files=["onnx/model.onnx"])
    assert (desk.settings.effective_models_dir / NAME / "stance.onnx.part").stat().st_size == 150
    desk.pull()
    assert "bytes=150-" in desk.ranges


def test_a_file_that_does_not_match_the_hubs_hash_is_refused_and_not_kept(desk: Hub) -> None:
    desk.told["onnx/model.onnx"] = {"lfs": {"sha256": "0" * 64, "size": len(FILES["onnx/model.onnx"])}}
    with pytest.raises(ModelError, match="refused: its SHA-256 is"):
        desk.pull()
    folder = desk.settings.effective_models_dir / NAME
    assert not [p for p in folder.rglob("*") if "stance" in p.name]
    assert hub.pulled(desk.settings.effective_models_dir) == ()


def test_a_small_file_that_does_not_match_its_git_blob_is_refused(desk: Hub) -> None:
    desk.told["config.json"] = {"blobId": "1" * 40}
    with pytest.raises(ModelError, match="git blob"):
        desk.pull()


def test_a_users_own_hash_comes_before_the_hubs(desk: Hub) -> None:
    with pytest.raises(ModelError, match="refused"):
        desk.pull(sha256={"onnx/model.onnx": "f" * 64})
    right = hashlib.sha256(FILES["onnx/model.onnx"]).hexdigest()
    assert desk.pull(sha256={"onnx/model.onnx": right.upper()})


def test_what_nothing_proves_is_refused(desk: Hub) -> None:
    desk.told["tokenizer.json"] = {"blobId": None}
    with pytest.raises(ModelError, match=r"nothing proves tokenizer\.json; give its hash with --sha256"):
        desk.pull()
    assert desk.pull(sha256={"tokenizer.json": hashlib.sha256(FILES["tokenizer.json"]).hexdigest()})


def test_a_locked_revision_is_kept_until_another_one_is_named(desk: Hub) -> None:
    desk.pull()
    desk.commit = LATER
    assert desk.pull().revision == COMMIT
    assert desk.pull(revision="main").revision == LATER


def test_the_same_revision_with_another_file_is_refused(desk: Hub) -> None:
    desk.pull()
    desk.files["onnx/model.onnx"] = tiny_onnx.model(TABLE * 2)
    with pytest.raises(ModelError, match="not the file that was locked"):
        desk.pull()


def test_a_file_longer_than_promised_is_cut_off(desk: Hub) -> None:
    desk.told["onnx/model.onnx"] = {"lfs": {"sha256": "0" * 64, "size": 10}}
    with pytest.raises(BodyTooLarge):
        desk.pull()


@pytest.mark.parametrize("name", ["../../evil.onnx", "/etc/evil.onnx", "a/../../b.onnx"])
def test_a_hub_cannot_name_a_place_outside_the_folder(desk: Hub, name: str) -> None:
    desk.files = {name: FILES["onnx/model.onnx"], "tokenizer.json": FILES["tokenizer.json"]}
    with pytest.raises(ModelError, match="no ONNX file"):
        desk.pull()
    with pytest.raises(UsageError, match="no path"):
        desk.pull(files=[name])


def test_a_model_that_cannot_be_run_here_says_why(desk: Hub) -> None:
    del desk.files["tokenizer.json"]
    with pytest.raises(ModelError, match="no tokenizer"):
        desk.pull()
    desk.files = FILES | {"config.json": json.dumps({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}).encode()}
    with pytest.raises(ModelError, match="its labels are label_0, label_1"):
        desk.pull()
    with pytest.raises(UsageError, match="OWNER/NAME"):
        hub.pull(desk.settings, "../x")
    desk.server.expect_request("/api/models/other/model/revision/main").respond_with_data("", 404)
    with pytest.raises(ModelError, match="no model other/model"):
        hub.pull(desk.settings, "other/model")


def test_a_hub_on_a_private_address_that_nobody_named_is_not_asked(desk: Hub, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="private-address"):
        download("http://169.254.169.254/latest", tmp_path / "x", desk.settings, check=lambda _path: "")


def test_a_redirect_to_a_private_address_is_refused(desk: Hub, tmp_path: Path) -> None:
    desk.server.expect_request("/lead").respond_with_data("", 302, {"Location": "http://127.0.0.1:1/secret"})
    own = [desk.settings.hub_url.removeprefix("http://")]
    with pytest.raises(FetchError, match="private-address"):
        download(desk.server.url_for("/lead"), tmp_path / "x", desk.settings, check=lambda _p: "", allow_private=own)


# --- Using ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def engine_folder(desk: Hub) -> Path:
    desk.pull()
    return desk.settings.effective_models_dir / NAME


def test_a_pulled_model_answers_through_the_same_seam(engine_folder: Path) -> None:
    from claimline.matching.nli import NliEngine

    engine = NliEngine(engine_folder, Relevance())
    claim = "The bridge is in use"
    opened, closed, maybe, other = engine.predict(
        [
            Pair(claim, "The bridge opened"),
            Pair(claim, "The bridge closed", "Long words stand before it"),
            Pair(claim, "The bridge maybe"),
            Pair(claim, "A choir opened"),
        ]
    )
    assert opened.supports > 0.85
    assert closed.refutes > 0.85
    assert maybe.neutral > 0.85
    assert other.unrelated == pytest.approx(0.9)
    assert sum((other.supports, other.refutes, other.neutral, other.unrelated)) == pytest.approx(1.0, abs=1e-5)
    assert engine.languages == {"en"}
    assert engine.predict([]) == []


def test_without_relevance_most_of_neutral_is_unrelated(engine_folder: Path) -> None:
    from claimline.matching.nli import NliEngine

    (p,) = NliEngine(engine_folder, None).predict([Pair("x", "maybe")])
    assert p.unrelated == pytest.approx(0.7, abs=0.01)


def test_the_answer_does_not_depend_on_the_others_of_the_call(engine_folder: Path) -> None:
    from claimline.matching.nli import NliEngine

    engine = NliEngine(engine_folder, Relevance())
    pairs = [Pair("The bridge", "opened " * n) for n in range(1, 40)]
    together = engine.predict(pairs)
    alone = engine.predict([pairs[7]])[0]
    assert together[7].supports == pytest.approx(alone.supports, abs=1e-6)


@pytest.mark.slow
def test_it_is_loaded_by_name_with_the_bundled_models_relevance(desk: Hub) -> None:
    desk.pull()
    engine = load_engine(NAME, models_dir=desk.settings.effective_models_dir)
    bundled = load_engine()
    assert engine.matcher_hash != bundled.matcher_hash
    assert engine.languages == bundled.languages
    (p,) = engine.predict([Pair("The bridge is in use", "The bridge opened")])
    assert p.supports + p.refutes + p.neutral + p.unrelated == pytest.approx(1.0, abs=1e-5)


def test_a_model_that_was_changed_on_disk_is_not_loaded(engine_folder: Path) -> None:
    (engine_folder / "stance.onnx").write_bytes(tiny_onnx.model(TABLE * 3))
    with pytest.raises(ModelError, match="is not what its hash says"):
        load_engine(NAME, models_dir=engine_folder.parent)


def test_the_choice_is_a_line_of_the_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "claimline" / "claimline.toml"
    hub.choose("a--b", file)
    assert file.read_text() == 'model = "a--b"\n'
    file.write_text('contact = "desk@example.org"\nmodel = "old"\n[table]\nmodel = "kept"\n')
    hub.choose("c--d", file)
    assert file.read_text() == 'contact = "desk@example.org"\nmodel = "c--d"\n[table]\nmodel = "kept"\n'
    hub.choose(None, file)
    assert file.read_text() == 'contact = "desk@example.org"\n[table]\nmodel = "kept"\n'


def test_a_removed_model_is_gone_and_an_unknown_one_is_named(engine_folder: Path) -> None:
    hub.remove(engine_folder.parent, NAME)
    assert not engine_folder.exists()
    assert hub.pulled(engine_folder.parent) == ()
    with pytest.raises(UnknownName, match="no model named"):
        hub.verify(engine_folder.parent, NAME)


def test_the_commands_list_pull_use_and_remove(desk: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.cli import app
    from app.commands import models as commands

    monkeypatch.setenv("CLAIMLINE_MODELS_DIR", str(desk.settings.models_dir))
    monkeypatch.setenv("CLAIMLINE_HUB_URL", desk.settings.hub_url)
    monkeypatch.setattr(commands, "settings_file", lambda: tmp_path / "claimline.toml")
    monkeypatch.setitem(Settings.model_config, "toml_file", tmp_path / "claimline.toml")
    run = CliRunner().invoke
    assert "checked and locked" in run(app, ["models", "pull", REPO]).output
    rows = [json.loads(line) for line in run(app, ["models", "list", "--json"]).output.splitlines()]
    assert {r["model"]: (r["state"], r["used"]) for r in rows}[NAME] == ("here", False)
    hub.choose(NAME, tmp_path / "claimline.toml")
    rows = [json.loads(line) for line in run(app, ["models", "list", "--json"]).output.splitlines()]
    assert [r["model"] for r in rows if r["used"]] == [NAME]
    assert isinstance(run(app, ["models", "remove", NAME]).exception, UsageError)
    hub.choose(None, tmp_path / "claimline.toml")
    assert "is removed" in run(app, ["models", "remove", NAME]).output


@pytest.mark.slow
def test_a_pulled_model_is_used_once_it_is_chosen(desk: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.cli import app
    from app.commands import models as commands

    desk.pull()
    monkeypatch.setenv("CLAIMLINE_MODELS_DIR", str(desk.settings.models_dir))
    monkeypatch.setattr(commands, "settings_file", lambda: tmp_path / "claimline.toml")
    monkeypatch.setitem(Settings.model_config, "toml_file", tmp_path / "claimline.toml")
    done = CliRunner().invoke(app, ["models", "use", NAME])
    assert done.exit_code == 0, done.exception
    assert Settings().model == NAME
    assert CliRunner().invoke(app, ["models", "use", "bundled"]).exit_code == 0
    assert Settings().model is None

"""Models from a hub: what there is, fetched by revision, verified file by file, pinned in a lock, made an engine folder.

A folder of `models_dir` holds one model: its ONNX file, its tokenizer and `engine.json`, which says how its labels become stances
(see `nli`). `models.lock.json` beside the folders names the commit and the SHA-256 of every file; what does not match is refused,
when it comes and whenever it is loaded. Which model is used is a line of the settings file. No network but `claimline.web`.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from claimline.errors import FetchError, ModelError, UnknownName, UsageError
from claimline.settings import Settings
from claimline.web.client import open_client
from claimline.web.download import download, sha256_of

LOCK = "models.lock.json"
BUNDLED = "bundled"
_REPO = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_FILE = re.compile(r"(?:[\w-][\w.-]*/)*[\w-][\w.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Which of a repository's ONNX files is taken where none is named: the smaller one of equal kind first.
_ONNX = (
    "stance.onnx",
    "onnx/model_quantized.onnx",
    "onnx/model_int8.onnx",
    "onnx/model.onnx",
    "model_quantized.onnx",
    "model.onnx",
)
_BESIDE = ("config.json", "tokenizer.json", "engine.json", "aggregate.json")
_LABELS = {"entailment": "entailment", "neutral": "neutral", "contradiction": "contradiction", "not_entailment": "contradiction"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A model that is known to fit; the figures are its authors' own."""

    repo: str
    what: str
    figures: str


SUGGESTIONS = (
    Suggestion(
        "MoritzLaurer/multilingual-MiniLMv2-L6-mnli-xnli", "small and fast, 100 languages", "XNLI 0.713 on average (15 languages)"
    ),
    Suggestion(
        "MoritzLaurer/multilingual-MiniLMv2-L12-mnli-xnli", "twice as deep, 100 languages", "XNLI 0.750 on average (15 languages)"
    ),
    Suggestion(
        "MoritzLaurer/mDeBERTa-v3-base-xnli-multilingual-nli-2mil7",
        "large, slow, 27 languages trained",
        "MultiNLI 0.857 (English)",
    ),
)


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a repository at a commit, with what proves it: a SHA-256 (large files) or git's own SHA-1 of a blob."""

    path: str
    size: int | None
    sha256: str | None
    blob: str | None


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model in the lock."""

    name: str
    repo: str
    revision: str
    hub: str
    files: Mapping[str, str] = field(default_factory=dict)  # name in the folder -> SHA-256


# --- What is here -----------------------------------------------------------------------------------------------------


def pulled(models_dir: Path) -> tuple[Pulled, ...]:
    """The models of the lock, by name. Raises ModelError where the lock cannot be read."""
    path = models_dir / LOCK
    if not path.is_file():
        return ()
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["models"]
        return tuple(Pulled(name, **row) for name, row in sorted(rows.items()))
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise ModelError(f"{path}: the lock cannot be read ({wrong}); move it away and pull the models again") from wrong


def verify(models_dir: Path, name: str) -> Pulled:
    """The pulled model of that name, if every file is the one that was locked. Raises UnknownName, ModelError."""
    known = {m.name: m for m in pulled(models_dir)}
    if name not in known:
        raise UnknownName("model", name, [BUNDLED, *known])
    for file, expected in known[name].files.items():
        path = models_dir / name / file
        if not path.is_file():
            raise ModelError(f"{path}: is not there; run `claimline models pull {known[name].repo}` again")
        if sha256_of(path) != expected:
            raise ModelError(f"{path}: is not what its hash says; run `claimline models pull {known[name].repo}` again")
    return known[name]


def check_folder(folder: Path) -> None:
    """Refuse a folder of models that is in the lock and not what was locked; one that somebody put there by hand is theirs."""
    if folder.name in {m.name for m in pulled(folder.parent)}:
        verify(folder.parent, folder.name)


def remove(models_dir: Path, name: str) -> None:
    """Drop a pulled model and its line in the lock."""
    known = {m.name: m for m in pulled(models_dir)}
    if name not in known:
        raise UnknownName("model", name, list(known))
    shutil.rmtree(models_dir / name, ignore_errors=True)
    _write_lock(models_dir, [m for m in known.values() if m.name != name])


def choose(name: str | None, settings_file: Path) -> None:
    """Write which model is used into the settings file (None: the bundled one); every other line stays as it is."""
    lines = settings_file.read_text(encoding="utf-8").splitlines() if settings_file.is_file() else []
    tables = next((i for i, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    head = [line for line in lines[:tables] if not re.match(r"\s*model\s*=", line)]
    chosen = [f"model = {json.dumps(name, ensure_ascii=False)}"] if name is not None else []
    settings_file.parent.mkdir(parents=True, exist_ok=True)
    draft = settings_file.with_name(settings_file.name + ".new")
    draft.write_text("\n".join([*head, *chosen, *lines[tables:]]).strip() + "\n", encoding="utf-8")
    draft.replace(settings_file)


# --- Pulling ------------------------------------------------------------------------------------------------------------


def pull(
    settings: Settings,
    repo: str,
    *,
    revision: str | None = None,
    files: Sequence[str] = (),
    sha256: Mapping[str, str] | None = None,
    progress: Callable[[str, int, int | None], None] = lambda _what, _done, _total: None,
) -> Pulled:
    """Fetch a model and lock it. A revision that was locked before is pulled again unless another one is named.

    Every file is proved by `sha256` (path in the repository -> 64 hex digits) or by what the hub's API says of it; one that
    neither proves is refused. Raises ModelError, FetchError, UsageError.
    """
    expected = _checked(repo, files, sha256 or {})
    models_dir, name = settings.effective_models_dir, repo.replace("/", "--")
    held = {m.name: m for m in pulled(models_dir)}
    wanted = revision or (held[name].revision if name in held else "main")
    commit, there = listing(settings, repo, wanted)
    chosen = _chosen(repo, there, files)
    folder = models_dir / name
    got: dict[str, str] = {}
    for one in chosen:
        local = _local(one.path)
        got[local] = _fetch(settings, repo, commit, one, folder / local, expected.get(one.path), progress)
    if name in held and held[name].revision == commit:
        _same_as_locked(repo, held[name].files, got)
    _convert(folder, repo, commit)
    got["engine.json"] = sha256_of(folder / "engine.json")
    model = Pulled(name, repo, commit, settings.hub_url, got)
    _write_lock(models_dir, [*(m for m in held.values() if m.name != name), model])
    return model


def listing(settings: Settings, repo: str, revision: str) -> tuple[str, tuple[HubFile, ...]]:
    """The commit that a revision names, and the files that it holds. Raises ModelError, FetchError."""
    base = settings.hub_url.rstrip("/")
    url = f"{base}/api/models/{repo}/revision/{quote(revision, safe='')}?blobs=true"
    with open_client(settings, allow_private=_own(settings)) as client:
        try:
            answer = client.get(url, accept="application/json", robots=False)
        except FetchError as failed:
            if failed.status in (401, 403, 404):
                raise ModelError(f"{base} has no model {repo} at {revision} that may be read ({failed.reason})") from failed
            raise
    try:
        raw = json.loads(answer.body)
        commit = str(raw["sha"])
        files = tuple(_hub_file(row) for row in raw["siblings"])
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise ModelError(f"{url}: this is no answer of a model hub ({wrong})") from wrong
    if not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        raise ModelError(f"{url}: the hub names no commit")
    return commit, files


def _own(settings: Settings) -> tuple[str, ...]:
    """The hub is of the user's own choosing and may stand in the house."""
    return (urlsplit(settings.hub_url).netloc,)


def _hub_file(row: Mapping[str, Any]) -> HubFile:
    lfs = row.get("lfs") or {}
    sha256 = lfs.get("sha256") or str(lfs.get("oid", "")).removeprefix("sha256:")
    size = lfs.get("size", row.get("size"))
    blob = row.get("blobId")
    return HubFile(
        str(row["rfilename"]),
        size if isinstance(size, int) else None,
        sha256 if isinstance(sha256, str) and _SHA256.fullmatch(sha256) else None,
        blob if isinstance(blob, str) and re.fullmatch(r"[0-9a-f]{40}", blob) and not lfs else None,
    )


def _checked(repo: str, files: Sequence[str], sha256: Mapping[str, str]) -> dict[str, str]:
    if not _REPO.fullmatch(repo):
        raise UsageError(f"{repo!r} is no repository; write it as OWNER/NAME")
    if bad := [f for f in (*files, *sha256) if not _FILE.fullmatch(f)]:
        raise UsageError(f"{bad[0]!r} is no path of a file in a repository")
    if wrong := [f for f, h in sha256.items() if not _SHA256.fullmatch(h.lower())]:
        raise UsageError(f"the SHA-256 of {wrong[0]} must have 64 hexadecimal digits")
    return {f: h.lower() for f, h in sha256.items()}


def _chosen(repo: str, there: Sequence[HubFile], files: Sequence[str]) -> list[HubFile]:
    """The files to fetch: those named, else the best ONNX file, and what it needs beside it."""
    by_path = {f.path: f for f in there if _FILE.fullmatch(f.path)}
    if missing := [f for f in files if f not in by_path]:
        raise ModelError(f"{repo} has no file {missing[0]}")
    onnx = [f for f in files if f.endswith(".onnx")] or [f for f in _ONNX if f in by_path][:1]
    if len(onnx) != 1:
        some = sorted(f for f in by_path if f.endswith(".onnx"))
        hint = f"; name one with --file: {', '.join(some[:6])}" if some else ", so it cannot be run here"
        raise ModelError(f"{repo} has no ONNX file that is known by its name{hint}")
    wanted = [*onnx, *(f for f in files if f not in onnx)]
    folder = onnx[0].rpartition("/")[0]
    for name in _BESIDE:
        nearest = next((f for f in (f"{folder}/{name}".lstrip("/"), name) if f in by_path), None)
        if nearest is not None and _local(nearest) not in {_local(f) for f in wanted}:
            wanted.append(nearest)
    if data := f"{onnx[0]}_data" if f"{onnx[0]}_data" in by_path else None:
        wanted.append(data)
    if "tokenizer.json" not in {_local(f) for f in wanted}:
        raise ModelError(f"{repo} has no tokenizer.json, so it cannot be run here")
    return [by_path[f] for f in dict.fromkeys(wanted)]


def _local(path: str) -> str:
    """The name in the folder: the ONNX file is `stance.onnx`, whatever it was; its outside data keep their name."""
    name = path.rpartition("/")[2]
    return "stance.onnx" if name.endswith(".onnx") else name


def _fetch(
    settings: Settings,
    repo: str,
    commit: str,
    one: HubFile,
    target: Path,
    expected: str | None,
    progress: Callable[[str, int, int | None], None],
) -> str:
    proof = expected or one.sha256
    if proof is None and one.blob is None:
        raise ModelError(f"{repo}: nothing proves {one.path}; give its hash with --sha256 {one.path}=HASH")
    if target.is_file() and not _fault(target, proof, one.blob):
        return sha256_of(target)
    url = f"{settings.hub_url.rstrip('/')}/{repo}/resolve/{commit}/{quote(one.path)}"
    try:
        return download(
            url,
            target,
            settings,
            check=lambda path: _fault(path, proof, one.blob),
            size=one.size,
            allow_private=_own(settings),
            progress=lambda done, total: progress(one.path, done, total),
        )
    except FetchError as failed:
        if failed.reason == "not-what-it-should-be":
            raise ModelError(f"{repo}: {one.path} is refused: {failed.detail}") from failed
        raise


def _fault(path: Path, sha256: str | None, blob: str | None) -> str:
    """What is wrong with a file (empty: nothing)."""
    if sha256 is not None:
        found = sha256_of(path)
        return "" if found == sha256 else f"its SHA-256 is {found}, not {sha256}"
    data = path.read_bytes()
    found = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    return "" if found == blob else f"its git blob is {found}, not {blob}"


def _same_as_locked(repo: str, locked: Mapping[str, str], got: Mapping[str, str]) -> None:
    changed = [f for f, h in got.items() if f in locked and locked[f] != h and f != "engine.json"]
    if changed:
        raise ModelError(f"{repo}: {changed[0]} is not the file that was locked; remove the model first if that is meant")


def _convert(folder: Path, repo: str, commit: str) -> None:
    """Writes `engine.json` for a model trained for entailment; one that was made for Claimline brings its own."""
    path = folder / "engine.json"
    if path.is_file() and json.loads(path.read_text(encoding="utf-8")).get("kind") != "nli":
        return
    config_path = folder / "config.json"
    config = json.loads(config_path.read_text(encoding="utf-8")) if config_path.is_file() else {}
    names = config.get("id2label") or {}
    labels = [_LABELS.get(str(names[k]).lower().replace("-", "_"), str(names[k]).lower()) for k in sorted(names, key=int)]
    if sorted(labels) != ["contradiction", "entailment", "neutral"]:
        raise ModelError(f"{repo}: its labels are {', '.join(labels) or 'not told'}, not entailment, neutral and contradiction")
    engine = {
        "kind": "nli",
        "name": repo,
        "revision": commit,
        "labels": labels,
        "max_length": min(256, int(config.get("max_position_embeddings", 512)) - 2),
        "temperature": 1.0,
        "relevance": "bundled",
    }
    path.write_text(json.dumps(engine, indent=2) + "\n", encoding="utf-8")


def _write_lock(models_dir: Path, models: Sequence[Pulled]) -> None:
    rows = {m.name: {k: v for k, v in asdict(m).items() if k != "name"} for m in sorted(models, key=lambda m: m.name)}
    models_dir.mkdir(parents=True, exist_ok=True)
    draft = models_dir / (LOCK + ".new")
    draft.write_text(json.dumps({"version": 1, "models": rows}, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    draft.replace(models_dir / LOCK)

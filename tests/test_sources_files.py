"""Kind `files`: what a folder yields, and what it says of what it cannot read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from claimline.errors import SourceError
from claimline.models import Discovered, SourceSpec, Validators
from claimline.sources import discover
from tests.fakes import plain_settings

NOW = datetime(2026, 1, 5, tzinfo=UTC)
RUSSIAN = "Генеральный секретарь НАТО заявил, что система не может быть интегрирована в оборону альянса. " * 4


def read(folder: Path, validators: Validators | None = None, locator: str = ".", **settings: object) -> Discovered:
    return discover(
        SourceSpec("files", locator),
        None,
        validators=validators or Validators(),
        settings=plain_settings(**settings),
        now=NOW,
        base_dir=folder,
    )


def reasons(found: Discovered) -> dict[str, str]:
    return {skip.where: skip.reason for skip in found.skips}


def test_a_folder_is_read_recursively_in_the_order_of_its_paths(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.txt").write_text("Two.")
    (tmp_path / "a.html").write_text("<p>One</p>")
    (tmp_path / "c.jsonl").write_text('{"url": "https://x.test/3", "text": "Three.", "published": "2017-10-10"}\n')
    found = read(tmp_path)
    assert [entry.url for entry in found.entries] == ["a.html", "b/two.txt", "https://x.test/3"]
    assert found.entries[0].body == b"<p>One</p>"
    assert found.entries[1].text == "Two."
    assert found.entries[2].published == "2017-10-10"
    assert found.skips == ()


def test_one_file_may_be_a_source(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("One.")
    assert [entry.url for entry in read(tmp_path, locator="one.txt").entries] == ["one.txt"]


def test_a_missing_folder_is_an_error_of_the_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        read(tmp_path, locator="nowhere")


def test_an_unchanged_folder_is_not_modified_and_a_changed_one_is(tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text("One.")
    first = read(tmp_path)
    again = read(tmp_path, first.validators)
    assert again.not_modified
    assert again.entries == ()
    file.write_text("One, edited.")
    edited = read(tmp_path, first.validators)
    assert not edited.not_modified
    assert edited.entries[0].text == "One, edited."


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.html", b" \n\t ", "empty"),
        ("picture.html", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "binary"),
        ("noise.html", bytes(range(1, 32)) * 30, "binary"),
        ("nul.txt", b"NATO said" * 20 + b"\x00 that it cannot be integrated", "nul-bytes"),
        ("paper.txt", b"%PDF-1.7 ...", "binary"),
        ("large.html", b"<p>" + b"x" * 2_000, "too-large"),
        ("photo.jpg", b"\xff\xd8\xff", "unknown-kind"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_skip_with_its_name(tmp_path: Path, name: str, body: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(body)
    (tmp_path / "good.txt").write_text("Good.")
    found = read(tmp_path, max_body_bytes=1_500)
    assert reasons(found) == {name: reason}
    assert [entry.url for entry in found.entries] == ["good.txt"]


def test_every_bad_line_is_named_by_file_and_line_and_the_good_ones_are_read(tmp_path: Path) -> None:
    lines = [
        b'{"url": "https://x.test/1", "text": "One."}',
        b"not json",
        b"",
        b"[1, 2]",
        b'{"url": "https://x.test/5"}',
        b'{"title": "no text"}',
        b'{"url": "https://x.test/7", "text": "   "}',
        b'{"url": "https://x.test/8", "text": 8}',
        b'{"text": "nul \x00 in the raw bytes of a line"}',
        b"[" * 100_000,
        b'{"n": ' + b"9" * 10_000 + b"}",
        b'{"text": "Without an address."}',
        b'{"url": "https://x.test/1", "text": "One."}',
    ]
    (tmp_path / "news.jsonl").write_bytes(b"\n".join(lines))
    found = read(tmp_path)
    assert [entry.url for entry in found.entries] == ["https://x.test/1", "news.jsonl:12"]
    assert reasons(found) == {
        "news.jsonl:2": "bad-json",
        "news.jsonl:4": "bad-json",
        "news.jsonl:5": "no-text",
        "news.jsonl:6": "no-text",
        "news.jsonl:7": "empty",
        "news.jsonl:8": "bad-field",
        "news.jsonl:9": "nul-bytes",
        "news.jsonl:10": "bad-json",
        "news.jsonl:11": "bad-json",
        "news.jsonl:13": "duplicate",
    }


def test_a_line_that_is_too_long_is_passed_over_without_being_held(tmp_path: Path) -> None:
    (tmp_path / "n.jsonl").write_bytes(b'{"text": "' + b"x" * 5_000_000 + b'"}\n{"text": "Second."}\n')
    found = read(tmp_path, max_body_bytes=1_000)
    assert reasons(found) == {"n.jsonl:1": "too-large"}
    assert [entry.url for entry in found.entries] == ["n.jsonl:2"]


def test_escaped_nul_and_lone_surrogates_never_reach_a_database(tmp_path: Path) -> None:
    (tmp_path / "n.jsonl").write_text(json.dumps({"title": "a\u0000\ud800b", "text": "c\u0000d\ud800", "outlet": "\u0001e"}))
    entry = read(tmp_path).entries[0]
    assert (entry.title, entry.text, entry.outlet) == ("ab", "cd", "e")
    assert str(entry).encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1251", "koi8-r"])
def test_a_text_file_is_read_whatever_its_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "t.txt").write_bytes(RUSSIAN.encode(encoding))
    entry = read(tmp_path).entries[0]
    assert entry.text is not None
    assert entry.text.strip() == RUSSIAN.strip()


def test_a_folder_that_is_a_link_a_pipe_or_hidden_does_no_harm(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling.txt").symlink_to(tmp_path / "nothing")
    (tmp_path / ".hidden.txt").write_text("Hidden.")
    (tmp_path / "one.txt").write_text("One.")
    found = read(tmp_path)
    assert [entry.url for entry in found.entries] == ["one.txt"]
    assert reasons(found) == {"pipe.txt": "not-a-file", "dangling.txt": "not-a-file"}


def test_a_name_that_is_no_utf8_is_written_so_that_it_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / "caf\udce9.txt").write_text("One.")
    assert [entry.url for entry in read(tmp_path).entries] == ["caf\\xe9.txt"]


@pytest.mark.parametrize(
    ("name", "shown"), [("a\nb.txt", "a\\nb.txt"), ("a\u202eb.txt", "a\\u202eb.txt"), ("São 1.txt", "São 1.txt")]
)
def test_a_name_is_one_line_and_reads_as_it_is_written(tmp_path: Path, name: str, shown: str) -> None:
    (tmp_path / name).write_text("One.")
    assert [entry.url for entry in read(tmp_path).entries] == [shown]


def test_the_sources_language_and_outlet_stand_where_an_entry_names_none(tmp_path: Path) -> None:
    (tmp_path / "n.jsonl").write_text('{"text": "Bir."}\n{"text": "Iki.", "lang": "en"}\n')
    found = discover(
        SourceSpec("files", str(tmp_path), lang="tr", outlet="ornek.test"),
        None,
        validators=Validators(),
        settings=plain_settings(),
        now=NOW,
        base_dir=None,
    )
    assert [(entry.lang, entry.outlet) for entry in found.entries] == [("tr", "ornek.test"), ("en", "ornek.test")]


def test_an_unknown_kind_says_which_there_are() -> None:
    with pytest.raises(SourceError, match="is none of"):
        discover(
            SourceSpec("carrier pigeon", "x"),
            None,
            validators=Validators(),
            settings=plain_settings(),
            now=NOW,
            base_dir=None,
        )

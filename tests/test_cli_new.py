"""`claimline new`: a topic whose slugs can be read, in whatever script its sentence is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from claimline import claim_files
from claimline.slugs import readable_slug
from claimline.topics import SLUG, load, slugify


@pytest.mark.parametrize(
    ("sentence", "slug"),
    [
        ("Мост через гавань открыт для грузовиков", "most-cherez-gavan-otkryt-dlya-gruzovikov"),
        ("С-400 можно интегрировать в систему ПВО НАТО", "s-400-mozhno-integrirovat-v-sistemu-pvo-nato"),
        ("Съёмка объекта запрещена", "semka-obekta-zapreshchena"),
        ("الجسر مفتوح أمام الشاحنات", "aljsr-mftwh-amam-alshahnat"),
        ("Η γέφυρα του λιμανιού είναι ανοιχτή", "e-gephura-tou-limaniou-einai-anoikhte"),
        ("Most w Łodzi jest otwarty dla ciężarówek", "most-w-lodzi-jest-otwarty-dla-ciezarowek"),
        ("The mayor can't close the bridge’s gate", "the-mayor-can-t-close-the-bridges-gate"),
    ],
)
def test_a_new_topic_is_named_in_letters_that_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sentence: str, slug: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["new", sentence, "--source", "https://pier.example/feed"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    topic = load(tmp_path / "topics" / f"{slug}.yaml")
    assert (topic.slug, topic.claims[0].slug, topic.claims[0].statement) == (slug, slug, sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "大桥已开放",  # the big bridge is open
        "港口大桥已向卡车开放。",
        "橋は開いている",
        "S-400をNATOの防空システムに統合できる",
        "สะพานเปิดให้รถบรรทุกแล้ว",
        "ស្ពានបានបើកសម្រាប់រថយន្តដឹកទំនិញ",
        "الجسر مغلق",  # the bridge is shut
        "הגשר סגור",
        "Мост закрыт",
        "다리는 트럭에 열려 있다",
        "Köprü kamyonlara açık",
    ],
)
def test_a_sentence_is_long_enough_in_every_script(tmp_path: Path, sentence: str) -> None:
    file = tmp_path / "t.yaml"
    done = CliRunner().invoke(app, ["new", sentence, "--source", "https://pier.example/feed", "--out", str(file)])
    assert done.exit_code == 0, done.output
    assert load(file).claims[0].statement == sentence
    (row,) = claim_files.read("c.csv", f'statement\n"{sentence}"\n'.encode(), known=())
    assert row.problem == ""


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("大桥", "too short"),
        ("港口大桥", "too short"),
        ("はし", "too short"),
        ("สะพาน", "too short"),
        ("الجسر", "too short"),
        ("Мост", "too short"),
        ("The bridge", "too short"),
        ("The - - bridge", "too short"),
        ("大桥已经开放了吗？", "is a question"),
        ("橋は開いていますか？", "is a question"),
        ("هل الجسر مفتوح أمام الشاحنات؟", "is a question"),
    ],
)
def test_a_word_or_a_question_is_no_claim_in_any_script(tmp_path: Path, words: str, fault: str) -> None:
    file = tmp_path / "t.yaml"
    done = CliRunner().invoke(app, ["new", words, "--source", "https://pier.example/feed", "--out", str(file)])
    assert fault in f"{done.output}{done.exception}"
    assert not file.exists()
    (row,) = claim_files.read("c.csv", f'statement\n"{words}"\n'.encode(), known=())
    assert row.problem


def test_a_hash_stands_only_where_no_letter_is_left() -> None:
    assert readable_slug("😀 😀") == slugify("😀 😀")
    assert SLUG.match(readable_slug("😀 😀"))
    assert readable_slug("港口大桥 😀") == "gang-kou-da-qiao"


def test_a_long_sentence_is_cut_between_its_words() -> None:
    slug = readable_slug("Мост через гавань открыт для грузовиков и автобусов каждую ночь", limit=48)
    assert slug == "most-cherez-gavan-otkryt-dlya-gruzovikov-i"

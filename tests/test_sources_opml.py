"""OPML in and out."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from claimline.errors import SourceError
from claimline.models import SourceSpec
from claimline.sources import opml

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def test_what_is_written_is_read_back() -> None:
    specs = (
        SourceSpec("feed", "https://a.test/rss?a=1&b=2", title='Ö & "A"', lang="tr"),
        SourceSpec("feed", "https://b.test/feed"),
    )
    text = opml.write("S-400 <news>", [*specs, SourceSpec("files", "samples")], now=NOW)
    read, skips = opml.read("x.opml", text.encode())
    assert [(s.kind, s.locator, s.lang) for s in read] == [(s.kind, s.locator, s.lang) for s in specs]
    assert read[0].title == 'Ö & "A"'
    assert skips == ()


def test_folders_other_spellings_and_doubles_are_understood() -> None:
    body = b"""<?xml version='1.0' encoding='windows-1251'?><opml version='1.1'><body><outline text='World'>
        <outline text='A' xmlurl='https://a.test/rss'/><outline type='rss' title='A2' xmlUrl='http://www.a.test/rss/'/>
        <outline text='No address'/>
        <outline text='Bad' xmlUrl='file:///etc/passwd'/></outline></body></opml>"""
    read, skips = opml.read("x.opml", body)
    assert [(s.locator, s.title) for s in read] == [("https://a.test/rss", "A")]
    assert [(s.where, s.reason) for s in skips] == [("x.opml:3", "no-link"), ("x.opml:4", "not-http")]


@pytest.mark.parametrize("body", [b"", b"hello", b"<html></html>", b"\x00\x01", b"{}"])
def test_what_is_no_opml_is_one_error(body: bytes) -> None:
    with pytest.raises(SourceError):
        opml.read("x.opml", body)


def test_a_cut_file_is_read_as_far_as_it_goes_and_entities_do_not_explode() -> None:
    assert len(opml.read("x", b"<opml><body><outline xmlUrl='https://a.test/1'/><outline xmlUrl='htt")[0]) == 1
    lines = "".join(f"<!ENTITY l{i} '{f'&l{i - 1};' * 10}'>" for i in range(1, 12))
    bomb = f"<!DOCTYPE o [<!ENTITY l0 'lol'>{lines}]><opml><body><outline text='&l11;' xmlUrl='https://a.test/1'/></body></opml>"
    began = time.perf_counter()
    try:
        read, _ = opml.read("x", bomb.encode())
    except SourceError:
        read = ()
    assert all(len(s.title) <= 500 for s in read)
    assert time.perf_counter() - began < 2

"""OPML, the list of feeds that every feed reader takes in and gives out: bytes -> sources, sources -> text."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime

from lxml import etree

from claimline.errors import SourceError
from claimline.models import Skip, SourceSpec
from claimline.source_checks import no_language
from claimline.sources import urlkey
from claimline.sources.ask import plain

_MOST = 20_000


def read(where: str, body: bytes) -> tuple[tuple[SourceSpec, ...], tuple[Skip, ...]]:
    """The feeds of an OPML file, each once, in its order, and what is none, or that the file is broken (a skip that failed).
    Raises SourceError where it is no OPML.
    """
    specs: dict[str, SourceSpec] = {}
    skips: list[Skip] = []
    found = 0
    outlines, broken = _outlines(where, body)
    for number, outline in enumerate(outlines, start=1):
        if number > _MOST:
            skips.append(Skip(where, "too-many-items", f"the first {_MOST} are read"))
            break
        found += 1
        title = plain(outline.get("title") or outline.get("text") or "")[:500]
        address = plain(_attribute(outline, "xmlUrl"))
        if not address:
            if not len(outline):
                skips.append(Skip(f"{where}:{outline.sourceline}", "no-link", title))
        elif not urlkey.domain(address) or not address.lower().startswith(("http://", "https://")):
            skips.append(Skip(f"{where}:{outline.sourceline}", "not-http", address[:200]))
        else:
            spec = SourceSpec("feed", address, title=title, lang=_language(outline))
            specs.setdefault(urlkey.source_key(address), spec)
    if not found and b"<opml" not in body[:4000].lower():
        raise SourceError(where, "not-opml", "no <opml> in this file")
    return tuple(specs.values()), (*skips, *broken)


def write(title: str, specs: Iterable[SourceSpec], *, now: datetime) -> str:
    """An OPML 2.0 file of those sources that are feeds."""
    root = etree.Element("opml", version="2.0")
    head, body = etree.SubElement(root, "head"), etree.SubElement(root, "body")
    etree.SubElement(head, "title").text = title
    etree.SubElement(head, "dateCreated").text = format_datetime(now)
    for spec in specs:
        if spec.kind in ("feed", "jsonfeed"):
            fields = {"type": "rss", "text": spec.title or spec.locator, "title": spec.title, "xmlUrl": spec.locator}
            fields |= {"language": spec.lang} if spec.lang else {}
            etree.SubElement(body, "outline", {name: value for name, value in fields.items() if value})
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return text.decode("utf-8")


def _outlines(where: str, body: bytes) -> tuple[Iterable[etree._Element], tuple[Skip, ...]]:
    """Safe from entities and from files elsewhere; ill-formed OPML is read as far as it goes, and where it is broken is told."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        tree = etree.parse(io.BytesIO(body), parser)
    except (etree.LxmlError, ValueError) as bad:
        raise SourceError(where, "broken-xml", plain(str(bad))[:200]) from bad
    root = tree.getroot()
    return root.iter("outline") if root is not None else (), _broken(where, parser.error_log)


def _broken(where: str, log: etree._ListErrorLog) -> tuple[Skip, ...]:
    """The first error of the file: the ones after it mostly follow from it."""
    return tuple(
        Skip(f"{where}:{error.line}", "broken-xml", f"{plain(error.message)[:200]}; feeds after this may be missing", failed=True)
        for error in list(log.filter_from_errors())[:1]
    )


def _language(outline: etree._Element) -> str | None:
    """Its code; feed readers write words there, too (`English`)."""
    written = plain(outline.get("language") or "")[:35]
    return written if written and no_language(written) is None else None


def _attribute(outline: etree._Element, name: str) -> str:
    """Some programs write `xmlurl`."""
    return next((value for key, value in outline.attrib.items() if str(key).lower() == name.lower()), "")

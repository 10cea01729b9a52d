"""The article's text in a page's markup: trafilatura's own steps, without those that cannot change what it finds.

`bare_extraction` asks a second extractor (readability) about every page, in a third of its time, and takes the answer only where
that holds more than twice the text of its own, or where its own is no prose. It also copies the tree for each step that may
follow. Here the second is asked only where the page holds so much text at all. What is rare (a short text, a forum) is left to
`bare_extraction` as a whole. A test holds the texts together.
"""

from __future__ import annotations

from copy import copy
from functools import cache

from lxml.etree import ElementDefaultClassLookup, strip_elements
from lxml.html import HtmlComment, HtmlElement, HtmlEntity, HtmlProcessingInstruction
from trafilatura import bare_extraction
from trafilatura.baseline import html2txt
from trafilatura.core import ESCALATION_MAX_LENGTH, ESCALATION_PAGE_SHARE
from trafilatura.external import SANITIZED_XPATH, compare_extraction
from trafilatura.htmlprocessing import convert_tags, prune_unwanted_nodes, tree_cleaning
from trafilatura.main_extractor import extract_content
from trafilatura.readability_lxml import Document as Readability
from trafilatura.settings import Document, Extractor
from trafilatura.utils import HTML_PARSER, line_processing, trim
from trafilatura.xml import xmltotxt
from trafilatura.xpaths import RAW_TREE_PRUNE_XPATH, REMOVE_COMMENTS_AND_LISTS_XPATH

from claimline.remembered import also_forget

# lxml chooses a class for each element's tag in Python, so that forms can be filled in; nobody does that here.
HTML_PARSER.set_element_class_lookup(
    ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment, pi=HtmlProcessingInstruction, entity=HtmlEntity)
)
# Both keep what they were given: elements' texts, and with ours whole pages'.
also_forget(trim.cache_clear)
also_forget(line_processing.cache_clear)
_FORUM = "DiscussionForumPosting"  # there the comments are the posts


def text_of(tree: HtmlElement, html: str, url: str) -> str | None:
    """The text of `html`, which was parsed as `tree`; None where there is none. The tree is spent on it."""
    if _FORUM in html:
        return _whole(html, url)
    options = copy(_options())
    options.source, options.url = url, url
    try:
        body, text = _extracted(tree, options, url)
    except (TypeError, ValueError):  # what `bare_extraction` takes for a page without a text
        return None
    return _whole(html, url) if _is_poor(text, tree, options) else xmltotxt(body, include_formatting=False)


@cache
def _options() -> Extractor:
    """Made once: reading them takes as long as a tenth of a page's text."""
    return Extractor(output_format="python", comments=False, formatting=False)


def _whole(html: str, url: str) -> str | None:
    document = bare_extraction(html, url=url, include_comments=False, include_formatting=False)
    return document.text or "" if isinstance(document, Document) else None


def _extracted(tree: HtmlElement, options: Extractor, url: str) -> tuple[HtmlElement, str]:
    """The main extraction, and the second one where it may know better. Scripts and styles leave the tree for all of them."""
    for unwanted in (RAW_TREE_PRUNE_XPATH, REMOVE_COMMENTS_AND_LISTS_XPATH):
        prune_unwanted_nodes(tree, unwanted)
    strip_elements(tree, "script", "style", with_tail=False)
    cleaned = convert_tags(tree_cleaning(copy(tree), options), options, url)
    body, text = extract_content(cleaned, options)
    if _is_prose(body, text, options) and _text_length(tree) <= 2 * len(text):
        return body, text
    raw = copy(tree)
    Readability(raw).remove_unlikely_candidates()  # its own first step; it finds nothing more the second time
    if _is_prose(body, text, options) and _text_length(raw) <= 2 * len(text):
        return body, text
    found: tuple[HtmlElement, str] = compare_extraction(tree_cleaning(copy(tree), options), raw, body, text, options)
    return found


def _is_prose(body: HtmlElement, text: str, options: Extractor) -> bool:
    """Long enough, in paragraphs, without what belongs to no text: then only the length of another answer counts."""
    return (
        len(text) >= options.min_extracted_size
        and not body.xpath(SANITIZED_XPATH)
        and bool(body.xpath(".//p//text()"))
        and len(body.findall(".//table")) <= len(body.findall(".//p"))
    )


def _is_poor(text: str, tree: HtmlElement, options: Extractor) -> bool:
    """Whether trafilatura tries other ways after this: the text is short, or little of what the page holds."""
    if len(text) < options.min_extracted_size:
        return True
    if len(text) >= ESCALATION_MAX_LENGTH:
        return False
    # Reading the page as plain text takes long; it gives no more than all its words, with gaps between the elements.
    most = _text_length(tree) + 2 * sum(1 for _ in tree.iter())
    return len(text) < ESCALATION_PAGE_SHARE * most and len(text) < ESCALATION_PAGE_SHARE * len(html2txt(tree))


def _text_length(tree: HtmlElement) -> int:
    return len(trim.__wrapped__(tree.text_content()))  # a page is not asked about twice

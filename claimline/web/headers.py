"""What the headers of an exchange mean: validators, Retry-After, cookies of one chain of redirects, failures.

No request is sent here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256

import httpx

from claimline.errors import BodyTooLarge, FetchFailed
from claimline.models import Fetched, Validators
from claimline.web import bodies

_LONGEST_VALUE = 2_000
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,9})")
_BODY_OF_A_REFUSAL = 4_096


@dataclass(frozen=True, slots=True)
class Answer(Fetched):
    """A response as it was fetched, with the few headers that decide what happens next."""

    location: str | None = None
    set_cookies: tuple[str, ...] = ()
    reservation: str | None = None
    message: str = ""


def read(url: str, response: httpx.Response, max_bytes: int, now: datetime, too_late: Callable[[], bool]) -> Answer:
    """Read a response to its end, or up to its cap. Of a refusal only its message is kept, of a redirect no body at all."""
    head, status = response.headers, response.status_code
    body, message = b"", ""
    if 200 <= status < 300:
        _check_length(url, head.get("content-length"), max_bytes)
        body = bodies.read(
            url,
            response.iter_raw(),
            encodings=head.get("content-encoding", ""),
            max_bytes=max_bytes,
            too_late=too_late,
        )
    elif status >= 400:
        message = _message(url, response)
    return Answer(
        url=url,
        final_url=url,
        status=status,
        fetched_at=now,
        body=body,
        content_type=head.get("content-type"),
        validators=_validators(head, body),
        retry_after_s=retry_after(head.get("retry-after"), now),
        max_age_s=max_age(head.get("cache-control"), head.get("age")),
        location=head.get("location"),
        set_cookies=tuple(head.get_list("set-cookie"))[:50],
        reservation=head.get("tdm-reservation"),
        message=message,
    )


def conditional(validators: Validators | None) -> dict[str, str]:
    """The headers of a conditional GET."""
    sent = {}
    if validators and validators.etag:
        sent["If-None-Match"] = validators.etag
    if validators and validators.last_modified:
        sent["If-Modified-Since"] = validators.last_modified
    return sent


def cookie(cookies: httpx.Cookies, url: httpx.URL) -> dict[str, str]:
    """The cookies that earlier hops of this very chain have set for this host; none outlives the chain."""
    if not cookies:
        return {}
    request = httpx.Request("GET", url)
    cookies.set_cookie_header(request)
    value = request.headers.get("cookie")
    return {"Cookie": value} if value else {}


def as_response(answer: Answer, url: httpx.URL) -> httpx.Response:
    """For httpx's cookie jar, which reads responses."""
    fields = [("set-cookie", value) for value in answer.set_cookies]
    return httpx.Response(answer.status, headers=fields, request=httpx.Request("GET", url))


def renamed(answer: Answer, asked: str) -> Answer:
    """The answer of a chain: under the address that was asked for."""
    return replace(answer, url=asked)


def check_is_answer(answer: Answer, sent: Validators | None) -> None:
    """Raise FetchFailed for what is neither a page nor the 304 that was asked for."""
    asked = sent is not None and bool(sent.etag or sent.last_modified)
    if not 200 <= answer.status < 300 and not (answer.not_modified and asked):
        raise failure(answer.url, answer)


def merged(answer: Answer, sent: Validators | None) -> Answer:
    """A 304 says that what was sent still holds; it need not repeat it."""
    if sent is None or not answer.not_modified:
        return answer
    got = answer.validators
    kept = Validators(got.etag or sent.etag, got.last_modified or sent.last_modified, sent.body_sha256)
    return replace(answer, validators=kept)


def retry_after(written: str | None, now: datetime) -> float | None:
    """Seconds to wait, from a number or a date; None where it says neither."""
    if not written:
        return None
    written = written.strip()
    if written.isascii() and written.isdigit():
        return float(written[:9])
    try:
        at = parsedate_to_datetime(written)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


def max_age(written: str | None, age: str | None = None) -> float | None:
    """For how many seconds an answer stays fresh (Cache-Control), less those spent in a cache; None: it does not say."""
    said = (written or "").lower()
    found = _MAX_AGE.search(said)
    if found is None or "no-cache" in said or "no-store" in said:
        return None
    lain = float(age.strip()[:9]) if age and age.strip().isascii() and age.strip().isdigit() else 0.0
    return max(0.0, float(found[1]) - lain) or None


def failure(url: str, answer: Answer) -> FetchFailed:
    """A status of 400 and above as an error."""
    return FetchFailed(
        url,
        f"http-{answer.status}",
        answer.message,
        status=answer.status,
        retry_after_s=answer.retry_after_s,
    )


def _validators(head: httpx.Headers, body: bytes) -> Validators:
    return Validators(
        etag=_short(head.get("etag")),
        last_modified=_short(head.get("last-modified")),
        body_sha256=sha256(body).hexdigest() if body else None,
    )


def _short(value: str | None) -> str | None:
    """A validator that is sent back; one that is absurdly long, or would break a header, is forgotten."""
    return value if value and len(value) <= _LONGEST_VALUE and value.isprintable() else None


def _check_length(url: str, written: str | None, max_bytes: int) -> None:
    if written and written.isascii() and written.isdigit() and int(written[:20]) > max_bytes:
        raise BodyTooLarge(url, "too-large", f"{int(written[:20])} bytes, at most {max_bytes} are read")


def _message(url: str, response: httpx.Response) -> str:
    """What an API says of its refusal (JSON: `error`, `message`, `detail`); nothing of a page."""
    if "json" not in response.headers.get("content-type", ""):
        return ""
    try:
        body = bodies.read(
            url,
            response.iter_raw(),
            encodings=response.headers.get("content-encoding", ""),
            max_bytes=_BODY_OF_A_REFUSAL,
        )
        said = json.loads(body)
    except (BodyTooLarge, FetchFailed, ValueError, RecursionError, httpx.HTTPError):
        return ""
    return _said(said)


def _said(said: object) -> str:
    if isinstance(said, str):
        return " ".join(said.split())[:300]
    if isinstance(said, Mapping):
        return next((_said(said[key]) for key in ("message", "error", "detail", "title") if said.get(key)), "")
    return ""

"""The network's own errors -> FetchRefused and FetchFailed, each with one word for its reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from ssrfguard import BlockedAddressError, SSRFGuardError

from claimline.errors import FetchError, FetchFailed, FetchRefused
from claimline.web import guard


@contextmanager
def as_fetch_errors(url: str, *, allowable: bool = False) -> Iterator[None]:
    """httpx's and ssrfguard's errors -> ours; `allowable`: that of a private address says how a topic's owner allows it."""
    try:
        yield
    except FetchError:
        raise
    except SSRFGuardError as refused:
        how = f"; {guard.how_to_allow(httpx.URL(url).host)}" if allowable and isinstance(refused, BlockedAddressError) else ""
        raise FetchRefused(url, "private-address", f"{refused}{how}") from refused
    except (httpx.ConnectTimeout, httpx.ConnectError) as failed:
        reason = "certificate" if "CERTIFICATE" in str(failed).upper() else "no-connection"
        raise FetchFailed(url, reason, str(failed)) from failed
    except httpx.TimeoutException as failed:
        raise FetchFailed(url, "timeout", str(failed)) from failed
    except (httpx.NetworkError, httpx.RemoteProtocolError) as failed:
        raise FetchFailed(url, "broken-connection", str(failed)) from failed
    except httpx.HTTPError as failed:
        raise FetchFailed(url, "bad-answer", str(failed)) from failed
    except (UnicodeError, ValueError) as failed:
        raise FetchFailed(url, "bad-answer", str(failed)) from failed

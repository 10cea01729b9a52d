"""Who calls: by a token in the header `Authorization`, else as a visit to the page."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request

from app import auth
from app.web.shell import NeedLogin, NotAllowed, Shell, Visit, check_form, moment_of, visit_of


def caller(request: Request) -> Visit:
    """Whoever may look. A token that is sent and not known is refused, whatever else the request carries."""
    shell: Shell = request.app.state.shell
    if not has_token(request):
        return visit_of(request)
    kind, _, token = request.headers["authorization"].partition(" ")
    visitor = auth.visitor_of_token(shell.db, token.strip(), shell.now()) if kind.lower() == "bearer" else None
    if visitor is None:
        raise NeedLogin("the token is not known, or has ended")
    return Visit(request, shell, visitor, moment_of(request))


async def deciding(request: Request) -> Visit:
    """A caller who may decide. A browser without a token has to show that the call is its own page's."""
    from starlette.concurrency import run_in_threadpool

    visit = await run_in_threadpool(caller, request)
    if not has_token(request):
        await check_form(request, visit)
    if not visit.visitor.may("review"):
        raise NotAllowed(f"{visit.visitor.name} may not do this: it needs the role review")
    return visit


def has_token(request: Request) -> bool:
    return "authorization" in request.headers


# --- what calls have in common --------------------------------------------------------------------------------------

AS_OF = Query("", description="As it stood in print at the end of this day (UTC), e.g. 2020-12-29.")
KNOWN_AT = Query("", description="As it was known then: a day, or a time such as 2020-12-29T13:00Z.")


def moment_params(as_of: str = AS_OF, known_at: str = KNOWN_AT) -> None:
    """The two times that every read takes; read from the request by the visit."""


MOMENT = [Depends(moment_params)]

TopicName = Annotated[str, Path(description="The topic's short name, as in the address of its page.")]
ClaimName = Annotated[str, Path(description="The claim's short name, as in the address of its page.")]
OfTopic = Annotated[str, Query(description="Only this topic's.")]
OfClaim = Annotated[str, Query(description="Only this claim's, by its short name.")]
Offset = Annotated[int, Query(ge=0, description="So many are passed over.")]
MOST = "At most so many."

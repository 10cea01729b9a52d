"""Topics: claims in a form that checks as it is typed and tries a wording on what is stored; claims out of files; YAML out."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Depends, File, Form, UploadFile
from starlette.responses import Response

from app.views import topics as views
from app.web.shell import Visit, admin, member, reader
from claimline import claim_files
from claimline import topics as topic_files
from claimline.errors import UnknownName, UsageError
from claimline.models import ClaimSpec, SourceSpec, Topic
from claimline.slugs import readable_slug
from storage import claims, pages_topics
from storage.records import StoredTopic

router = APIRouter(prefix="/topics")
MAX_FILE_BYTES = 5_000_000
_FILE = File()


def claim_form(
    statement: str = Form(""),
    new_slug: str = Form(""),
    tags: str = Form(""),
    supports: str = Form(""),
    refutes: str = Form(""),
    neutral: str = Form(""),
    negation_of: str = Form(""),
    narrower_than: str = Form(""),
    digest: str = Form(""),
) -> views.ClaimForm:
    return views.ClaimForm(statement, new_slug, tags, supports, refutes, neutral, negation_of, narrower_than, digest)


@router.get("")
def topics(visit: Visit = Depends(reader)) -> Response:
    with visit.db.read() as s:
        found = claims.topics(s)
    return visit.render("topics.html", topics=found, problem="", title="", statement="", source="")


@router.post("")
def new_topic(
    title: str = Form(""), statement: str = Form(""), source: str = Form(""), visit: Visit = Depends(admin)
) -> Response:
    """A topic of one claim and one feed, to be refined."""
    try:
        spec = ClaimSpec(readable_slug(statement, limit=48), " ".join(statement.split()))
        made = Topic(readable_slug(title), title.strip(), (spec,), (SourceSpec("feed", source.strip()),))
        topic = views.checked(made)
        with visit.db.read() as s:
            if any(t.slug == topic.slug for t in claims.topics(s)):
                raise UsageError(f"there is a topic {topic.slug} already")
        text, hashed = topic_files.dump(topic), topic_files.digest(topic)
        visit.db.write(lambda s: claims.import_topic(s, topic, digest=hashed, yaml=text, now=visit.now, by=visit.visitor.name))
    except UsageError as error:
        with visit.db.read() as s:
            found = claims.topics(s)
        return visit.render("topics.html", 400, topics=found, problem=str(error), title=title, statement=statement, source=source)
    return visit.redirect(f"/topics/{topic.slug}")


@router.get("/{slug}")
def topic(slug: str, visit: Visit = Depends(reader)) -> Response:
    with visit.db.read() as s:
        found = claims.topic(s, slug)
    return visit.render("topic.html", topic=found)


@router.get("/{slug}/yaml")
def as_yaml(slug: str, visit: Visit = Depends(reader)) -> Response:
    with visit.db.read() as s:
        found = claims.topic(s, slug)
    name = f'attachment; filename="{found.slug}.yaml"'
    return Response(topic_files.dump(found.topic), media_type="application/yaml", headers={"Content-Disposition": name})


# --- one claim ------------------------------------------------------------------------------------------------------


@router.get("/{slug}/claims/new")
def new_claim(slug: str, visit: Visit = Depends(reader)) -> Response:
    with visit.db.read() as s:
        found = claims.topic(s, slug)
    return _form(visit, found, None, views.ClaimForm(digest=found.digest))


@router.get("/{slug}/claims/{claim}")
def edit_claim(slug: str, claim: str, visit: Visit = Depends(reader)) -> Response:
    with visit.db.read() as s:
        found = claims.topic(s, slug)
    return _form(visit, found, claim, views.form_of(_held(found, claim), found.digest))


@router.post("/{slug}/check")
def check(
    slug: str, claim: str = Form(""), form: views.ClaimForm = Depends(claim_form), visit: Visit = Depends(member)
) -> Response:
    """What is wrong with the form as it is typed; nothing is stored."""
    with visit.db.read() as s:
        found = claims.topic(s, slug)
    return visit.render("claim_check.html", problem=_problem(found, claim, form), spec=_spec(found, claim, form), trial=None)


@router.post("/{slug}/try")
def try_out(
    slug: str, claim: str = Form(""), form: views.ClaimForm = Depends(claim_form), visit: Visit = Depends(member)
) -> Response:
    """A dry run of the wording over stored texts; nothing is stored."""
    with visit.db.read() as s:
        found = claims.topic(s, slug)
        texts, stored = pages_topics.newest_texts(s, found.id), pages_topics.count_texts(s, found.id)
    problem, spec = _problem(found, claim, form), _spec(found, claim, form)
    result = None if problem else views.trial(spec, found.topic, texts, stored)
    if visit.is_htmx:
        return visit.render("claim_check.html", problem=problem, spec=spec, trial=result)
    return _form(visit, found, claim or None, form, problem=problem, trial=result)


@router.post("/{slug}/claims")
def save_claim(
    slug: str, claim: str = Form(""), form: views.ClaimForm = Depends(claim_form), visit: Visit = Depends(admin)
) -> Response:
    with visit.db.read() as s:
        found = claims.topic(s, slug)
    try:
        spec = form.spec(_held(found, claim) if claim else None)
        changed = views.with_claim(found.topic, spec, new=not claim)
        views.store(visit.db, found, changed, digest=form.digest, by=visit.visitor.name, now=visit.now)
    except UsageError as error:
        return _form(visit, found, claim or None, replace(form, digest=found.digest), problem=str(error), status=400)
    return visit.redirect(f"/topics/{found.slug}", saved=spec.slug)


def _form(
    visit: Visit,
    topic: StoredTopic,
    claim: str | None,
    form: views.ClaimForm,
    *,
    problem: str = "",
    trial: views.Trial | None = None,
    status: int = 200,
) -> Response:
    return visit.render("claim_form.html", status, topic=topic, claim=claim, form=form, problem=problem, trial=trial, spec=None)


def _held(topic: StoredTopic, claim: str) -> ClaimSpec:
    found = next((c for c in topic.topic.claims if c.slug == claim), None)
    if found is None:
        raise UnknownName("claim", claim, [c.slug for c in topic.topic.claims])
    return found


def _spec(topic: StoredTopic, claim: str, form: views.ClaimForm) -> ClaimSpec:
    return form.spec(_held(topic, claim) if claim else None)


def _problem(topic: StoredTopic, claim: str, form: views.ClaimForm) -> str:
    if not form.statement.strip():
        return "write the claim: one sentence that can be true or false"
    try:
        views.with_claim(topic.topic, _spec(topic, claim, form), new=not claim)
    except UsageError as error:
        return str(error)
    return ""


# --- claims out of a file -------------------------------------------------------------------------------------------


@router.get("/{slug}/import")
def import_form(slug: str, visit: Visit = Depends(reader)) -> Response:
    with visit.db.read() as s:
        found = claims.topic(s, slug)
    return visit.render("import.html", topic=found, rows=(), name="", problem="")


@router.post("/{slug}/import")
def look_at_file(slug: str, file: UploadFile = _FILE, visit: Visit = Depends(admin)) -> Response:
    """What is in the file, row by row; taken in only after a look."""
    with visit.db.read() as s:
        found = claims.topic(s, slug)
    name = (file.filename or "file")[:200]
    try:
        data = file.file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise UsageError(f"{name}: more than 5 MB")
        rows = claim_files.read(name, data, found.topic.claims)
    except UsageError as error:
        return visit.render("import.html", 400, topic=found, rows=(), name=name, problem=str(error))
    return visit.render("import.html", topic=found, rows=rows, name=name, problem="")


@router.post("/{slug}/import/take")
def take_rows(
    slug: str,
    row: list[str] = Form([]),
    statement: list[str] = Form([]),
    claim_slug: list[str] = Form([]),
    tags: list[str] = Form([]),
    digest: str = Form(""),
    visit: Visit = Depends(admin),
) -> Response:
    """The rows that were ticked, as claims."""
    with visit.db.read() as s:
        found = claims.topic(s, slug)
    every = zip(claim_slug, statement, tags, strict=True)
    chosen = [ClaimSpec(c, text, tuple(t for t in more.split(", ") if t)) for c, text, more in every if c in row]
    if not chosen:
        raise UsageError("no row is ticked")
    topic = found.topic
    for spec in chosen:
        topic = views.with_claim(topic, spec, new=True)
    views.store(visit.db, found, topic, digest=digest, by=visit.visitor.name, now=visit.now)
    return visit.redirect(f"/topics/{found.slug}")

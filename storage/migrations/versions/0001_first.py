"""The tables of the first day.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from storage.tables.base import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "actors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actors")),
        sa.UniqueConstraint("kind", "name", name=op.f("uq_actors_kind_name")),
    )
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("outlet", sa.String(), nullable=True),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.Column("current_revision_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("last_checked_at", UtcDateTime(), nullable=True),
        sa.Column("next_fetch_at", UtcDateTime(), nullable=True),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("key", name=op.f("uq_articles_key")),
    )
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_articles_outlet"), ["outlet"], unique=False)
        batch_op.create_index(batch_op.f("ix_articles_state_next_fetch_at"), ["state", "next_fetch_at"], unique=False)

    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blobs")),
    )
    op.create_table(
        "cache_items",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_cache_items")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("acquired_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "matchers",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_matchers")),
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("locator", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("body_sha256", sa.String(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("last_asked_at", UtcDateTime(), nullable=True),
        sa.Column("last_answered_at", UtcDateTime(), nullable=True),
        sa.Column("next_due_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("kind", "locator", name=op.f("uq_sources_kind_locator")),
    )
    op.create_table(
        "topics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("current_version_id", sa.Integer(), nullable=True),
        sa.Column("last_recorded_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
        sa.UniqueConstraint("slug", name=op.f("uq_topics_slug")),
    )
    op.create_table(
        "aliases",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_aliases_article_id_articles")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_aliases")),
    )
    with op.batch_alter_table("aliases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_aliases_article_id"), ["article_id"], unique=False)

    op.create_table(
        "captures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("fetched_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("final_url", sa.String(), nullable=True),
        sa.Column("content_type", sa.String(), nullable=True),
        sa.Column("body_sha256", sa.String(), nullable=True),
        sa.Column("bytes_kept", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("last_checked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_captures_article_id_articles")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_captures_source_id_sources")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captures")),
        sa.UniqueConstraint("article_id", "fetched_at", name=op.f("uq_captures_article_id_fetched_at")),
    )
    with op.batch_alter_table("captures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_captures_source_id"), ["source_id"], unique=False)

    op.create_table(
        "claims",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("current_version_id", sa.Integer(), nullable=True),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_claims_topic_id_topics")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint("topic_id", "slug", name=op.f("uq_claims_topic_id_slug")),
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claims_slug"), ["slug"], unique=False)

    op.create_table(
        "coverage",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_coverage_source_id_sources")),
        sa.PrimaryKeyConstraint("source_id", "day", name=op.f("pk_coverage")),
    )
    op.create_table(
        "discoveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("entry", sa.JSON(), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_discoveries_article_id_articles")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_discoveries_source_id_sources")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discoveries")),
        sa.UniqueConstraint("source_id", "article_id", name=op.f("uq_discoveries_source_id_article_id")),
    )
    with op.batch_alter_table("discoveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_discoveries_article_id"), ["article_id"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_outbox_topic_id_topics")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_topic_id"), ["topic_id"], unique=False)
        batch_op.create_index(
            "ix_outbox_unsent",
            ["id"],
            unique=False,
            sqlite_where=sa.text("sent_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL"),
        )

    op.create_table(
        "outlet_weights",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("from_file", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_outlet_weights_topic_id_topics")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlet_weights")),
    )
    with op.batch_alter_table("outlet_weights", schema=None) as batch_op:
        batch_op.create_index(
            "uq_outlet_weights_live",
            ["topic_id", "domain"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("cleaner", sa.String(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("body_sha256", sa.String(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("lang", sa.String(), nullable=True),
        sa.Column("lang_confidence", sa.Float(), nullable=False),
        sa.Column("outlet", sa.String(), nullable=True),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("via", sa.String(), nullable=True),
        sa.Column("notice", sa.String(), nullable=True),
        sa.Column("published_day", sa.Date(), nullable=True),
        sa.Column("published", sa.JSON(), nullable=False),
        sa.Column("modified", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_revisions_article_id_articles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("article_id", "cleaner", "text_sha256", name=op.f("uq_revisions_article_id_cleaner_text_sha256")),
        sa.UniqueConstraint("key", name=op.f("uq_revisions_key")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sufficient", sa.Boolean(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("skips", sa.JSON(), nullable=False),
        sa.Column("cost", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_runs_topic_id_topics")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("key", name=op.f("uq_runs_key")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_runs_topic_id_started_at"), ["topic_id", "started_at"], unique=False)

    op.create_table(
        "tombstones",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_sha256", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_tombstones_actor_id_actors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstones")),
        sa.UniqueConstraint("kind", "subject_sha256", name=op.f("uq_tombstones_kind_subject_sha256")),
    )
    with op.batch_alter_table("tombstones", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tombstones_actor_id"), ["actor_id"], unique=False)

    op.create_table(
        "topic_articles",
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_topic_articles_article_id_articles")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_topic_articles_topic_id_topics")),
        sa.PrimaryKeyConstraint("topic_id", "article_id", name=op.f("pk_topic_articles")),
    )
    with op.batch_alter_table("topic_articles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_topic_articles_article_id"), ["article_id"], unique=False)

    op.create_table(
        "topic_sources",
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_topic_sources_source_id_sources")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_topic_sources_topic_id_topics")),
        sa.PrimaryKeyConstraint("topic_id", "source_id", name=op.f("pk_topic_sources")),
    )
    with op.batch_alter_table("topic_sources", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_topic_sources_source_id"), ["source_id"], unique=False)

    op.create_table(
        "topic_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("yaml", sa.String(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_topic_versions_topic_id_topics")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic_versions")),
        sa.UniqueConstraint("topic_id", "digest", name=op.f("uq_topic_versions_topic_id_digest")),
        sa.UniqueConstraint("topic_id", "n", name=op.f("uq_topic_versions_topic_id_n")),
    )
    op.create_table(
        "claim_slugs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_slugs_claim_id_claims")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_slugs")),
    )
    with op.batch_alter_table("claim_slugs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_slugs_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_slugs_slug"), ["slug"], unique=False)

    op.create_table(
        "claim_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("topic_version_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_versions_claim_id_claims")),
        sa.ForeignKeyConstraint(
            ["topic_version_id"], ["topic_versions.id"], name=op.f("fk_claim_versions_topic_version_id_topic_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_versions")),
        sa.UniqueConstraint("claim_id", "n", name=op.f("uq_claim_versions_claim_id_n")),
    )
    op.create_table(
        "copy_edges",
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("a", sa.Integer(), nullable=False),
        sa.Column("b", sa.Integer(), nullable=False),
        sa.Column("similarity", sa.Float(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["a"], ["revisions.id"], name=op.f("fk_copy_edges_a_revisions")),
        sa.ForeignKeyConstraint(["b"], ["revisions.id"], name=op.f("fk_copy_edges_b_revisions")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_copy_edges_topic_id_topics")),
        sa.PrimaryKeyConstraint("topic_id", "a", "b", name=op.f("pk_copy_edges")),
    )
    with op.batch_alter_table("copy_edges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_copy_edges_b"), ["b"], unique=False)

    op.create_table(
        "copy_scans",
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_copy_scans_revision_id_revisions")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_copy_scans_topic_id_topics")),
        sa.PrimaryKeyConstraint("topic_id", "revision_id", name=op.f("pk_copy_scans")),
    )
    with op.batch_alter_table("copy_scans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_copy_scans_revision_id"), ["revision_id"], unique=False)

    op.create_table(
        "editions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("fold_version", sa.String(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_editions_actor_id_actors")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_editions_run_id_runs")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_editions_topic_id_topics")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint("key", name=op.f("uq_editions_key")),
        sa.UniqueConstraint("topic_id", "recorded_at", name=op.f("uq_editions_topic_id_recorded_at")),
    )
    with op.batch_alter_table("editions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_editions_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_editions_run_id"), ["run_id"], unique=False)

    op.create_table(
        "revision_texts",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_revision_texts_revision_id_revisions")),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_revision_texts")),
    )
    op.create_table(
        "scans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("topic_version_id", sa.Integer(), nullable=False),
        sa.Column("matcher", sa.String(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("scanned_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["matcher"], ["matchers.hash"], name=op.f("fk_scans_matcher_matchers")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_scans_revision_id_revisions")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_scans_run_id_runs")),
        sa.ForeignKeyConstraint(
            ["topic_version_id"], ["topic_versions.id"], name=op.f("fk_scans_topic_version_id_topic_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scans")),
        sa.UniqueConstraint(
            "revision_id", "topic_version_id", "matcher", name=op.f("uq_scans_revision_id_topic_version_id_matcher")
        ),
    )
    with op.batch_alter_table("scans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scans_topic_version_id"), ["topic_version_id"], unique=False)

    op.create_table(
        "sightings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_sightings_article_id_articles")),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"], name=op.f("fk_sightings_capture_id_captures")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_sightings_revision_id_revisions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
        sa.UniqueConstraint("capture_id", "revision_id", name=op.f("uq_sightings_capture_id_revision_id")),
    )
    with op.batch_alter_table("sightings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sightings_article_id_id"), ["article_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sightings_revision_id"), ["revision_id"], unique=False)

    op.create_table(
        "touches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_touches_article_id_articles")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_touches_claim_id_claims")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_touches_topic_id_topics")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touches")),
    )
    with op.batch_alter_table("touches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_touches_article_id"), ["article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_touches_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_touches_topic_id"), ["topic_id"], unique=False)

    op.create_table(
        "assessments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("claim_version_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("matcher", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("stance", sa.String(), nullable=False),
        sa.Column("decided", sa.Boolean(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("probabilities", sa.JSON(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_assessments_article_id_articles")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_assessments_claim_id_claims")),
        sa.ForeignKeyConstraint(
            ["claim_version_id"], ["claim_versions.id"], name=op.f("fk_assessments_claim_version_id_claim_versions")
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_assessments_edition_id_editions")),
        sa.ForeignKeyConstraint(["matcher"], ["matchers.hash"], name=op.f("fk_assessments_matcher_matchers")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_assessments_revision_id_revisions")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_assessments_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
        sa.UniqueConstraint(
            "claim_version_id", "revision_id", "matcher", name=op.f("uq_assessments_claim_version_id_revision_id_matcher")
        ),
    )
    with op.batch_alter_table("assessments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assessments_article_id"), ["article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assessments_claim_id_article_id"), ["claim_id", "article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assessments_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assessments_revision_id"), ["revision_id"], unique=False)
        batch_op.create_index(
            "ix_assessments_unpublished",
            ["claim_id"],
            unique=False,
            sqlite_where=sa.text("edition_id IS NULL"),
            postgresql_where=sa.text("edition_id IS NULL"),
        )

    op.create_table(
        "claim_states",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("machine", sa.String(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("newest", sa.Date(), nullable=True),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("known_from", UtcDateTime(), nullable=False),
        sa.Column("known_to", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_states_claim_id_claims")),
        sa.ForeignKeyConstraint(["closed_by"], ["editions.id"], name=op.f("fk_claim_states_closed_by_editions")),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_claim_states_edition_id_editions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_states")),
    )
    with op.batch_alter_table("claim_states", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_states_claim_id_known_to"), ["claim_id", "known_to"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_states_closed_by"), ["closed_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_states_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index(
            "uq_claim_states_live",
            ["claim_id"],
            unique=True,
            sqlite_where=sa.text("known_to IS NULL"),
            postgresql_where=sa.text("known_to IS NULL"),
        )

    op.create_table(
        "copy_memberships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("cluster", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_copy_memberships_edition_id_editions")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_copy_memberships_revision_id_revisions")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_copy_memberships_topic_id_topics")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy_memberships")),
    )
    with op.batch_alter_table("copy_memberships", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_copy_memberships_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_copy_memberships_revision_id"), ["revision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_copy_memberships_topic_id_cluster"), ["topic_id", "cluster"], unique=False)
        batch_op.create_index(
            "uq_copy_memberships_live",
            ["topic_id", "revision_id"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("batch", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("claim_version_id", sa.Integer(), nullable=True),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("stance", sa.String(), nullable=True),
        sa.Column("start", sa.Integer(), nullable=True),
        sa.Column("end", sa.Integer(), nullable=True),
        sa.Column("quote", sa.String(), nullable=True),
        sa.Column("seen_stance", sa.String(), nullable=True),
        sa.Column("seen_matcher", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("domain", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.Column("undone_edition_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_decisions_actor_id_actors")),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_decisions_article_id_articles")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_decisions_claim_id_claims")),
        sa.ForeignKeyConstraint(
            ["claim_version_id"], ["claim_versions.id"], name=op.f("fk_decisions_claim_version_id_claim_versions")
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_decisions_edition_id_editions")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_decisions_revision_id_revisions")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_decisions_topic_id_topics")),
        sa.ForeignKeyConstraint(["undone_by"], ["decisions.id"], name=op.f("fk_decisions_undone_by_decisions")),
        sa.ForeignKeyConstraint(["undone_edition_id"], ["editions.id"], name=op.f("fk_decisions_undone_edition_id_editions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("client_id", name=op.f("uq_decisions_client_id")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decisions_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_article_id"), ["article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_batch"), ["batch"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_claim_id_article_id"), ["claim_id", "article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_kind_topic_id"), ["kind", "topic_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_revision_id"), ["revision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_topic_id"), ["topic_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_undone_by"), ["undone_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_undone_edition_id"), ["undone_edition_id"], unique=False)

    op.create_table(
        "pending_pairs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("claim_version_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("matcher", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("given_up", sa.Boolean(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_pending_pairs_claim_id_claims")),
        sa.ForeignKeyConstraint(
            ["claim_version_id"], ["claim_versions.id"], name=op.f("fk_pending_pairs_claim_version_id_claim_versions")
        ),
        sa.ForeignKeyConstraint(["matcher"], ["matchers.hash"], name=op.f("fk_pending_pairs_matcher_matchers")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_pending_pairs_revision_id_revisions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_pairs")),
        sa.UniqueConstraint(
            "claim_version_id", "revision_id", "matcher", name=op.f("uq_pending_pairs_claim_version_id_revision_id_matcher")
        ),
    )
    with op.batch_alter_table("pending_pairs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pending_pairs_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pending_pairs_revision_id"), ["revision_id"], unique=False)

    op.create_table(
        "pins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("claim_version_id", sa.Integer(), nullable=False),
        sa.Column("matcher", sa.String(), nullable=False),
        sa.Column("judge", sa.String(), nullable=True),
        sa.Column("cleaner", sa.String(), nullable=True),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("known_from", UtcDateTime(), nullable=False),
        sa.Column("known_to", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_pins_claim_id_claims")),
        sa.ForeignKeyConstraint(
            ["claim_version_id"], ["claim_versions.id"], name=op.f("fk_pins_claim_version_id_claim_versions")
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["editions.id"], name=op.f("fk_pins_closed_by_editions")),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_pins_edition_id_editions")),
        sa.ForeignKeyConstraint(["judge"], ["matchers.hash"], name=op.f("fk_pins_judge_matchers")),
        sa.ForeignKeyConstraint(["matcher"], ["matchers.hash"], name=op.f("fk_pins_matcher_matchers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pins")),
    )
    with op.batch_alter_table("pins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pins_claim_version_id"), ["claim_version_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pins_closed_by"), ["closed_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_pins_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index(
            "uq_pins_live",
            ["claim_id"],
            unique=True,
            sqlite_where=sa.text("known_to IS NULL"),
            postgresql_where=sa.text("known_to IS NULL"),
        )

    op.create_table(
        "status_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("machine", sa.String(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("tipped_by", sa.JSON(), nullable=False),
        sa.Column("ruling", sa.String(), nullable=True),
        sa.Column("review", sa.String(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("known_from", UtcDateTime(), nullable=False),
        sa.Column("known_to", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_status_changes_claim_id_claims")),
        sa.ForeignKeyConstraint(["closed_by"], ["editions.id"], name=op.f("fk_status_changes_closed_by_editions")),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_status_changes_edition_id_editions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_changes")),
        sa.UniqueConstraint("key", name=op.f("uq_status_changes_key")),
    )
    with op.batch_alter_table("status_changes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_status_changes_claim_id_known_to_valid_from"), ["claim_id", "known_to", "valid_from"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_status_changes_closed_by"), ["closed_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_status_changes_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index(
            "uq_status_changes_live",
            ["claim_id", "valid_from"],
            unique=True,
            sqlite_where=sa.text("known_to IS NULL"),
            postgresql_where=sa.text("known_to IS NULL"),
        )

    op.create_table(
        "topic_claims",
        sa.Column("topic_version_id", sa.Integer(), nullable=False),
        sa.Column("claim_version_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_version_id"], ["claim_versions.id"], name=op.f("fk_topic_claims_claim_version_id_claim_versions")
        ),
        sa.ForeignKeyConstraint(
            ["topic_version_id"], ["topic_versions.id"], name=op.f("fk_topic_claims_topic_version_id_topic_versions")
        ),
        sa.PrimaryKeyConstraint("topic_version_id", "claim_version_id", name=op.f("pk_topic_claims")),
    )
    with op.batch_alter_table("topic_claims", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_topic_claims_claim_version_id"), ["claim_version_id"], unique=False)

    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assessment_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("quote_sha256", sa.String(), nullable=False),
        sa.Column("stance", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("speaker_written", sa.String(), nullable=True),
        sa.Column("speaker_key", sa.String(), nullable=True),
        sa.Column("speaker_basis", sa.String(), nullable=True),
        sa.Column("said_on", sa.Date(), nullable=True),
        sa.Column("said_words", sa.String(), nullable=True),
        sa.Column("said_precision", sa.String(), nullable=True),
        sa.Column("via", sa.String(), nullable=True),
        sa.Column("modality", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"], name=op.f("fk_evidence_assessment_id_assessments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("assessment_id", "start", "end", name=op.f("uq_evidence_assessment_id_start_end")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_speaker_key"), ["speaker_key"], unique=False)

    op.create_table(
        "positions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=True),
        sa.Column("stance", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("speaker", sa.String(), nullable=True),
        sa.Column("speaker_written", sa.String(), nullable=True),
        sa.Column("said_on", sa.Date(), nullable=True),
        sa.Column("cluster", sa.String(), nullable=True),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.String(), nullable=True),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("known_from", UtcDateTime(), nullable=False),
        sa.Column("known_to", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_positions_article_id_articles")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_positions_claim_id_claims")),
        sa.ForeignKeyConstraint(["closed_by"], ["editions.id"], name=op.f("fk_positions_closed_by_editions")),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_positions_edition_id_editions")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_positions_evidence_id_evidence")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_positions_revision_id_revisions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_positions")),
    )
    with op.batch_alter_table("positions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_positions_article_id"), ["article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_positions_claim_id_article_id"), ["claim_id", "article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_positions_claim_id_known_to"), ["claim_id", "known_to"], unique=False)
        batch_op.create_index(batch_op.f("ix_positions_closed_by"), ["closed_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_positions_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_positions_evidence_id"), ["evidence_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_positions_revision_id"), ["revision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_positions_speaker"), ["speaker"], unique=False)
        batch_op.create_index(
            "uq_positions_live",
            ["claim_id", "key"],
            unique=True,
            sqlite_where=sa.text("known_to IS NULL"),
            postgresql_where=sa.text("known_to IS NULL"),
        )

    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE INDEX ix_revision_texts_words ON revision_texts"
            " USING gin (to_tsvector('simple', coalesce(title, '') || ' ' || text))"
        )


def downgrade() -> None:
    with op.batch_alter_table("positions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_positions_live", sqlite_where=sa.text("known_to IS NULL"), postgresql_where=sa.text("known_to IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_positions_speaker"))
        batch_op.drop_index(batch_op.f("ix_positions_revision_id"))
        batch_op.drop_index(batch_op.f("ix_positions_evidence_id"))
        batch_op.drop_index(batch_op.f("ix_positions_edition_id"))
        batch_op.drop_index(batch_op.f("ix_positions_closed_by"))
        batch_op.drop_index(batch_op.f("ix_positions_claim_id_known_to"))
        batch_op.drop_index(batch_op.f("ix_positions_claim_id_article_id"))
        batch_op.drop_index(batch_op.f("ix_positions_article_id"))

    op.drop_table("positions")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_speaker_key"))

    op.drop_table("evidence")
    with op.batch_alter_table("topic_claims", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_topic_claims_claim_version_id"))

    op.drop_table("topic_claims")
    with op.batch_alter_table("status_changes", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_status_changes_live", sqlite_where=sa.text("known_to IS NULL"), postgresql_where=sa.text("known_to IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_status_changes_edition_id"))
        batch_op.drop_index(batch_op.f("ix_status_changes_closed_by"))
        batch_op.drop_index(batch_op.f("ix_status_changes_claim_id_known_to_valid_from"))

    op.drop_table("status_changes")
    with op.batch_alter_table("pins", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_pins_live", sqlite_where=sa.text("known_to IS NULL"), postgresql_where=sa.text("known_to IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_pins_edition_id"))
        batch_op.drop_index(batch_op.f("ix_pins_closed_by"))
        batch_op.drop_index(batch_op.f("ix_pins_claim_version_id"))

    op.drop_table("pins")
    with op.batch_alter_table("pending_pairs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pending_pairs_revision_id"))
        batch_op.drop_index(batch_op.f("ix_pending_pairs_claim_id"))

    op.drop_table("pending_pairs")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decisions_undone_edition_id"))
        batch_op.drop_index(batch_op.f("ix_decisions_undone_by"))
        batch_op.drop_index(batch_op.f("ix_decisions_topic_id"))
        batch_op.drop_index(batch_op.f("ix_decisions_revision_id"))
        batch_op.drop_index(batch_op.f("ix_decisions_kind_topic_id"))
        batch_op.drop_index(batch_op.f("ix_decisions_edition_id"))
        batch_op.drop_index(batch_op.f("ix_decisions_claim_id_article_id"))
        batch_op.drop_index(batch_op.f("ix_decisions_batch"))
        batch_op.drop_index(batch_op.f("ix_decisions_article_id"))
        batch_op.drop_index(batch_op.f("ix_decisions_actor_id"))

    op.drop_table("decisions")
    with op.batch_alter_table("copy_memberships", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_copy_memberships_live", sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_copy_memberships_topic_id_cluster"))
        batch_op.drop_index(batch_op.f("ix_copy_memberships_revision_id"))
        batch_op.drop_index(batch_op.f("ix_copy_memberships_edition_id"))

    op.drop_table("copy_memberships")
    with op.batch_alter_table("claim_states", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_claim_states_live", sqlite_where=sa.text("known_to IS NULL"), postgresql_where=sa.text("known_to IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_claim_states_edition_id"))
        batch_op.drop_index(batch_op.f("ix_claim_states_closed_by"))
        batch_op.drop_index(batch_op.f("ix_claim_states_claim_id_known_to"))

    op.drop_table("claim_states")
    with op.batch_alter_table("assessments", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_assessments_unpublished",
            sqlite_where=sa.text("edition_id IS NULL"),
            postgresql_where=sa.text("edition_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_assessments_revision_id"))
        batch_op.drop_index(batch_op.f("ix_assessments_edition_id"))
        batch_op.drop_index(batch_op.f("ix_assessments_claim_id_article_id"))
        batch_op.drop_index(batch_op.f("ix_assessments_article_id"))

    op.drop_table("assessments")
    with op.batch_alter_table("touches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_touches_topic_id"))
        batch_op.drop_index(batch_op.f("ix_touches_claim_id"))
        batch_op.drop_index(batch_op.f("ix_touches_article_id"))

    op.drop_table("touches")
    with op.batch_alter_table("sightings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sightings_revision_id"))
        batch_op.drop_index(batch_op.f("ix_sightings_article_id_id"))

    op.drop_table("sightings")
    with op.batch_alter_table("scans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scans_topic_version_id"))

    op.drop_table("scans")
    op.drop_table("revision_texts")
    with op.batch_alter_table("editions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_editions_run_id"))
        batch_op.drop_index(batch_op.f("ix_editions_actor_id"))

    op.drop_table("editions")
    with op.batch_alter_table("copy_scans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_copy_scans_revision_id"))

    op.drop_table("copy_scans")
    with op.batch_alter_table("copy_edges", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_copy_edges_b"))

    op.drop_table("copy_edges")
    op.drop_table("claim_versions")
    with op.batch_alter_table("claim_slugs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_slugs_slug"))
        batch_op.drop_index(batch_op.f("ix_claim_slugs_claim_id"))

    op.drop_table("claim_slugs")
    op.drop_table("topic_versions")
    with op.batch_alter_table("topic_sources", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_topic_sources_source_id"))

    op.drop_table("topic_sources")
    with op.batch_alter_table("topic_articles", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_topic_articles_article_id"))

    op.drop_table("topic_articles")
    with op.batch_alter_table("tombstones", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tombstones_actor_id"))

    op.drop_table("tombstones")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_runs_topic_id_started_at"))

    op.drop_table("runs")
    op.drop_table("revisions")
    with op.batch_alter_table("outlet_weights", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_outlet_weights_live", sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL")
        )

    op.drop_table("outlet_weights")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_unsent", sqlite_where=sa.text("sent_at IS NULL"), postgresql_where=sa.text("sent_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_outbox_topic_id"))

    op.drop_table("outbox")
    with op.batch_alter_table("discoveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_discoveries_article_id"))

    op.drop_table("discoveries")
    op.drop_table("coverage")
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claims_slug"))

    op.drop_table("claims")
    with op.batch_alter_table("captures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_captures_source_id"))

    op.drop_table("captures")
    with op.batch_alter_table("aliases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_aliases_article_id"))

    op.drop_table("aliases")
    op.drop_table("topics")
    op.drop_table("sources")
    op.drop_table("matchers")
    op.drop_table("leases")
    op.drop_table("cache_items")
    op.drop_table("blobs")
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_articles_state_next_fetch_at"))
        batch_op.drop_index(batch_op.f("ix_articles_outlet"))

    op.drop_table("articles")
    op.drop_table("actors")

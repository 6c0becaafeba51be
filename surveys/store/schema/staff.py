"""Accounts of the desk with their sessions, and the audit of every act."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from surveys.store.schema.base import METADATA, OPTIONS, SECONDS

staff = Table(
    "staff",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("unit", Text, nullable=True),
    Column("disabled", Integer, nullable=False),
    Column("password", Text, nullable=False),
    Column("password_until", SECONDS, nullable=True),
    Column("totp", LargeBinary, nullable=False),
    Column("totp_step", SECONDS, nullable=False),
    CheckConstraint("length(id) = 16", name="staff_id_has_16_characters"),
    CheckConstraint("disabled IN (0, 1)", name="staff_disabled_is_yes_or_no"),
    **OPTIONS,
)

staff_recovery = Table(
    "staff_recovery",
    METADATA,
    Column("staff", Text, primary_key=True),
    Column("proof", LargeBinary, primary_key=True),
    CheckConstraint("length(proof) = 32", name="staff_recovery_proof_is_a_digest"),
    **OPTIONS,
)

staff_lockers = Table(
    "staff_lockers",
    METADATA,
    Column("staff", Text, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("cost", Text, nullable=False),
    Column("public", LargeBinary, nullable=False),
    Column("private", LargeBinary, nullable=False),
    Column("contact", LargeBinary, nullable=True),
    CheckConstraint("length(public) = 32", name="staff_lockers_public_is_a_key"),
    **OPTIONS,
)

staff_sessions = Table(
    "staff_sessions",
    METADATA,
    Column("token", LargeBinary, primary_key=True),
    Column("staff", Text, nullable=False),
    Column("started", SECONDS, nullable=False),
    Column("seen", SECONDS, nullable=False),
    Column("contact", LargeBinary, nullable=True),
    CheckConstraint("length(token) = 32", name="staff_sessions_token_is_a_digest"),
    **OPTIONS,
)
Index("staff_sessions_by_staff", staff_sessions.c.staff)

staff_tries = Table(
    "staff_tries",
    METADATA,
    Column("bucket", LargeBinary, primary_key=True),
    Column("period", SECONDS, primary_key=True),
    Column("n", Integer, nullable=False),
    CheckConstraint("length(bucket) = 32", name="staff_tries_bucket_is_a_digest"),
    **OPTIONS,
)

audit = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("id >= 1", name="audit_counts_from_1"),
    CheckConstraint("length(previous) = 32", name="audit_previous_is_a_digest"),
    CheckConstraint("length(hash) = 32", name="audit_hash_is_a_digest"),
    **OPTIONS,
)
Index("audit_by_object", audit.c.object, audit.c.act)

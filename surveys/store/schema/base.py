"""What every table of the store has in common."""

from typing import Any

from sqlalchemy import BigInteger, Integer, MetaData

METADATA = MetaData()
OPTIONS: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
SECONDS = Integer().with_variant(BigInteger(), "postgresql")
"""Seconds since 1970, or what grows as fast: an integer of SQLite is wide anyway."""

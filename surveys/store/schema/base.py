"""What every table of the store has in common."""

from typing import Any

from sqlalchemy import MetaData

METADATA = MetaData()
OPTIONS: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}

"""Alembic's place: `upgrade` brings a store to the newest schema inside the caller's transaction."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from surveys.store.schema import triggers


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to `revision` and make the triggers anew."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    existing = set(connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
    for name, statement in triggers().items():
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        if name.split("_refuse_")[0] in existing:
            connection.execute(text(statement))

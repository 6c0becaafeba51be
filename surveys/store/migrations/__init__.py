"""Alembic's place: `upgrade` brings a store to the newest schema inside the caller's transaction."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from surveys.store.schema import make_triggers


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to `revision` and make the triggers anew."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    make_triggers(connection)

"""A picture that was refused for a profile is kept for those who decide about it."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    connection: Any = op.get_bind().connection.driver_connection  # psycopg's own, which runs many statements at once
    connection.execute(Path(__file__).with_suffix(".sql").read_text())

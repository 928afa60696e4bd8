"""What was decided about a profile is told to its owner."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    connection: Any = op.get_bind().connection.driver_connection  # psycopg's own, which runs many statements at once
    connection.execute(Path(__file__).with_suffix(".sql").read_text())

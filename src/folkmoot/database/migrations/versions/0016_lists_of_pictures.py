"""A known picture may be on several lists."""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    connection: Any = op.get_bind().connection.driver_connection  # psycopg's own, which runs many statements at once
    connection.execute(Path(__file__).with_suffix(".sql").read_text())

"""The foundation: people, relations, posts, timelines, the site, jobs."""

from pathlib import Path
from typing import Any

import procrastinate
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection: Any = op.get_bind().connection.driver_connection  # psycopg's own, which runs many statements at once
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    connection.execute((Path(procrastinate.__file__).parent / "sql" / "schema.sql").read_text())
    # One NOTIFY for each job would take a lock at every commit; the bus wakes workers in batches instead.
    connection.execute("DROP TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 ON procrastinate_jobs")

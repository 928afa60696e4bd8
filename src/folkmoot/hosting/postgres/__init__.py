"""The PostgreSQL that comes with Folkmoot: made, started and stopped by us, reachable by nobody else."""

from folkmoot.hosting.postgres.access import available, hold, reach
from folkmoot.hosting.postgres.errors import InUse, NoDatabase
from folkmoot.hosting.postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "InUse", "NoDatabase", "available", "hold", "reach"]

"""Alembic's entry: one connection, one transaction for all that is due."""

from alembic import context
from sqlalchemy import create_engine, pool

url: str = context.config.attributes["url"]
engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=None, transaction_per_migration=False)
    with context.begin_transaction():
        # A schema answers nobody: it need not wait for a standby that may be gone. Whatever is answered later does, and stands
        # behind it in the journal, so no answered write reaches a standby without the schema it needs.
        context.execute("SET LOCAL synchronous_commit = local")
        context.execute("SELECT pg_advisory_xact_lock(20210110)")
        context.run_migrations()

"""From one PostgreSQL to another while the network runs: other server, other major version, other operator of it.

PostgreSQL decodes what is written on the old server; we carry it over as plain statements, so neither server need reach
the other, and the new one need not give us more than its own database (docs/decisions/engines.md).
"""

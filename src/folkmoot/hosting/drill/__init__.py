"""Rehearsals: real hosts, real processes, real deaths, and a ledger of everything that was acknowledged."""

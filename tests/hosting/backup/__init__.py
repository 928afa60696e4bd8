"""Backups, tried for real."""

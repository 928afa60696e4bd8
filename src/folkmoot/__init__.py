"""Folkmoot: a social network anyone can host, kept civil by juries, able to change hosts without losing a post."""

__version__ = "0.1.0"

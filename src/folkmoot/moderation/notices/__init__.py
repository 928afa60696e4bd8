"""Demands from outside, with their deadlines: from a host, a store, an authority, anyone."""

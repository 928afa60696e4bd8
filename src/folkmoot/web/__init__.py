"""Thin: parse, call one verb, render."""

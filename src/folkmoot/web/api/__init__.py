"""The Mastodon client API: a file per resource, `entities.py` turns our words into theirs, and theirs stop here."""

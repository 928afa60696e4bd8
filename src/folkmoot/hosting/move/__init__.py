"""The whole network changes host: planned (move), without the old host (takeover), and back again."""

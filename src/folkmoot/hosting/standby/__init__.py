"""A second host that follows the network: joining, proving that it is fresh, media, keys, answers that wait for it."""

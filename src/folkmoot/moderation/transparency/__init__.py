"""What the network shows of itself: the public log, and the reports made from its events."""

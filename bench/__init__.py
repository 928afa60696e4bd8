"""`make bench`: what our server costs, measured on this machine against limits measured in the same run (docs/benchmarks.md)."""

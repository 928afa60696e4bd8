"""Work for later: deferred in the deed's own transaction (`Transaction.defer`), done by a worker, possibly twice."""

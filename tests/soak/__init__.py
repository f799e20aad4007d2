"""Long runs that no `make test` has time for: `make soak`."""

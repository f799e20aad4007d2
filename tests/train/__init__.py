"""Training the statistical model from the text in the repository: `python -m tests.train`."""

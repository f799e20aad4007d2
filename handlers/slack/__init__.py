"""Slack, both ends: what people say and click there, and what Heed posts.

Our own door verifies and parses (`door`), one dispatch serves HTTP and Socket Mode (`dispatch`),
and the outbox's worker posts (`speaker`). Slack's cards are a view of the reviews, never the truth.
"""

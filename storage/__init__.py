"""Remembers: the ledger, the suppressions, the conversations, the outbox, the reviews.

May import `bot`'s plain types, never `handlers` (`tests/test_layering.py` holds that).
"""

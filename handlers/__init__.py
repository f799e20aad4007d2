"""Listens and answers: every way in, both ends of every channel, and where the parts are joined."""

"""Decides. Pure: text in, reading out; reading and standing in, entries and answers out.

Nothing in this package reads a file after import, opens a socket, asks a database or looks at a
clock: time and identifiers are arguments. It imports neither `storage` nor `handlers`
(`tests/test_layering.py` holds that).
"""

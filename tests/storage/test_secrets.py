"""Other people's secrets are sealed like addresses, rotate with the master key, and can go."""

from __future__ import annotations

import base64

import pytest

from storage import StoreError, Unreadable, open_store
from tests.kit import KEY, NOW, Bench

NEW = bytes(range(1, 33))


def test_a_secret_is_kept_replaced_and_forgotten(at_desk: Bench) -> None:
    store = at_desk.store
    assert store.read(lambda session: session.secret("one")) is None
    store.write(lambda session: session.save_secret("one", "xoxb-first", NOW))
    assert store.read(lambda session: session.secret("one")) == "xoxb-first"
    store.write(lambda session: session.save_secret("one", "xoxb-second", NOW))
    assert store.read(lambda session: session.secret("one")) == "xoxb-second"
    store.write(lambda session: session.save_secret("two", "xoxb-two", NOW))
    store.write(lambda session: session.forget_secret("one"))
    assert store.read(lambda session: session.secret("one")) is None
    assert store.read(lambda session: session.secret("two")) == "xoxb-two"


def test_an_older_master_key_can_go_after_a_rotation(at_desk: Bench) -> None:
    at_desk.store.write(lambda session: session.save_secret("one", "xoxb-one", NOW))
    both = open_store(at_desk.url, secret_keys=[NEW, KEY])
    both.rewrap_keys()
    assert [one.keyring for one in both.wrapped_by()] == [4]
    both.close()
    alone = open_store(at_desk.url, secret_keys=[NEW])
    assert alone.read(lambda session: session.secret("one")) == "xoxb-one"
    alone.close()
    with pytest.raises(StoreError):
        open_store(at_desk.url, secret_keys=[KEY])


def test_a_secret_that_was_altered_or_moved_does_not_open(at_desk: Bench) -> None:
    store = at_desk.store
    store.write(lambda session: session.save_secret("one", "xoxb-one", NOW))
    sealed = base64.b64decode(store.read(lambda session: session.setting("secret:one")) or "")
    altered = base64.b64encode(sealed[:-1] + bytes([sealed[-1] ^ 1])).decode()
    store.write(lambda session: session.save_setting("secret:one", altered))
    with pytest.raises(Unreadable):
        store.read(lambda session: session.secret("one"))

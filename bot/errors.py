"""What can be wrong, in the domain's words. None of these knows of HTTP, SMTP or Slack.

Messages are fit to be shown to whoever caused them and never hold an address or a person's words.
"""


class HeedError(Exception):
    """The parent of all our own errors."""


class NotAllowed(HeedError):  # noqa: N818 - it names what it is
    """The actor may not do this, or nobody may (docs/design.md: who may lift a block)."""


class NotFound(HeedError):  # noqa: N818
    """There is nothing of that name."""


class Conflict(HeedError):  # noqa: N818
    """Somebody else was first; the state has moved on."""

"""Whether what an operator set up in Slack will work, asked of Slack itself (`heed slack setup`).

Each check is a few findings; nothing is posted and nothing kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient

from handlers.doctor import Finding, bad, ok, warn
from handlers.slack.client import CALL_ERRORS, OUTBOX_S, client_of, code_of, quiet
from handlers.slack.payload import at, fields_at, text_at
from handlers.slack.scopes import TokenRefused, installed
from handlers.slack.socket import close
from handlers.slack.trouble import REMEDIES


def token_findings(client: WebClient, team_id: str) -> Iterator[Finding]:
    """`team_id` is the workspace that HEED_SLACK_TEAM_ID names; empty where it names none."""
    try:
        found = installed(client)
    except TokenRefused as refusal:
        code = str(refusal)
        yield bad(f"Slack does not take this token ({code}): {REMEDIES.get(code, 'try it again')}")
        return
    yield ok(f"the token is good: workspace {found.title or 'without a name'} ({found.team})")
    if team_id and found.team != team_id:
        yield bad(f"HEED_SLACK_TEAM_ID is {team_id}, but the token is for {found.team}")
    if found.missing:
        yield bad(f"the app lacks {', '.join(found.missing)}: install it anew from the manifest")
    else:
        yield ok("the app has every scope that it needs")


def channel_findings(client: WebClient, channel: str) -> Iterator[Finding]:
    """Whether cards can be posted there, and who would see them."""
    try:
        answer = client.conversations_info(channel=channel)
    except CALL_ERRORS as error:
        code = code_of(error)
        yield bad(f"the review channel cannot be seen ({code}): {REMEDIES.get(code, code)}")
        return
    found = fields_at(answer.data, "channel")
    name = f"#{text_at(found, 'name') or channel}"
    if at(found, "is_archived") is True:
        yield bad(f"{name} is archived: {REMEDIES['is_archived']}")
    elif at(found, "is_member") is not True:
        yield bad(f"the app is not in {name}: write /invite @heed there")
    else:
        yield ok(f"the app is in {name}")
    if at(found, "is_ext_shared") is True:
        yield bad(f"{name} is shared with another company, which would read what customers write")
    elif at(found, "is_private") is not True:
        yield warn(f"{name} is public: everybody in the workspace can read what customers write")


def socket_findings(api_url: str, app_token: str) -> Iterator[Finding]:
    """Open a connection as `heed slack` does, and close it.

    What Slack would send meanwhile is not acknowledged and goes to another connection.
    """
    client = SocketModeClient(
        app_token=app_token,
        web_client=client_of(api_url, "", OUTBOX_S),
        logger=quiet(),
        auto_reconnect_enabled=False,
    )
    try:
        client.connect_to_new_endpoint()
        opened = client.is_connected()
    except CALL_ERRORS as error:
        code = code_of(error)
        yield bad(
            f"Slack gives no connection ({code}): {_REMEDIES_OF_AN_APP_TOKEN.get(code, code)}"
        )
        return
    finally:
        close(client)
    if opened:
        yield ok("a Socket Mode connection opens")
    else:
        yield bad(
            "Slack gave an address for a connection, but it did not open: is a proxy between?"
        )


_REMEDIES_OF_AN_APP_TOKEN = {
    "invalid_auth": "this is no valid app-level token",
    "not_allowed_token_type": "this is a token of another kind; app-level tokens begin with xapp-",
    "missing_scope": "make the app-level token anew, with the scope connections:write",
    "too_many_websockets": "ten connections are open already; stop a process first",
}

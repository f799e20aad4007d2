"""The app's manifest, from which Slack makes the app: for one host, or for Socket Mode."""

from __future__ import annotations

from importlib.resources import files

HOST = "https://HEED_HOST"
SOCKET = "socket_mode_enabled: "


def manifest(public_url: str) -> str:
    """The YAML to paste. `public_url` is the desk's origin; empty: Slack comes in by Socket Mode.

    For Socket Mode Slack wants no addresses at all.
    """
    text = files("handlers.slack").joinpath("manifest.yaml").read_text("utf-8")
    if public_url:
        return text.replace(HOST, public_url)
    lines = [line for line in text.splitlines() if HOST not in line]
    return "\n".join(lines).replace(f"{SOCKET}false", f"{SOCKET}true") + "\n"

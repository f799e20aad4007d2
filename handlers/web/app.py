"""The Flask application. `create_app` is the only place where routes meet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from handlers.logs import whereabouts
from handlers.parts import Parts
from handlers.slack import web as slack
from handlers.web import api, decide, health, unsubscribe, webhooks
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("heed.web")

BODY_LIMIT = 3_000_000
"""Bytes; the largest that a provider documents (Meta)."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
}


_FURTHER = [(name.lower(), (name, value)) for name, value in HEADERS.items()]


def create_app(parts: Parts) -> Flask:
    """Every way in over HTTP, over the given parts."""
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT
    app.url_map.strict_slashes = False  # a one-click POST must never meet a redirect (RFC 8058)
    app.extensions["heed"] = parts
    app.register_blueprint(webhooks.blueprint(parts))
    app.register_blueprint(api.blueprint(parts))
    app.register_blueprint(slack.blueprint(parts))
    app.register_blueprint(health.blueprint(parts))
    app.register_blueprint(unsubscribe.blueprint(parts))
    app.register_blueprint(decide.blueprint(parts))
    if parts.settings.demo:
        from handlers.demo.web import blueprint as demo

        app.register_blueprint(demo(parts))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StoreUnavailable, _unavailable)
    app.register_error_handler(Exception, _unexpected)
    app.before_request(_bound)
    app.wsgi_app = _secured(app.wsgi_app)  # type: ignore[assignment,method-assign]
    return app


def _bound() -> None:
    """A body without a length is read up to the limit and no further; a longer one is refused."""
    if request.content_length is None and request.method in ("POST", "PUT", "PATCH"):
        body = request.get_data(cache=True)
        if len(body) >= (request.max_content_length or BODY_LIMIT):
            raise RequestEntityTooLarge


def _secured(app: WSGIApplication) -> WSGIApplication:
    """Every answer carries `HEADERS`, where it does not set one of them otherwise."""

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        def begin(
            status: str, headers: list[tuple[str, str]], error: Any = None
        ) -> Callable[[bytes], object]:
            own = {name.lower() for name, _ in headers}
            further = [pair for lower, pair in _FURTHER if lower not in own]
            return start(status, headers + further, error)

        return app(environ, begin)

    return answer


def _http_error(error: HTTPException) -> Response:
    """One clear JSON line; the standard headers (Allow, Retry-After) stay."""
    response = error.get_response()
    description = error.description or error.name
    if isinstance(error, RequestEntityTooLarge):
        description = f"the body is over {request.max_content_length} bytes"
    body = jsonify(error=description)
    body.status_code = error.code or 500
    for name, value in response.headers.items():
        if name not in ("Content-Type", "Content-Length"):
            body.headers[name] = value
    return body


def _unavailable(_error: StoreUnavailable) -> Response:
    """Nothing was kept: come again. A check that cannot be answered counts as blocked."""
    body = jsonify(error="the store cannot be reached; try again", allowed=False)
    body.status_code = 503
    body.headers["Retry-After"] = "5"
    return body


def _unexpected(error: Exception) -> Response:
    log.error("unexpected error on %s: %s", request.endpoint, whereabouts(error))
    body = jsonify(error="an error of ours; nothing was recorded, try again")
    body.status_code = 500
    return body

"""The demo page and what it asks of the server. Registered only in the demo (`web/app.py`)."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request

from bot import addresses
from bot.model import Address, Json
from handlers.demo import cast, outgoing, slack_api, slack_side
from handlers.demo.fields import line_field, text_field
from handlers.demo.guard import Guard, set_cookie
from handlers.demo.mailbox import cut_of, our_mailbox
from handlers.demo.person import person
from handlers.demo.replies import answered
from handlers.demo.ways_in import NoAnswer, send_mail, send_sms
from handlers.email.rcpt import base_mailbox
from handlers.parts import Parts

SMS_LIMIT = 1_600  # characters, Twilio's own limit of a body
MAIL_LIMIT = 20_000
LINE_LIMIT = 200


def blueprint(parts: Parts) -> Blueprint:
    """The page at `/` and its data under `/demo/`, for a browser on this machine."""
    demo = Blueprint("demo", __name__, template_folder="templates")
    guard = Guard(parts.settings, parts.store.token_key)

    def guarded() -> None:
        guard.check_place()
        if not request.path.startswith(slack_api.PATH):  # our own server calls it, with its token
            guard.check_page()

    demo.before_request(guarded)
    demo.register_error_handler(NoAnswer, _no_answer)

    @demo.get("/")
    def page() -> Response:
        cookie, token = guard.admit()
        body = render_template(
            "demo.html",
            token=token,
            countries=cast.COUNTRIES,
            languages=cast.LANGUAGES,
            phrases=cast.PHRASES,
            scene=cast.SCENE,
            mailbox=our_mailbox(parts.policy),
            sms_limit=SMS_LIMIT,
            mail_limit=MAIL_LIMIT,
            line_limit=LINE_LIMIT,
        )
        response = make_response(body)
        set_cookie(response, cookie)
        return response

    @demo.get("/demo/sms")
    def sms_person() -> Response:
        address, country = _phone(request.args.get("number", ""))
        return jsonify(_phone_person(parts, address, country))

    @demo.post("/demo/sms")
    def sms() -> Response:
        address, country = _phone(line_field("number", LINE_LIMIT))
        text = text_field("text", SMS_LIMIT)
        delivery = send_sms(parts.settings, person=address.value, ours=country.ours, text=text)
        return answered(delivery, person=_phone_person(parts, address, country))

    @demo.get("/demo/mail")
    def mail_person() -> Response:
        address = _mailbox(request.args.get("from", ""))
        ours = base_mailbox(request.args.get("to", ""))
        return jsonify(person(parts, address, ours))

    @demo.post("/demo/mail")
    def mail() -> Response:
        address = _mailbox(line_field("from", LINE_LIMIT))
        ours = _mailbox(line_field("to", LINE_LIMIT))
        body = text_field("body", MAIL_LIMIT)
        delivery = send_mail(
            parts.settings,
            person=address.value,
            ours=ours.value,
            subject=line_field("subject", LINE_LIMIT, required=False),
            body=body,
            now=parts.clock(),
        )
        return answered(
            delivery,
            person=person(parts, address, base_mailbox(ours.value)),
            cut=cut_of(body),
        )

    @demo.get("/demo/outgoing")
    def outgoing_messages() -> Response:
        return jsonify(messages=outgoing.latest(parts))

    if parts.slack is not None:
        aside = slack_api.add_routes(demo, parts.slack)
        slack_side.add_routes(demo, parts, parts.slack, aside)
    return demo


def _phone(number: str) -> tuple[Address, cast.Country]:
    country = cast.country_of(number)
    if country is None:
        abort(400, "the demo's phones have numbers that are kept for fiction; this is none")
    return addresses.sms(number), country


def _phone_person(parts: Parts, address: Address, country: cast.Country) -> dict[str, Json]:
    return person(parts, address, country.ours, country.shown(address.value))


def _mailbox(text: str) -> Address:
    try:
        return addresses.email(text)
    except addresses.AddressError as fault:
        abort(400, str(fault))


def _no_answer(fault: NoAnswer) -> Response:
    response = jsonify(error=str(fault))
    response.status_code = 502
    return response

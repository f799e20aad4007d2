"""AWS End User Messaging: SMS over SNS. See `handlers.sns` for what proves a notification.

SNS takes a 4xx for final. AWS answers its keywords itself unless `SelfManagedOptOutsEnabled` is
set on the number; a message that begins with one matches. Whether it then still tells us is not
verified: `confirmed_by = "provider_keywords"` at the sender in heed.toml keeps us silent.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from cryptography import x509
from pydantic import AfterValidator, Field

from bot.model import Channel, Inbound, InboundMessage, MessageKind
from handlers.account import Account
from handlers.http_client import fetch
from handlers.optout_lists import Blocked, ToBlock
from handlers.payload import Payload
from handlers.ports import (
    AnswersByApi,
    OutcomeUnknown,
    RawRequest,
    SendError,
    Unsupported,
)
from handlers.settings import List, Part, PublicUrl, Settings, SettingsError, is_set_up, part
from handlers.sns import Sns, arns, make_key, notification, pinned, signed
from handlers.spelled import listed, person
from storage.rows import OutboxItem

log = logging.getLogger("heed.webhooks")

__all__ = ["configure", "make_key", "signed"]
OPTED_OUT = "DESTINATION_PHONE_NUMBER_OPTED_OUT"
KEYWORDS = (
    *("arret", "cancel", "end", "opt-out", "optout", "quit", "remove", "stop", "td"),
    *("unsubscribe", "help"),
)
_CONNECT_S, _READ_S = 5, 10


class AwsSettings(Part):
    """`certificate`: a PEM file of SNS's certificates, where the network lets nothing be fetched.

    Without an access key, credentials come from where botocore looks (the instance's role).
    """

    access_key_id: str = ""
    secret_access_key: str = Field(default="", repr=False)
    topic_arns: Annotated[List, AfterValidator(arns)] = ()
    region: str = ""
    certificate: Path | None = None
    opt_out_list: str = "Default"
    api_url: PublicUrl = ""


def configure(settings: Settings, account: Account) -> AwsSns | None:
    given = part(AwsSettings, account.prefix, settings.env)
    if not is_set_up(given, account.prefix, "topic_arns", "region"):
        return None
    try:
        import botocore.session
    except ImportError:
        raise SettingsError(
            f"{account.prefix}TOPIC_ARNS needs botocore: pip install 'heed[aws]'"
        ) from None
    certificates = pinned(given.certificate, account.prefix)
    return AwsSns(given, botocore.session.Session(), certificates)


class AwsSns(AnswersByApi):
    name = "aws-sns"

    def __init__(
        self, settings: AwsSettings, session: Any, certificates: Sequence[x509.Certificate] = ()
    ) -> None:
        self._settings = settings
        self._session = session
        self._sns = Sns(settings.topic_arns, fetch, certificates)

    def verify(self, request: RawRequest) -> None:
        """SNS signed it, for one of our topics; see `handlers.ports.Provider`."""
        self._sns.verify(request.body, request.received_at)

    def parse(self, request: RawRequest) -> Sequence[Inbound]:
        envelope, message = notification(request.body, self._confirm)
        if "originationNumber" not in message.value:
            raise Unsupported("event")
        text = message.optional("messageBody")
        return [
            InboundMessage(
                provider=self.name,
                account=envelope.optional("TopicArn"),
                event_id=message.optional("inboundMessageId") or envelope.text("MessageId"),
                kind=MessageKind.MESSAGE,
                address=person(
                    Channel.SMS, message.optional("originationNumber"), "originationNumber"
                ),
                recipient=message.optional("destinationNumber"),
                text=text,
                received_at=request.received_at,
                occurred_at=envelope.moment("Timestamp"),
                provider_keyword=text.strip().casefold().startswith(KEYWORDS),
                in_reply_to=message.optional("previousPublishedMessageId"),
            )
        ]

    def send(self, item: OutboxItem) -> str:
        if item.address is None:
            raise SendError("address_erased", permanent=True)
        reply = self._call(
            "pinpoint-sms-voice-v2",
            "send_text_message",
            DestinationPhoneNumber=item.address.value,
            OriginationIdentity=item.sender,
            MessageBody=str(item.payload["text"]),
            MessageType="TRANSACTIONAL",
            Context={"heed": item.id},
        )
        return str(reply.get("MessageId", ""))

    def opted_out(self) -> Iterator[Blocked]:
        """See `handlers.optout_lists`."""
        name, more = self._settings.opt_out_list, dict[str, Any]()
        while True:
            page = self._call(
                "pinpoint-sms-voice-v2",
                "describe_opted_out_numbers",
                OptOutListName=name,
                **more,
            )
            for row in page.get("OptedOutNumbers", ()):
                how = "by the person" if row.get("EndUserOptedOut") else "by the company"
                yield Blocked(
                    address=listed(Channel.SMS, row["OptedOutNumber"]),
                    since=row["OptedOutTimestamp"],
                    evidence=f"opt-out list {name}, {how}",
                )
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def block(self, people: Sequence[ToBlock]) -> None:
        """See `handlers.optout_lists`. One call for each; who is on the list stays on it."""
        for number in dict.fromkeys(one.address.value for one in people):
            self._call(
                "pinpoint-sms-voice-v2",
                "put_opted_out_number",
                OptOutListName=self._settings.opt_out_list,
                OptedOutNumber=number,
            )

    def _confirm(self, envelope: Payload) -> None:
        """Take the subscription by API, so that no URL out of a message is ever called."""
        self._call(
            "sns",
            "confirm_subscription",
            TopicArn=envelope.text("TopicArn"),
            Token=envelope.text("Token"),
            AuthenticateOnUnsubscribe="true",
        )

    def _call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        from botocore.config import Config
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            EndpointConnectionError,
            NoCredentialsError,
            PartialCredentialsError,
        )

        client = self._session.create_client(
            service,
            region_name=self._settings.region,
            endpoint_url=self._settings.api_url or None,
            aws_access_key_id=self._settings.access_key_id or None,
            aws_secret_access_key=self._settings.secret_access_key or None,
            config=Config(
                connect_timeout=_CONNECT_S,
                read_timeout=_READ_S,
                retries={"total_max_attempts": 1},  # a second try might be a second text
            ),
        )
        try:
            reply: dict[str, Any] = getattr(client, operation)(**arguments)
        except ClientError as error:
            raise _refusal(error.response) from None
        except EndpointConnectionError:
            raise SendError("connect_failed", permanent=False) from None
        except (NoCredentialsError, PartialCredentialsError):
            raise SendError("no_credentials", permanent=False) from None
        except BotoCoreError as error:
            raise OutcomeUnknown(type(error).__name__) from None
        return reply


def _refusal(response: Any) -> SendError | OutcomeUnknown:
    code = str(response.get("Reason") or response.get("Error", {}).get("Code", ""))[:60]
    about = response.get("ResponseMetadata", {})
    status = about.get("HTTPStatusCode", 0)
    wait = about.get("HTTPHeaders", {}).get("retry-after", "")
    if status in (429, 503) or code == "ThrottlingException":
        after = timedelta(seconds=min(int(wait), 86_400)) if wait.isdigit() else None
        return SendError(code, permanent=False, retry_after=after)
    if status >= 500:  # noqa: PLR2004
        return OutcomeUnknown(code)
    return SendError(code, permanent=True, block=code == OPTED_OUT)

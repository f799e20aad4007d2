"""Amazon SNS over HTTPS: whether a notification is genuine, and what it carries.

RSA PKCS#1 v1.5 with SHA-1 (SignatureVersion 1) or SHA-256 (2) over named fields. The certificate
comes from an SNS host of the topic's region alone, or from a file where the network is closed.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from handlers.account import Account
from handlers.keyfile import write_private
from handlers.payload import Payload, read_json
from handlers.ports import Malformed, RawRequest, Unsupported, Unverified
from handlers.settings import SettingsError

log = logging.getLogger("heed.webhooks")

TOLERANCE = timedelta(minutes=65)  # SNS comes again for at most an hour
NOTIFICATION, CONFIRMATION = "Notification", "SubscriptionConfirmation"
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED[CONFIRMATION]
_HASHES: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - version 1 of the scheme
_HOST = re.compile(r"sns\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?")
_PATH = re.compile(r"/[A-Za-z0-9_-]{1,100}\.pem")
_MOST_CERTIFICATES = 16


def arns(value: tuple[str, ...]) -> tuple[str, ...]:
    """The topics of a setting, each a whole ARN. Raises ValueError: one is none."""
    if not all(one.startswith("arn:aws") and one.count(":") == 5 for one in value):  # noqa: PLR2004
        raise ValueError("is no topic such as arn:aws:sns:us-east-1:123456789012:heed-inbound")
    return value


def pinned(path: Path | None, prefix: str) -> Sequence[x509.Certificate]:
    """The certificates of a PEM file. Raises SettingsError, naming `prefix`CERTIFICATE."""
    if path is None:
        return ()
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        raise SettingsError(f"{prefix}CERTIFICATE is no readable PEM file") from None


class Sns:
    """Checks what SNS delivers. `topics` are the only ones heard (an SNS topic is anybody's).

    `fetch` brings the bytes behind a URL, without redirects; `pinned` are certificates to be used
    instead, and then nothing is fetched.
    """

    def __init__(
        self,
        topics: Iterable[str],
        fetch: Callable[[str], bytes],
        pinned: Sequence[x509.Certificate] = (),
    ) -> None:
        self._topics = frozenset(topics)
        self._fetch = fetch
        self._pinned = tuple(pinned)
        self._fetched: dict[str, x509.Certificate] = {}
        self._lock = Lock()

    def verify(self, body: bytes, now: datetime) -> Payload:
        """The envelope of a genuine request.

        Raises:
            Unverified: its topic, certificate, signature or time is not what it must be.
        """
        try:
            envelope = read_json(body)
        except Malformed:
            raise Unverified("body_unreadable") from None
        topic = envelope.optional("TopicArn")
        if topic not in self._topics:
            raise Unverified("topic_unknown")
        signed = canonical(envelope)
        algorithm = _HASHES.get(envelope.optional("SignatureVersion"))
        if signed is None or algorithm is None:
            raise Unverified("version_unknown")
        try:
            signature = base64.b64decode(envelope.optional("Signature"), validate=True)
        except (binascii.Error, ValueError):
            raise Unverified("signature_wrong") from None
        certificates = self._certificates(envelope.optional("SigningCertURL"), topic)
        if not any(_fits(one, signature, signed, algorithm, now) for one in certificates):
            raise Unverified("signature_wrong")
        moment = envelope.moment("Timestamp")
        if moment is None or abs(now - moment) > TOLERANCE:
            raise Unverified("time_stale")
        return envelope

    def _certificates(self, url: str, topic: str) -> Sequence[x509.Certificate]:
        if self._pinned:
            return self._pinned
        require_sns_url(url, topic)
        if not _PATH.fullmatch(urlsplit(url).path):
            raise Unverified("certificate_url")
        with self._lock:
            known = self._fetched.get(url)
        if known is None:
            try:
                known = x509.load_pem_x509_certificate(self._fetch(url))
            except ValueError:
                raise Unverified("certificate_unreadable") from None
            with self._lock:
                if len(self._fetched) >= _MOST_CERTIFICATES:
                    self._fetched.clear()
                self._fetched[url] = known
        return (known,)


def notification(body: bytes, confirm: Callable[[Payload], None]) -> tuple[Payload, Payload]:
    """The envelope of a verified request, and the message in it.

    Raises:
        Unsupported: it offers a subscription, which `confirm` is given to take, or ends one.
        Malformed: it holds no message.
    """
    envelope = read_json(body)
    kind = envelope.optional("Type")
    if kind == CONFIRMATION:
        confirm(envelope)
        raise Unsupported("subscription_confirmed")
    if kind != NOTIFICATION:
        log.warning("sns: no longer subscribed to a topic of ours")
        raise Unsupported(kind[:40])
    return envelope, read_json(envelope.text("Message").encode("utf-8", "surrogatepass"))


def require_sns_url(url: str, topic: str) -> None:
    """The URL leads to SNS itself, in the topic's region: nobody makes us call another host.

    Raises:
        Unverified: it does not.
    """
    parts = urlsplit(url)
    host = _HOST.fullmatch(parts.netloc)  # the whole: no port, no user
    if parts.scheme != "https" or host is None or parts.fragment:
        raise Unverified("certificate_url")
    if topic.split(":")[3:4] != [host["region"]]:
        raise Unverified("region_differs")


def canonical(envelope: Payload) -> bytes | None:
    """What SNS signs: `key`, newline, value, newline for each key present; None for other types."""
    keys = _SIGNED.get(envelope.optional("Type"))
    if keys is None:
        return None
    lines = [f"{key}\n{envelope.optional(key)}\n" for key in keys if key in envelope.value]
    return "".join(lines).encode("utf-8", "surrogatepass")


def _fits(
    certificate: x509.Certificate,
    signature: bytes,
    signed: bytes,
    algorithm: hashes.HashAlgorithm,
    now: datetime,
) -> bool:
    key = certificate.public_key()
    in_time = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    if not in_time or not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, signed, padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return True


def signed(request: RawRequest, secret: str) -> RawRequest:
    """The request as SNS would sign it, now; `secret` is a private key in PEM."""
    try:
        envelope = dict(read_json(request.body).value)
    except Malformed:
        return request
    envelope["Timestamp"] = f"{request.received_at:%Y-%m-%dT%H:%M:%S}.000Z"
    content = canonical(Payload(envelope))
    if content is None:
        return request
    key = load_pem_private_key(secret.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("an RSA key signs for SNS")
    signature = key.sign(content, padding.PKCS1v15(), hashes.SHA256())
    envelope |= {"SignatureVersion": "2", "Signature": base64.b64encode(signature).decode()}
    return replace(
        request, body=json.dumps(envelope, ensure_ascii=False).encode("utf-8", "surrogatepass")
    )


def make_key(folder: Path, account: Account, now: datetime) -> dict[str, str]:
    """A key and its certificate for a test desk: the variable to set; both stand in `folder`.

    The certificate holds from an hour before `now` for thirty days.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "heed simulate")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(folder / f"{account.key}-simulate.key", plain)
    path = folder / f"{account.key}-simulate.pem"
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return {f"{account.prefix}CERTIFICATE": str(path.absolute())}

"""A mail that Amazon SES has put into a bucket, read with the one right that needs: s3:GetObject.

Only the buckets that are listed, at Amazon's own hosts for them, and no more than a mail may hold.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from handlers.email.smtp import SIZE_LIMIT
from handlers.payload import Payload
from handlers.ports import ComeAgain, Malformed

_CONNECT_S, _READ_S = 5, 10
_KEY_LIMIT = 1024  # bytes, as S3 allows
_LATER = frozenset({429, 500, 502, 503, 504})


class Buckets:
    """`session` is botocore's; without an access key it finds credentials itself (a role's)."""

    def __init__(
        self,
        names: Collection[str],
        session: Any,
        *,
        region: str,
        access_key_id: str = "",
        secret_access_key: str = "",
        api_url: str = "",
    ) -> None:
        self._names = frozenset(names)
        self._session = session
        self._region = region
        self._keys = (access_key_id or None, secret_access_key or None)
        self._api_url = api_url or None

    def mail(self, action: Payload) -> bytes:
        """What the action of a receipt rule put there.

        Raises:
            Malformed: the bucket is none of ours, holds no such thing, or does not give it to us.
            ComeAgain: it cannot be had now.
        """
        bucket, key = action.text("bucketName"), action.text("objectKey")
        if bucket not in self._names:
            raise Malformed("receipt.action.bucketName")
        if len(key.encode("utf-8", "replace")) > _KEY_LIMIT:
            raise Malformed("receipt.action.objectKey")
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            found = self._client().get_object(Bucket=bucket, Key=key)
            if found["ContentLength"] > SIZE_LIMIT:
                raise Malformed("s3.too_large")
            content: bytes = found["Body"].read(SIZE_LIMIT)
        except ClientError as error:
            about = error.response.get("ResponseMetadata", {})
            code = str(error.response.get("Error", {}).get("Code", ""))[:40]
            if about.get("HTTPStatusCode") in _LATER:
                raise ComeAgain(f"s3.{code}") from None
            raise Malformed(f"s3.{code}") from None
        except NoCredentialsError:
            raise Malformed("s3.no_credentials") from None
        except (BotoCoreError, OSError) as error:
            raise ComeAgain(f"s3.{type(error).__name__}") from None
        return content

    def _client(self) -> Any:
        from botocore.config import Config

        key_id, secret = self._keys
        return self._session.create_client(
            "s3",
            region_name=self._region,
            endpoint_url=self._api_url,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(
                connect_timeout=_CONNECT_S,
                read_timeout=_READ_S,
                retries={"total_max_attempts": 1},  # whoever told of it comes again
                s3={"addressing_style": "path" if self._api_url else "auto"},
            ),
        )

"""A Postfix of its own on loopback, beside whatever the machine runs: it hands over by LMTP."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

REQUIRED = "HEED_REQUIRE_POSTFIX"
UP_TRIES, UP_WAIT_S = 100, 0.1
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = /dev/stdout
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mx.example.net
mydestination =
local_recipient_maps =
alias_maps =
relay_domains = example.com
relay_recipient_maps = static:ok
transport_maps = inline:{{ example.com=heed-lmtp:inet:127.0.0.1:{lmtp} }}
heed-lmtp_destination_recipient_limit = 1
recipient_delimiter = +
smtpd_relay_restrictions = reject_unauth_destination
smtputf8_enable = no
"""
MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
heed-lmtp unix - - n - 8 lmtp
  -o disable_dns_lookups=yes
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postfix:
    """`port` is where it takes mail."""

    folder: Path
    port: int

    def run(self, *command: str) -> str:
        done = subprocess.run(
            [command[0], "-c", str(self.folder / "etc"), *command[1:]],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout

    def queue(self) -> list[str]:
        """In which queue each waiting mail lies (`active`, `deferred`)."""
        lines = self.run("postqueue", "-j").splitlines()
        return [json.loads(line)["queue_name"] for line in lines if line.strip()]

    def flush(self) -> None:
        self.run("postqueue", "-f")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        port: int = door.getsockname()[1]
    return port


@contextmanager
def postfix(lmtp: int) -> Iterator[Postfix]:
    """Running, delivering example.com to the LMTP port; skips, visibly, where there is none."""
    if shutil.which("postfix") is None or os.geteuid() != 0:
        if os.environ.get(REQUIRED):
            pytest.fail("Postfix is required here and cannot be run")
        pytest.skip("needs Postfix and root")
    folder = Path(tempfile.mkdtemp(prefix="heed-postfix-", dir="/var/tmp"))
    folder.chmod(0o755)
    own = Postfix(folder=folder, port=free_port())
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir(mode=0o755)
    shutil.chown(folder / "data", "postfix")
    (folder / "etc" / "main.cf").write_text(MAIN.format(folder=folder, lmtp=lmtp))
    (folder / "etc" / "master.cf").write_text(MASTER.format(smtp=own.port))
    for name in ("dynamicmaps.cf", "postfix-files"):
        shutil.copy(Path("/etc/postfix") / name, folder / "etc" / name)
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        ["postfix", "-c", str(folder / "etc"), "start-fg"], stdout=log, stderr=subprocess.STDOUT
    )
    try:
        _wait_until_up(own)
        yield own
    finally:
        subprocess.run(
            ["postfix", "-c", str(folder / "etc"), "stop"], check=False, capture_output=True
        )
        process.wait(30)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_up(own: Postfix) -> None:
    for _ in range(UP_TRIES):
        try:
            socket.create_connection(("127.0.0.1", own.port), timeout=1).close()
        except OSError:
            time.sleep(UP_WAIT_S)
        else:
            return
    pytest.fail(f"Postfix did not come up: {(own.folder / 'log').read_text()[-2000:]}")

"""What a WSGI server loads: `handlers.web.wsgi:application`. Built once for each worker process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

from bot.model import Channel
from bot.reading import read
from handlers.logs import set_up_logs
from handlers.parts import join
from handlers.settings import load_settings
from handlers.web.app import create_app

LOOK_S = 1.0


def _end_with(parent: int) -> None:
    """A worker whose server was killed must not go on holding the port and the database.

    `parent` is who started it, not who is above it now: the server may be gone before this loads.
    """
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)


_settings = load_settings(os.environ)
set_up_logs(_settings.log_level)
application = create_app(join(_settings))
# The first reading loads weights and tables: once, here, not by every thread of a first rush.
read("good morning", channel=Channel.SMS)
_server = multiprocessing.parent_process()
threading.Thread(
    target=_end_with, args=(_server.pid if _server else os.getppid(),), daemon=True
).start()

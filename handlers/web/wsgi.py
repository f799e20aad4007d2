"""What a WSGI server loads: `handlers.web.wsgi:application`. Built once for each worker process."""

from __future__ import annotations

import os

from handlers.logs import set_up_logs
from handlers.parts import join
from handlers.settings import load_settings
from handlers.web.app import create_app

_settings = load_settings(os.environ)
set_up_logs(_settings.log_level)
application = create_app(join(_settings))

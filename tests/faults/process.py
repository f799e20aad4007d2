"""`heed` as it is, but for its clock, which goes by as much as the file named in FAULTS_CLOCK says.

Also what a worker process that granian spawns comes through: it imports its parent's main module.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from handlers import parts
from handlers.cli import main


def stepped() -> datetime:
    return datetime.now(UTC) + timedelta(
        seconds=float(Path(os.environ["FAULTS_CLOCK"]).read_text())
    )


parts.join.__kwdefaults__ = {"clock": stepped}

if __name__ == "__main__":
    main()

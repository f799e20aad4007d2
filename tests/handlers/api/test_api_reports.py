"""GET /v1/reports: the proof sheet for whoever may see everything."""

from __future__ import annotations

import json

import pytest

from handlers.cli.report import report
from tests.handlers.api.kit import Api, json_of
from tests.handlers.cli.kit import Shell
from tests.kit import sms


def test_an_admin_reads_the_running_month(api: Api) -> None:
    api.site.bench.hears(sms("stop"))
    answer = api.get("/v1/reports")
    assert answer.status_code == 200
    sheet = json_of(answer)
    assert sheet["month"] == "2026-11"
    assert sheet["channels"][0]["figures"]["requests"] == 1
    assert "+12025550123" not in answer.get_data(as_text=True)


def test_another_month_can_be_asked_for(api: Api) -> None:
    sheet = json_of(api.get("/v1/reports", month="2026-10"))
    assert (sheet["month"], sheet["complete"]) == ("2026-10", True)


@pytest.mark.parametrize("month", ["2026-13", "x", "2026-1", "1999-12"])
def test_what_is_no_month_does_not_fit(api: Api, month: str) -> None:
    answer = api.get("/v1/reports", month=month)
    assert answer.status_code == 422
    assert json_of(answer)["problems"][0]["field"] == "month"


@pytest.mark.parametrize(("role", "status"), [("check", 403), ("record", 403), ("", 401)])
def test_only_an_admin_may(api: Api, role: str, status: int) -> None:
    assert api.get("/v1/reports", role=role).status_code == status


def test_the_command_and_the_api_say_the_same(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    import handlers.cli.report as command

    api.site.bench.hears(sms("stop"))
    monkeypatch.setattr(command, "joined", lambda: nullcontext(api.site.parts))
    shell = Shell(bench=api.site.bench, folder=api.site.bench.folder)
    assert json.loads(shell.run(report, "--format", "json").stdout) == json_of(
        api.get("/v1/reports")
    )

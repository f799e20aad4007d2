"""A real browser on the real page of a real server: what a person sees after `make run`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from tests.handlers.demo.conftest import demo_environment

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ROOT = Path(__file__).parents[3]

# Every text on the page with too little contrast to its ground (WCAG 2.2, 1.4.3).
LOW_CONTRAST = (Path(__file__).parent / "low_contrast.js").read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("HEED_REQUIRE_BROWSER") == "1":
            pytest.fail(f"{CHROMIUM} is not installed, and HEED_REQUIRE_BROWSER=1 asks for it")
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def origin(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`heed serve` as an operator starts it, in a folder of its own."""
    environment = demo_environment(tmp_path_factory.mktemp("demo"))
    url = f"http://{environment['HEED_HTTP_LISTEN']}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HEED_")}
    clean.pop("PORT", None)
    with subprocess.Popen(
        [sys.executable, "-m", "handlers", "serve"],
        cwd=ROOT,
        env={**clean, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.mount(url, HTTPAdapter(max_retries=Retry(connect=9, backoff_factor=0.1)))
                assert session.get(f"{url}/healthz", timeout=30).status_code == 200
            yield url
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(40)


@pytest.fixture
def page(browser: Browser, origin: str) -> Iterator[Page]:
    """The opened page. It must not ask another host for anything, nor break its own policy."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console", lambda said: complaints.append(said.text) if said.type == "error" else None
    )
    opened.on(
        "request",
        lambda asked: complaints.append(asked.url) if not asked.url.startswith(origin) else None,
    )
    visit(opened, origin)
    yield opened
    context.close()
    assert complaints == []


def visit(page: Page, origin: str) -> None:
    page.goto(origin)
    page.wait_for_selector("body[data-ready]")


def new_number(page: Page) -> str:
    """Somebody who has said nothing yet."""
    page.get_by_role("button", name="Change number").click()
    expect(page.locator("#reading")).to_contain_text("Nothing was said yet")
    return page.locator("#number").inner_text()


def answers(page: Page) -> int:
    return page.locator("#sms-talk .bubble.heed:not(.scene)").count()


def test_a_customer_says_stop_and_sees_what_became_of_it(page: Page) -> None:
    number = new_number(page)
    expect(page.locator("#verdict")).to_have_text("allowed")
    page.get_by_role("textbox", name="Text message").fill("pls stop txting me")
    page.get_by_role("textbox", name="Text message").press("Enter")
    expect(page.locator("#sms-talk .bubble.heed:not(.scene)")).to_contain_text("unsubscribed")
    expect(page.locator("#verdict")).to_have_text("blocked")
    expect(page.locator("#reading .gist")).to_have_text("Wants no more of these messages")
    expect(page.locator("#reading .said-words")).to_have_text("pls stop txting me")
    expect(page.locator("#reading mark").first).to_contain_text("stop")
    expect(page.locator("#ledger .entry-title")).to_have_text("Opted out")
    expect(page.locator("#ledger")).to_contain_text(number)
    assert len(page.locator("#ledger .entry-id").inner_text()) == 28
    expect(page.locator("#command")).to_contain_text("heed check +1202555")
    expect(page.locator("#outgoing li").first).to_contain_text("unsubscribed")
    expect(page.locator("#said")).to_contain_text("Marketing is blocked")


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    seen = []
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id"))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", f"nobody sees that #{seen[-1]} has the focus"
        if seen[-1] == "sms-text":
            break
    assert [one for one in seen if one] == [
        "tab-phone",
        "country",
        "lang",
        "another",
        "sms-talk",
        "sms-text",
    ]
    page.keyboard.type("pls stop txting me")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#sms-talk .bubble.heed:not(.scene)").last).to_contain_text("unsubscribed")
    expect(page.locator("#verdict")).to_have_text("blocked")
    expect(page.locator("#sms-text")).to_be_focused()


def test_arrow_keys_walk_through_the_three_doors(page: Page) -> None:
    page.get_by_role("tab", name="Text message").focus()
    for name, panel in (("Mail", "#mail"), ("Slack", "#slack"), ("Text message", "#phone")):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name=name)).to_be_focused()
        expect(page.locator(panel)).to_be_visible()
        assert page.locator('[role="tabpanel"]:visible').count() == 1


def test_a_tapped_phrase_keeps_the_focus_for_the_next_one(page: Page) -> None:
    new_number(page)
    page.get_by_role("button", name="STOP", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_have_text("blocked")
    expect(page.get_by_role("button", name="STOP", exact=True)).to_be_focused()


def test_in_britain_the_reason_is_asked_and_two_answers_it(page: Page) -> None:
    page.get_by_label("Country").select_option("GB")
    new_number(page)
    page.get_by_role("button", name="STOP", exact=True).click()
    expect(page.locator("#reading .note")).to_contain_text("asks why, once")
    page.get_by_role("button", name="2, as the reason").click()
    expect(page.locator("#reading .gist")).to_have_text("Tells us why they left")
    expect(page.locator("#ledger .entry-title")).to_have_text("Reason given")
    expect(page.locator("#verdict")).to_have_text("blocked")


def test_another_country_brings_its_language_and_phrases(page: Page) -> None:
    page.get_by_label("Country").select_option("DE")
    expect(page.get_by_label("Language")).to_have_value("de")
    page.get_by_role("button", name="bitte keine SMS mehr").click()
    expect(page.locator("#reading .facts")).to_contain_text("German")
    expect(page.locator("#verdict")).to_have_text("blocked")


def test_a_talk_is_there_again_after_a_reload(page: Page, origin: str) -> None:
    number = new_number(page)
    page.get_by_role("button", name="HELP", exact=True).click()
    expect(page.locator("#reading .gist")).to_contain_text("help")
    visit(page, origin)
    assert page.locator("#number").inner_text() == number
    assert answers(page) == 1


def test_markup_that_somebody_types_is_shown_as_typed(page: Page) -> None:
    new_number(page)
    typed = "<img src=x onerror=alert(1)> stop"
    page.get_by_role("textbox", name="Text message").fill(typed)
    page.get_by_role("textbox", name="Text message").press("Enter")
    expect(page.locator("#sms-talk .bubble.person")).to_contain_text(typed)
    assert page.locator(".talk img, .findings img").count() == 0


def test_a_mail_shows_its_cut_quote_and_its_confirmation(page: Page) -> None:
    page.get_by_role("tab", name="Mail").click()
    page.get_by_label("From", exact=True).fill("browser@example.com")
    page.locator("#mail-form").get_by_role("button", name="Send").click()
    expect(page.locator("#mail-cut .gone").last).to_contain_text("unsubscribe")
    expect(page.locator("#reading mark").first).to_contain_text("take me off")
    expect(page.locator("#verdict")).to_have_text("blocked")
    expect(page.locator("#mail-answer")).to_contain_text("Auto-Submitted")
    expect(page.locator("#mail-answer")).to_contain_text("You are unsubscribed")


def test_the_team_decides_on_a_card_in_slack(page: Page) -> None:
    page.get_by_label("Country").select_option("FR")
    new_number(page)
    page.get_by_role("button", name="non", exact=True).click()
    expect(page.locator("#reading .note")).to_contain_text("A person decides")
    page.get_by_role("tab", name="Slack").click()
    card = page.locator(".review").last
    expect(card).to_contain_text("May be a stop")
    card.get_by_role("button", name="Not an opt-out").click()
    page.get_by_role("dialog").get_by_role("button", name="Back").click()
    expect(card).to_contain_text("May be a stop")
    card.get_by_role("button", name="Not an opt-out").click()
    page.get_by_role("dialog").get_by_role("button", name="Not an opt-out").click()
    expect(page.locator(".review.done")).to_contain_text("not an opt-out")
    expect(page.locator("#verdict")).to_have_text("allowed")


def test_the_menu_of_a_card_takes_it_on_and_opens_windows(page: Page) -> None:
    page.get_by_label("Country").select_option("FR")
    new_number(page)
    page.get_by_role("button", name="non", exact=True).click()
    expect(page.locator("#reading .note")).to_contain_text("A person decides")
    page.get_by_role("tab", name="Slack").click()
    card = page.locator(".review").last
    card.get_by_label("More").click()
    card.get_by_role("button", name="Assign to me").click()
    expect(page.locator(".review").first).to_contain_text("Taken on by: @U0SUPPORT")
    card = page.locator(".review").first
    card.get_by_label("More").click()
    card.get_by_role("button", name="Choose what stops…").click()
    window = page.get_by_role("dialog", name="Opt out")
    expect(window).to_contain_text("Everything, on every channel of the person")
    window.get_by_role("button", name="Close").click()
    expect(window).to_have_count(0)


def test_a_command_alone_opens_the_form(page: Page) -> None:
    page.get_by_role("tab", name="Slack").click()
    page.get_by_label("Slash command").fill("/optout")
    page.get_by_label("Slash command").press("Enter")
    window = page.get_by_role("dialog", name="Record an opt-out")
    expect(window).to_contain_text("Phone number, mail address or @person")
    expect(window).to_contain_text("Where it was heard")


def test_staff_record_what_they_heard_on_the_phone(page: Page) -> None:
    page.get_by_role("tab", name="Slack").click()
    page.get_by_label("Slash command").fill("/optout +1 202 555 0177 heard on the phone")
    page.get_by_label("Slash command").press("Enter")
    expect(page.locator("#command-answer")).to_contain_text("0177 is blocked")
    expect(page.locator("#state-address")).to_have_text("+1 202 555 0177")
    expect(page.locator("#verdict")).to_have_text("blocked")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844), (320, 640)])
def test_everybody_can_read_it_on_every_screen(
    browser: Browser, origin: str, scheme: str, width: int, height: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    visit(page, origin)
    page.get_by_role("button", name="STOP", exact=True).click()
    expect(page.locator("#verdict")).to_have_text("blocked")
    for name in ("Text message", "Mail", "Slack"):
        page.get_by_role("tab", name=name).click()
        page.evaluate("document.getAnimations().forEach((one) => one.finish())")
        assert page.evaluate(LOW_CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        small = page.evaluate(
            "[...document.querySelectorAll('button, input, select')].filter((one) => one.checkVisibility())"
            ".filter((one) => one.getBoundingClientRect().height < 24).map((one) => one.outerHTML)"
        )
        assert small == []
    context.close()

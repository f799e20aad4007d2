"""`make pictures`: every layout drawn by the demo's own renderer, in a headless Chromium.

Small PNGs with few colours; no network. Written to docs/pictures, and what is no layout any more is
removed from there.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page, Route, ViewportSize, sync_playwright

from tests.handlers.demo.test_demo_browser import ARGUMENTS, CHROMIUM
from tests.pictures.layouts import layouts

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
STATIC = ROOT / "handlers" / "web" / "static"
ORIGIN = "http://pictures.invalid"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
LOOK = ViewportSize(width=680, height=200)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        found = layouts(Path(folder))
    for old in PICTURES.glob("*.png"):
        if old.stem not in found:
            old.unlink()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page(viewport=LOOK, color_scheme="light", reduced_motion="reduce")
        page.route("**/*", _serve)
        page.goto(f"{ORIGIN}/")
        page.wait_for_function("window.ready")
        for name, layout in found.items():
            _draw(page, PICTURES / f"{name}.png", layout)
            print(f"docs/pictures/{name}.png", flush=True)
        browser.close()


def _draw(page: Page, path: Path, layout: object) -> None:
    page.evaluate("layout => window.show(layout)", layout)
    page.locator("#layout").screenshot(path=path)


def _serve(route: Route) -> None:
    """Our own files, and nothing else."""
    path = route.request.url.removeprefix(ORIGIN)
    file = Path(__file__).with_name("page.html")
    if path.startswith("/static/"):
        file = STATIC / path.removeprefix("/static/")
    if not route.request.url.startswith(ORIGIN) or not file.is_file():
        route.abort()
        return
    route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])


if __name__ == "__main__":
    main()

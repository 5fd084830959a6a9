"""A real browser on a real server: Debian's Chromium through Playwright, granian on the database
of the running test (which must commit: `pytest.mark.django_db(transaction=True)`)."""

import json
import os
import shutil
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright

from tests.programs import program, until

CHROMIUM = os.environ.get("HIMS_CHROMIUM") or next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
)
SCREENS = [(360, "light"), (360, "dark"), (1440, "light"), (1440, "dark")]
"""Widths in pixels, and looks, in which every page is looked at."""
UNFOLD = "document.querySelectorAll('details').forEach((one) => (one.open = true))"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The whole house at one address of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["-m", "granian", "--interface", "asgi", "--no-ws", "--host", "127.0.0.1"]
    command += ["--port", str(port), "hims.asgi:application"]
    address, log = f"http://127.0.0.1:{port}", folder / "web.log"

    def answers() -> bool:
        try:
            return httpx.get(f"{address}/sign-in/", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    with program(command, log):
        until(answers, 60, log)
        yield address


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; skips aloud where there is none."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: apt-get install chromium, or set HIMS_CHROMIUM")
    # Playwright keeps an event loop in this thread, in which Django would refuse the database.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            yield browser
            connections.close_all()  # beside that loop Django opened a connection of its own
            browser.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


def sign_in(page: Page, address: str, username: str, password: str = "") -> None:
    """Sign in through the sign-in page, as a person does; by default with given.PASSWORD."""
    if not password:
        from tests.given import PASSWORD  # it needs models, which tests.pictures does without

        password = PASSWORD
    page.goto(f"{address}/sign-in/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")


def faults_of(page: Page) -> list[str]:
    """A list that fills with what the page's console complains of, such as a refused script."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    return faults


def serious(page: Page) -> list[str]:
    """What axe calls serious or critical on this page."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {json.dumps(node['any'][:1])[:200]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def width_of(page: Page) -> int:
    """Pixels across that the page takes; with more than its screen has it scrolls sideways."""
    return page.evaluate("document.documentElement.scrollWidth")


def wrong_on_screens(
    browser: Browser,
    address: str,
    username: str,
    paths: Iterable[str],
    screens: Iterable[tuple[int, str]] = SCREENS,
    *,
    unfolding: bool = False,
) -> list[str]:
    """What is wrong with pages as this person sees them on each screen: what axe calls serious,
    what is wider than the screen, what the console complains of. With `unfolding` they are looked
    at a second time when all that folds is open."""
    wrong: list[str] = []
    state = None
    for width, look in screens:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=look, storage_state=state
        )
        page = context.new_page()
        faults = faults_of(page)
        if state is None:
            sign_in(page, address, username)
            state = context.storage_state()
        for path in paths:
            page.goto(address + path)
            page.wait_for_load_state("load")
            page.wait_for_timeout(150)
            where = f"{path} at {width} {look}"
            wrong += [f"{where}: {one}" for one in serious(page)]
            if unfolding:
                page.evaluate(
                    "document.querySelectorAll('details').forEach((it) => it.open = true)"
                )
                wrong += [f"{where}, unfolded: {one}" for one in serious(page)]
            if width_of(page) > width:
                wrong.append(f"{where}: scrolls sideways")
            wrong += [f"{where}: {one}" for one in faults if "404" not in one]
            faults.clear()
        context.close()
    return wrong

"""`make pictures`: the README's pictures, taken from a running demonstration hospital.

    python -m tests.pictures [--url http://127.0.0.1:8000] --password WORD

Without an address it runs a demonstration of its own, in a folder of its own, for as long as it
needs. Pictures are written to docs/ with few colours, so that they stay small.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser import CHROMIUM, sign_in

CHECKOUT = Path(__file__).resolve().parent.parent
DOCS = CHECKOUT / "docs"
PORT = 8497
SETTLING_S = 45  # so long the simulated hospital moves before it is looked at
NEAR = "/locate/?q=infusion+pump&near=Porters%E2%80%99+lodge"
PICTURES = [
    # file, whose, address, what is opened there, width, height, look
    ("map.png", "porter", "/map/", "", 1280, 720, "light"),
    ("locate.png", "porter", NEAR, "", 1440, 860, "light"),
    ("phone.png", "porter", NEAR, "", 390, 844, "dark"),
    (
        "counter.png",
        "pharmacist",
        "/pharmacy/?stage=pick",
        "[data-open-supply]",
        1440,
        900,
        "light",
    ),
    ("board.png", "charge-nurse", "/flow/", "", 1440, 900, "light"),
    ("report.png", "manager", "/reports/er-throughput/", "", 1440, 1100, "light"),
]


@contextmanager
def demonstration() -> Iterator[tuple[str, str]]:
    """A demonstration of its own: its address and the password of its people."""
    with tempfile.TemporaryDirectory(prefix="hims-pictures-") as folder:
        command = [sys.executable, "manage.py", "demo", "--port", str(PORT)]
        running = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env={**os.environ, "HIMS_VAR": folder},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            password = ""
            for line in running.stdout:
                if found := re.search(r"with the password (\S+)", line):
                    password = found[1]
                if line.startswith("ready "):
                    break
            else:
                raise SystemExit("The demonstration did not start; its reason is above.")
            time.sleep(SETTLING_S)
            yield f"http://127.0.0.1:{PORT}", password
        finally:
            running.terminate()
            running.wait(30)


def take(url: str, password: str) -> None:
    """All pictures, each as its person sees it."""
    DOCS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        states: dict = {}
        for file, whose, address, opened, width, height, look in PICTURES:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=look,
                storage_state=states.get(whose),
            )
            page = context.new_page()
            if whose not in states:
                sign_in(page, url, whose, password)
                states[whose] = context.storage_state()
            page.goto(url + address)
            page.wait_for_selector("#status[data-live=live]")
            if opened:
                page.locator(opened).first.click()
            page.wait_for_timeout(1500)
            print(f"{file}: {small(page, DOCS / file) // 1024} kB", flush=True)
            context.close()
        browser.close()


def small(page: Page, path: Path) -> int:
    """Write what the page shows with at most 256 colours; the bytes that it takes."""
    with Image.open(BytesIO(page.screenshot())) as shot:
        shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    return path.stat().st_size


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", default="", help="a demonstration that runs already")
    arguments.add_argument("--password", default="", help="the password that it printed")
    asked = arguments.parse_args()
    if not CHROMIUM:
        raise SystemExit("Pictures need Chromium: apt-get install chromium, or set HIMS_CHROMIUM.")
    if asked.url:
        take(asked.url.rstrip("/"), asked.password)
    else:
        with demonstration() as (url, password):
            take(url, password)


if __name__ == "__main__":
    main()

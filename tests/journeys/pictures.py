"""The pictures of the READMEs: `python -m tests.journeys.pictures` starts the platform with its demo and takes them.

Another folder than docs/images may be named. Needs chromium; PYTHONPATH must have src.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.journeys.conftest import CHROMIUM, CHROMIUM_OPTIONS
from tests.journeys.person import LOCALES, Person, Screen, Tally
from tests.journeys.platform import ROOT, Platform, running_platform

FOLDER = ROOT / "docs" / "images"
SCREEN = Screen("readme", 1440, 1120)
LOGIN_ID = "hidamari-clerk"
SUBJECT = "年末特別コース用食材"
"""A quotation with both tax rates that waits for the buyer's answer."""
BYTES_MAX = 300_000


def take_pictures(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    with running_platform() as platform, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
        files = [_picture(browser, platform, language, folder) for language in LOCALES]
        browser.close()
    return files


def _picture(browser: Browser, platform: Platform, language: str, folder: Path) -> Path:
    reader = Person(browser, platform, Tally(), language=language, screen=SCREEN).sign_in(LOGIN_ID)
    row = reader.page.locator("tr").filter(has_text=SUBJECT)
    reader.leave(row.locator(".main a").click)
    file = folder / f"portal-{language}.png"
    reader.page.screenshot(path=file)
    assert file.stat().st_size < BYTES_MAX, f"{file.name} has {file.stat().st_size:,} bytes"
    reader.close()
    return file


if __name__ == "__main__":
    for each in take_pictures(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER):
        print(f"{each} ({each.stat().st_size:,} bytes)")

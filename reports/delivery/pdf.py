"""Prints pages as PDF with Chromium, driven by Playwright: the same page, the same fonts, tagged for screen readers.

One tab of one browser prints many pages, which takes half of the time. Each page replaces the one before completely,
and since none runs a script or reaches a network, none leaves anything behind.
"""

from __future__ import annotations

import shutil
from types import TracebackType
from typing import TYPE_CHECKING

from python_models.errors import DreamseedError, UsageError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

# No desktop, no background traffic: the browser looks up nothing of its own.
FLAGS = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")
NAMES = ("chromium", "chromium-browser", "google-chrome")


def browser_path() -> str:
    """Return the path of the browser. Raises UsageError where none is installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise UsageError("PDFs need Chromium, which is not installed.", "run `make setup`, or use --format html.")
    return found


class PrintError(DreamseedError):
    """The browser did not print; it may have died."""


class Printer:
    """A running browser that prints. Use it as a context manager, or close it."""

    def __init__(self) -> None:
        """Start the browser. Raises UsageError where none is installed."""
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a second to import, only PDFs need it

        path = browser_path()
        self._playwright: Playwright = sync_playwright().start()
        # Containers have no user namespaces for its sandbox; it sees nothing but our own escaped pages.
        self._browser: Browser = self._playwright.chromium.launch(executable_path=path, args=list(FLAGS),
                                                                  chromium_sandbox=False)
        self._sheet: Page = self._browser.new_context(java_script_enabled=False, offline=True).new_page()

    def print(self, page: str, footer: str) -> bytes:
        """Return the PDF of an HTML page, A4, with the HTML `footer` at its foot. Raises PrintError."""
        from playwright.sync_api import Error  # noqa: PLC0415

        try:
            self._sheet.set_content(page, wait_until="load")
            return self._sheet.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True,
                                   display_header_footer=True, header_template="<span></span>", footer_template=footer)
        except Error as error:
            raise PrintError(f"Chromium did not print the page: {error.message.splitlines()[0]}.",
                             "give the job more memory or fewer --processes.") from error

    def close(self) -> None:
        """Stop the browser."""
        self._browser.close()
        self._playwright.stop()

    def __enter__(self) -> Printer:
        """Return the printer itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Stop the browser."""
        self.close()

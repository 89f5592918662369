"""Prints pages as PDF with Chromium, driven by Playwright: the same page, the same fonts, tagged for screen readers.

One tab of one browser prints many pages, which takes half of the time. Each page replaces the one before completely,
and since none runs a script or reaches a network, none leaves anything behind.
"""

from __future__ import annotations

import re
import shutil
from types import TracebackType
from typing import TYPE_CHECKING

from python_models.errors import DreamseedError, UsageError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, PdfMargins, Playwright

# No desktop, no background traffic: the browser looks up nothing of its own.
FLAGS = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")
# At 0.85 of its size a page takes 0.72 of its area: enough for any last page that is under a third full.
SCALES = (0.92, 0.85)
MARGIN: PdfMargins = {"top": "13mm", "right": "14mm", "bottom": "14mm", "left": "14mm"}  # as in report.css
NAMES = ("chromium", "chromium-browser", "google-chrome")


def n_pages(pdf: bytes) -> int:
    """Return the number of pages of a PDF that Chromium wrote: it leaves the dictionaries of pages uncompressed."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


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

    def print(self, page: str, footer: str, most: int | None = None) -> bytes:
        """Return the PDF of an HTML page, A4 unless it names a size, with the HTML `footer`. Raises PrintError.

        It is printed smaller, by SCALES, if that brings it to `most` pages; without `most`, if that saves the last one.
        """
        from playwright.sync_api import Error  # noqa: PLC0415

        try:
            self._sheet.set_content(page, wait_until="load")
            whole = self._pdf(footer, 1)
            wanted = most or n_pages(whole) - 1
            smaller = (self._pdf(footer, scale) for scale in SCALES if 0 < wanted < n_pages(whole))
            return next((pdf for pdf in smaller if n_pages(pdf) <= wanted), whole)
        except Error as error:
            raise PrintError(f"Chromium did not print the page: {error.message.splitlines()[0]}.",
                             "give the job more memory or fewer --processes.") from error

    def _pdf(self, footer: str, scale: float) -> bytes:
        return self._sheet.pdf(scale=scale, format="A4", margin=MARGIN, prefer_css_page_size=True,
                               print_background=True, tagged=True, outline=True, display_header_footer=True,
                               header_template="<span></span>", footer_template=footer)

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

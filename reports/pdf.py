"""Prints pages as PDF with Chromium, driven by Playwright: the same page, the same fonts, tagged for screen readers.

One browser serves many pages. A page runs no script, reaches no network and shares nothing with the page before.
"""

from __future__ import annotations

import shutil
from types import TracebackType
from typing import TYPE_CHECKING

from python_models.errors import UsageError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

# Without a desktop, and as quiet as it gets: the browser looks up nothing of its own.
FLAGS = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")
NAMES = ("chromium", "chromium-browser", "google-chrome")


def browser_path() -> str:
    """Return the path of the browser. Raises UsageError where none is installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise UsageError("PDFs need Chromium, which is not installed.", "run `make setup`, or use --format html.")
    return found


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

    def print(self, page: str, footer: str) -> bytes:
        """Return the PDF of an HTML page, A4, with `footer` (text) and page numbers at its foot."""
        context = self._browser.new_context(java_script_enabled=False, offline=True)
        try:
            sheet = context.new_page()
            sheet.set_content(page, wait_until="load")
            return sheet.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True,
                             display_header_footer=True, header_template="<span></span>", footer_template=footer)
        finally:
            context.close()

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

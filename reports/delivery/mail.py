"""A short version as a mail: one .eml file with the text and the HTML, for any mail program to open or to send."""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from email.policy import SMTP

from reports.pages.brief import Brief


def message(brief: Brief, language: str) -> bytes:
    """Return a mail with `brief` as multipart/alternative, text first (RFC 2046, 5.1.4).

    It names no sender, receiver or date: who sends it adds them. `X-Unsent` lets mail programs open it as a draft. The
    same brief gives the same bytes.
    """
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = brief.title
    mail["X-Unsent"] = "1"
    mail.set_content(brief.text, cte="base64")
    mail.add_alternative(brief.html, subtype="html", cte="base64")
    mail["Content-Language"] = language  # last: headers of content that stand before the parts move into the first
    mail.set_boundary(f"=_{hashlib.sha256((brief.text + brief.html).encode()).hexdigest()[:32]}")
    return mail.as_bytes()

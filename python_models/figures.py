"""Numbers as people read them."""

from __future__ import annotations

import math
from decimal import Decimal

LARGEST = 1e15  # from here on a double no longer holds every whole number


def readable(value: float | Decimal, digits: int = 6) -> str:
    """Return `value` with commas and at most `digits` significant digits; a whole number keeps all of its digits.

    There is an exponent only under 0.0001 and from 1e15 on, where it is shorter than the zeros.
    """
    size = abs(float(value))
    if not math.isfinite(size) or size >= LARGEST:
        return f"{value:.{digits}g}"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if size >= 10 ** (digits - 1) else f"{value:,.{digits}g}"

"""Jobs from end to end: builds, fits, backfills, upkeep, verification."""

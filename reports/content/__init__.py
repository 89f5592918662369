"""The contents of reports, without language or layout."""

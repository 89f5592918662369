"""Rendering many reports, printing PDFs, storing them and the record of what was stored."""

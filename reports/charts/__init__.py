"""Charts of reports and of fits. A fit named in FITS_WITH_PICTURES has a module of that name with `draw`."""

FITS_WITH_PICTURES = ("forecast", "segments")

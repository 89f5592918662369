"""Pages of a report: wording, templates, rendering."""

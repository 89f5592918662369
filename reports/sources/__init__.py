"""What reports read from the warehouse's models `report_*`, as records."""

"""What a report says, without language or layout."""

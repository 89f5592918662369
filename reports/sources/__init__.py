"""What reports read from the warehouse's marts, as records."""

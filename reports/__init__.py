"""What people read: pictures and reports, made from the warehouse's marts only."""

"""What people read: pictures of fits, and the weekly reports of learners and classes."""

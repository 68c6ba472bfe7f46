"""What people and programs read on standard output."""

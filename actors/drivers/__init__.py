"""What stands between evsite and devices: base classes for real hardware, and drivers built on them."""

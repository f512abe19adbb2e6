"""Values that outlive a restart."""

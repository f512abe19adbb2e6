"""Authorization: the one place that decides about tokens, and the validators it asks."""

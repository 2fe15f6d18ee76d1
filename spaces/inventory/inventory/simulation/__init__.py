"""A made-up business whose truth is known, and ways to order tried on it."""

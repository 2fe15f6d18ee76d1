"""What to order, how much and when, from a forecast or as like outlets do."""

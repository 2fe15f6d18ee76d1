"""Shared preprocessing and model code. Knows no system; see DESIGN in CONTRIBUTING.md for the import rules."""

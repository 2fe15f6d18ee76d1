"""Benchmarks of the coach: `python -m benchmarks.coach.<name>`."""

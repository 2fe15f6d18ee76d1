"""Benchmarks of feedback; each runs as `python -m benchmarks.feedback.<name>`."""

"""Receipts: from a photo, scan or PDF to checked fields and lines."""

"""Questions in words: read into a checked form, answered from the records, told in sentences."""

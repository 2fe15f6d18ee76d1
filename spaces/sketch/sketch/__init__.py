"""From a line drawing and a few words to a picture in a style found by meaning."""

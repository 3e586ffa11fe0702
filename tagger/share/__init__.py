"""Shares of themes among many paragraphs, with intervals that hand labels make valid."""

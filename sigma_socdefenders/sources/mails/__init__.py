"""Saved mails: their header, the text in them, and what is attached."""

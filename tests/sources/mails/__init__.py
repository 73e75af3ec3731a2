"""Tests of the room `sources.mails`."""

"""Tests of the feed client, against a real server on this machine."""

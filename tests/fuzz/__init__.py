"""Replays the inputs of the fuzz."""

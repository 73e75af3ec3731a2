"""The folder of rules."""

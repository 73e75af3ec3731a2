"""JSON and JSON Lines in any shape but STIX and MISP."""

"""What is written besides queries: lookups, a folder of rules, member lists, coverage."""

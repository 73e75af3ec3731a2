"""How indicators become Sigma rules: profiles, identity, groups, and the YAML writer."""

"""The one processing step: a rule in Sigma's terms becomes a rule in the platform's."""

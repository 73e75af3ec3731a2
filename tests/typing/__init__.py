"""The types that users of the package see."""

"""What an indicator is: its types, its canonical form, its fields, and the one door to it."""

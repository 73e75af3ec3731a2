"""What each platform imports: saved searches and detection rules."""

"""What has to hold at each door, for any bytes: functions that raise where it does not."""

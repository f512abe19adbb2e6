"""The station as a whole: logs, firmware, restarts and the clock."""

"""The driver for Windows: windows and their parts by UI Automation, input by the system's own calls."""

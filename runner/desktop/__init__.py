"""The desktop as nodes see it: windows, pointer, keys, clipboard and pictures, by a driver for each system."""

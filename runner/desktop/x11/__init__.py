"""The driver for X11: windows by EWMH, input by XTEST, the clipboard by selections."""

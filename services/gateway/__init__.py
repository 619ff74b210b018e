"""The gateway: the only service a browser or an integrator sees. Identity, REST, live events and pages."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("exekra-hub")
except PackageNotFoundError:
    VERSION = "0+source"
"""Of the installed distribution; sources that were never installed have none."""

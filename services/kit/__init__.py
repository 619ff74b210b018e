"""Mechanisms without a business noun, shared by every service. Nothing here knows a workflow, a runner or a user."""

import sys

# structlog loads rich, where it is installed, for tracebacks that we do not draw: a fifth of a service's start and 6 MB
# of each process. So it is not found while structlog is loaded; whoever wants it (the command line) imports it later.
if "rich" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]  # None is how Python says "not to be found"
    import structlog  # noqa: F401 - loaded here, so that it is loaded this way

    del sys.modules["rich"]

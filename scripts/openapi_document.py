"""Prints the API's OpenAPI document as the route table makes it, without starting anything: for generators."""

import json
import sys

from services.gateway.openapi import build_document
from services.gateway.routes.table import route_table


def main() -> int:
    """Writes to stdout."""
    sys.stdout.write(json.dumps(build_document(route_table())))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How nodes trust a server: by the authorities of the system, or by those of a file."""

import ssl

from runner.nodes.base import NodeContext, NodeFailure
from runner.nodes.paths import file_errors, resolve_path


def client_tls(context: NodeContext, ca_file: str | None, *, verify: bool = True) -> ssl.SSLContext:
    """Settings of a client. Blocks on files. Raises NodeFailure INVALID_CA and those of reading a file."""
    if ca_file is None:
        tls = ssl.create_default_context()
    else:
        path = resolve_path(context, ca_file)
        with file_errors(path):
            path.open("rb").close()
            try:
                tls = ssl.create_default_context(cafile=path)
            except ssl.SSLError as error:
                raise NodeFailure("INVALID_CA", f"{path} holds no PEM certificate; check the CA file.") from error
    if not verify:
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    return tls

"""The route table by resource: method, path, RPC, models, permission and audit event, one declaration each."""

"""n8n's HTTP Request in the forms of all versions."""

import json
import re
from collections.abc import Mapping
from typing import Any

from runner.workflow.foreign.model import Piece
from runner.workflow.foreign.n8n_expressions import Values
from runner.workflow.foreign.product import Made, Surroundings
from runner.workflow.foreign.rendering import UntranslatableError
from runner.workflow.foreign.scope import Scope

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def make_request(piece: Piece, around: Surroundings, values: Values) -> Made:
    """`http.request`; the item behind it is the answer's JSON, as there. Raises UntranslatableError."""
    given = piece.config
    method = str(given.get("method", given.get("requestMethod", "GET"))).upper()
    config: dict[str, Any] = {"method": method, "url": values.value(given.get("url", ""), "url")}
    query = _pairs(given, ("queryParameters", "queryParametersUi"), values, "query")
    headers = _pairs(given, ("headerParameters", "headerParametersUi"), values, "headers")
    if given.get("specifyQuery") == "json" or given.get("queryParametersJson"):
        query = _json(given.get("jsonQuery") or given.get("queryParametersJson"), values, "query")
    if given.get("specifyHeaders") == "json" or given.get("headerParametersJson"):
        headers = _json(given.get("jsonHeaders") or given.get("headerParametersJson"), values, "headers")
    if query and given.get("sendQuery") is not False:
        config["query"] = query
    if headers and given.get("sendHeaders") is not False:
        config["headers"] = headers
    body = _body(given, values)
    if body is not None:
        config["body"] = body
    _authenticate(piece, around, config)
    _options(piece, around, config)
    whole = f"nodes.{around.id}.output"
    answer = Scope(f"{whole}.json")
    if _response(given).get("fullResponse") or _option(given, "fullResponse"):
        parts = {
            "body": Scope(f"{whole}.json"),
            "headers": Scope(f"{whole}.headers"),
            "statusCode": Scope(f"{whole}.status"),
        }
        answer = Scope(None, parts)
    elif _response(given).get("responseFormat") == "text":
        answer = Scope(None, {str(_response(given).get("outputPropertyName", "data")): Scope(f"{whole}.text")})
    else:
        around.note(piece, "approximate", "An answer that is a list became one item each there; here it is one value.")
    repeats = piece.original.get("retryOnFail") is True and method not in _SAFE
    if repeats:
        around.note(piece, "setting", "It is tried again after failures, as there, so it was marked as repeatable.")
    return Made("http.request", config, after=(answer,), options={"repeatable": True} if repeats else {})


def _pairs(given: Mapping[str, Any], members: tuple[str, str], values: Values, where: str) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for member in members:
        group = given.get(member)
        if isinstance(group, dict):
            entries = group.get("parameters") or group.get("parameter") or []
            for entry in entries if isinstance(entries, list) else []:
                if isinstance(entry, dict) and entry.get("name"):
                    pairs[str(entry["name"])] = values.value(entry.get("value", ""), where)
    return pairs


def _json(text: Any, values: Values, where: str) -> dict[str, Any]:
    if _is_expression(text):
        return values.members(text, where)
    document = _parsed(text, where)
    if not isinstance(document, dict):
        raise UntranslatableError(f"Its {where} are no JSON object.")
    return {str(key): values.value(value, where) for key, value in document.items()}


def _is_expression(text: Any) -> bool:
    return isinstance(text, str) and text.startswith("=")


def _parsed(text: Any, where: str) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise UntranslatableError(f"Its {where} are JSON with expressions inside, or no JSON.") from None


def _body(given: Mapping[str, Any], values: Values) -> dict[str, Any] | None:
    if given.get("sendBody") is False:
        return None
    kind = str(given.get("contentType", given.get("bodyContentType", "json")))
    pairs = _pairs(given, ("bodyParameters", "bodyParametersUi"), values, "body")
    raw = given.get("jsonBody", given.get("bodyParametersJson"))
    if kind == "raw" or given.get("rawContentType"):
        text = values.value(str(given.get("body", "")), "body")
        return {"type": "text", "text": text, "contentType": str(given.get("rawContentType") or "text/plain")}
    if kind in ("multipart-form-data", "binaryData"):
        raise UntranslatableError("It sends files, which http.request does not do yet.")
    if kind == "form-urlencoded":
        return {"type": "form", "fields": pairs} if pairs else None
    if raw not in (None, ""):
        if _is_expression(raw):
            return {"type": "json", "value": _expression_body(raw, values)}
        return {"type": "json", "value": values.value(_parsed(raw, "body"), "body")}
    return {"type": "json", "value": pairs} if pairs else None


def _expression_body(raw: str, values: Values) -> Any:
    """JSON text with expressions in it; one whole expression keeps its type, others are put into JSON's own values."""
    inner = raw[1:].strip()
    if "JSON.stringify" in inner:
        return values.members(raw, "body")
    if re.fullmatch(r"{{(?:(?!}}).)*}}", inner, re.DOTALL):
        return values.value(f"={inner}", "body")
    # "{{ … }}" inside quotes is part of a text, outside it stands for any value.
    quoted = re.sub(r'(?<!["\w ]){{(.*?)}}(?=\s*[,}\]\n])', lambda found: json.dumps("={{" + found[1] + "}}"), inner)
    quoted = re.sub(r"(:\s*){{(.*?)}}", lambda found: found[1] + json.dumps("={{" + found[2] + "}}"), quoted)
    document = _parsed(quoted, "body")
    return values.value(_marked(document), "body")


def _marked(value: Any) -> Any:
    """Texts with expressions in them begin with `=`, as everywhere else in n8n."""
    if isinstance(value, str):
        return f"={value}" if "{{" in value and not value.startswith("=") else value
    if isinstance(value, list):
        return [_marked(element) for element in value]
    if isinstance(value, dict):
        return {key: _marked(element) for key, element in value.items()}
    return value


def _authenticate(piece: Piece, around: Surroundings, config: dict[str, Any]) -> None:
    credentials = piece.original.get("credentials")
    for kind, given in credentials.items() if isinstance(credentials, dict) else ():
        name = str(given.get("name", kind)) if isinstance(given, dict) else str(given)
        word = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "credential"
        if kind == "httpBasicAuth":
            fields = {
                "username": f"{{{{ credentials.{word}.username }}}}",
                "password": f"{{{{ credentials.{word}.password }}}}",
            }
            config["auth"] = {"type": "basic", **fields}
            around.note(piece, "credential", f"Make a credential {word} with username and password.")
        elif kind in ("httpBearerAuth", "httpHeaderAuth"):
            config["auth"] = {"type": "bearer", "token": f"{{{{ credentials.{word}.token }}}}"}
            hint = "" if kind == "httpBearerAuth" else " It was a header of its own there; check which."
            around.note(piece, "credential", f"Make a credential {word} with token.{hint}")
        else:
            around.note(piece, "credential", f"Its credential {name} ({kind}) has no equivalent: set auth or headers.")


def _options(piece: Piece, around: Surroundings, config: dict[str, Any]) -> None:
    given = piece.config
    timeout = _option(given, "timeout")
    if isinstance(timeout, int | float) and not isinstance(timeout, bool) and 0 < timeout <= 3_600_000:
        config["timeoutSeconds"] = timeout / 1000
    if _option(given, "allowUnauthorizedCerts") is True or given.get("allowUnauthorizedCerts") is True:
        around.note(piece, "setting", "It accepted any certificate; here the certificate is checked. Give a CA file.")
    if _response(given).get("neverError") is True:
        config["expectedStatus"] = "100-599"
    if _option(given, "pagination"):
        around.note(piece, "setting", "Its pagination was left out; repeat the request in a while.")
    if _option(given, "batching"):
        around.note(piece, "setting", "Its batching was left out.")


def _option(given: Mapping[str, Any], name: str) -> Any:
    options = given.get("options")
    return options.get(name) if isinstance(options, dict) else None


def _response(given: Mapping[str, Any]) -> Mapping[str, Any]:
    outer = _option(given, "response")
    inner = outer.get("response") if isinstance(outer, dict) else None
    return inner if isinstance(inner, dict) else {}

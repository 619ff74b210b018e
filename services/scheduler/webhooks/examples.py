"""How to call a trigger, as code that runs: made for its authentication, with the secret as a variable."""

import shlex
from dataclasses import dataclass
from typing import Final

from services.scheduler.webhooks.model import Authentication, AuthType, Encoding, SecretEncoding

BODY: Final = '{"order": 7}'
_STRIPE_BODY: Final = '{"id": "evt_1", "type": "invoice.paid"}'
_FORM: Final = "From=%2B49301234&To=%2B49305678"


@dataclass(frozen=True, slots=True)
class Example:
    """One piece of code; `language` is "sh" or "python"."""

    language: str
    code: str


def examples(auth: Authentication, url: str) -> list[Example]:
    """By curl (with openssl for signatures), and in Python without any library."""
    return [Example("sh", _shell(auth, url)), Example("python", _python(auth, url))]


def instructions(auth: Authentication) -> str:
    """What to set at the sender, for a person."""
    return _INSTRUCTIONS[auth.type].format(auth=auth)


_INSTRUCTIONS: Final = {
    AuthType.NONE: "Call the address. Whoever knows it can start the workflow.",
    AuthType.BEARER: "Call the address with the header `Authorization: Bearer <secret>`.",
    AuthType.BASIC: "Call the address with HTTP basic authentication: user {auth.username}, the secret as password.",
    AuthType.GITHUB: "In the repository's settings under Webhooks: add the address, content type application/json, "
    "and the secret.",
    AuthType.STRIPE: "In Stripe's dashboard under Developers, Webhooks: add the address as endpoint, then give its "
    "signing secret (whsec_…) to this trigger.",
    AuthType.SLACK: "In the app's settings: give its signing secret to this trigger, then enter the address under "
    "Event Subscriptions, Interactivity or Slash Commands.",
    AuthType.STANDARD_WEBHOOKS: "Give address and secret (whsec_…) to the sender; it signs by Standard Webhooks 1.0.",
    AuthType.TWILIO: "Give the account's auth token to this trigger as its secret, then enter the address as webhook "
    "at Twilio, exactly as it stands here.",
    AuthType.HMAC: "Sign the bytes of the body by HMAC ({auth.algorithm}) with the secret, and send the signature in "
    "the header {auth.header}: {auth.prefix}<signature in {auth.encoding}>.",
}


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a shell makes the call. Headers are the arguments of curl's -H; `content` is what gets signed."""

    headers: tuple[str, ...] = ('"Idempotency-Key: $id"',)
    body: str = BODY
    media_type: str = "application/json"
    prepare: tuple[str, ...] = ()
    content: str = ""
    algorithm: str = "sha256"
    encoding: Encoding = Encoding.HEX
    hex_key: str = ""


def _hex_of(base64_text: str) -> str:
    """openssl takes keys that are no text in hexadecimal digits alone."""
    return f"key=$(printf %s \"{base64_text}\" | base64 -d | od -An -v -tx1 | tr -d ' \\n')"


_AT: Final = "at=$(date +%s)"
_RECIPES: Final = {
    AuthType.NONE: _Recipe(),
    AuthType.BEARER: _Recipe(('"Authorization: Bearer $SECRET"', '"Idempotency-Key: $id"')),
    AuthType.BASIC: _Recipe(),
    AuthType.GITHUB: _Recipe(
        ('"X-GitHub-Event: push"', '"X-GitHub-Delivery: $id"', '"X-Hub-Signature-256: sha256=$signature"'),
        content="$body",
    ),
    AuthType.STRIPE: _Recipe(
        ('"Stripe-Signature: t=$at,v1=$signature"',), _STRIPE_BODY, prepare=(_AT,), content="$at.$body"
    ),
    AuthType.SLACK: _Recipe(
        ('"X-Slack-Request-Timestamp: $at"', '"X-Slack-Signature: v0=$signature"', '"Idempotency-Key: $id"'),
        prepare=(_AT,),
        content="v0:$at:$body",
    ),
    AuthType.STANDARD_WEBHOOKS: _Recipe(
        ('"webhook-id: $id"', '"webhook-timestamp: $at"', '"webhook-signature: v1,$signature"'),
        prepare=(_AT, _hex_of("${SECRET#whsec_}")),
        content="$id.$at.$body",
        encoding=Encoding.BASE64,
        hex_key="$key",
    ),
    AuthType.TWILIO: _Recipe(
        ('"X-Twilio-Signature: $signature"', '"Idempotency-Key: $id"'),
        _FORM,
        "application/x-www-form-urlencoded",
        content="${url}From+49301234To+49305678",
        algorithm="sha1",
        encoding=Encoding.BASE64,
    ),
}


def _recipe(auth: Authentication) -> _Recipe:
    if auth.type is not AuthType.HMAC:
        return _RECIPES[auth.type]
    header = shlex.quote(f"{auth.header}: {auth.prefix}") + '"$signature"'
    return _Recipe(
        (header, '"Idempotency-Key: $id"'),
        prepare=(_hex_of("$SECRET"),) if auth.secret_encoding is SecretEncoding.BASE64 else (),
        content="$body",
        algorithm=auth.algorithm,
        encoding=auth.encoding,
        hex_key={SecretEncoding.TEXT: "", SecretEncoding.HEX: "$SECRET", SecretEncoding.BASE64: "$key"}[
            auth.secret_encoding
        ],
    )


def _shell(auth: Authentication, url: str) -> str:
    recipe = _recipe(auth)
    lines = [f"url={shlex.quote(url)}", f"body={shlex.quote(recipe.body)}", 'id="example-$(date +%s)-$$"']
    lines += recipe.prepare
    if recipe.content:
        lines.append(f"signature=$({_openssl(recipe)})")
    user = [f'-u {shlex.quote(auth.username + ":")}"$SECRET"'] if auth.type is AuthType.BASIC else []
    headers = [f"-H {header}" for header in (f'"Content-Type: {recipe.media_type}"', *recipe.headers)]
    call = ['curl -sS -X POST "$url"', *user, *headers, '--data-binary "$body"']
    return "\n".join([*lines, " \\\n  ".join(call)]) + "\n"


def _openssl(recipe: _Recipe) -> str:
    key = f'-mac HMAC -macopt hexkey:"{recipe.hex_key}"' if recipe.hex_key else '-hmac "$SECRET"'
    digest = f'printf %s "{recipe.content}" | openssl dgst -{recipe.algorithm} {key}'
    if recipe.encoding is Encoding.HEX:
        return f"{digest} | sed 's/^.*= *//'"
    plain = f"{digest} -binary | openssl base64 -A"
    return f"{plain} | tr '+/' '-_' | tr -d =" if recipe.encoding is Encoding.BASE64URL else plain


def _python(auth: Authentication, url: str) -> str:
    body = {AuthType.STRIPE: _STRIPE_BODY, AuthType.TWILIO: _FORM}.get(auth.type, BODY)
    media_type = "application/x-www-form-urlencoded" if auth.type is AuthType.TWILIO else "application/json"
    lines = [
        "import base64, hashlib, hmac, os, time, urllib.request, uuid",
        "",
        f"url, body = {url!r}, {body.encode()!r}",
        'secret, at, identifier = os.environ.get("SECRET", ""), str(int(time.time())), str(uuid.uuid4())',
        f'headers = {{"Content-Type": {media_type!r}, "Idempotency-Key": identifier}}',
        *_PYTHON.get(auth.type, ()),
    ]
    if auth.type is AuthType.BASIC:
        lines += [
            f'pair = base64.b64encode(({auth.username!r} + ":" + secret).encode()).decode()',
            'headers["Authorization"] = f"Basic {pair}"',
        ]
    if auth.type is AuthType.HMAC:
        lines += _python_hmac(auth)
    lines += [
        'request = urllib.request.Request(url, body, headers, method="POST")',
        "with urllib.request.urlopen(request) as response:",
        "    print(response.status, response.read().decode())",
    ]
    return "\n".join(lines) + "\n"


_PYTHON: Final = {
    AuthType.BEARER: ('headers["Authorization"] = f"Bearer {secret}"',),
    AuthType.GITHUB: (
        'signature = hmac.new(secret.encode(), body, "sha256").hexdigest()',
        'headers |= {"X-GitHub-Delivery": identifier, "X-Hub-Signature-256": f"sha256={signature}"}',
    ),
    AuthType.STRIPE: (
        'signature = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()',
        'headers["Stripe-Signature"] = f"t={at},v1={signature}"',
    ),
    AuthType.SLACK: (
        'signature = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, "sha256").hexdigest()',
        'headers |= {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signature}"}',
    ),
    AuthType.STANDARD_WEBHOOKS: (
        'key = base64.b64decode(secret.removeprefix("whsec_"))',
        'digest = hmac.digest(key, f"{identifier}.{at}.".encode() + body, "sha256")',
        'headers |= {"webhook-id": identifier, "webhook-timestamp": at}',
        'headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode()',
    ),
    AuthType.TWILIO: (
        'digest = hmac.digest(secret.encode(), f"{url}From+49301234To+49305678".encode(), "sha1")',
        'headers["X-Twilio-Signature"] = base64.b64encode(digest).decode()',
    ),
}


def _python_hmac(auth: Authentication) -> list[str]:
    key = {
        SecretEncoding.TEXT: "secret.encode()",
        SecretEncoding.HEX: "bytes.fromhex(secret)",
        SecretEncoding.BASE64: "base64.b64decode(secret)",
    }[auth.secret_encoding]
    written = {
        Encoding.HEX: "digest.hex()",
        Encoding.BASE64: "base64.b64encode(digest).decode()",
        Encoding.BASE64URL: 'base64.urlsafe_b64encode(digest).decode().rstrip("=")',
    }[auth.encoding]
    return [
        f"digest = hmac.digest({key}, body, {str(auth.algorithm)!r})",
        f"headers[{auth.header!r}] = {auth.prefix!r} + {written}",
    ]

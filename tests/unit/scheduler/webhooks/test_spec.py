"""What people say about a webhook is read, or refused with the place of what is wrong."""

from typing import Any

import pytest

from exekra.scheduler.v1.trigger_pb2 import WebhookAuth, WebhookSpec
from services.kit.errors import DomainError
from services.scheduler.webhooks.model import Algorithm, Authentication, AuthType, Encoding, SecretEncoding
from services.scheduler.webhooks.signatures import secret_bytes, standard_key
from services.scheduler.webhooks.spec import check_secret, make_secret, read_webhook, shown


def wrong(spec: WebhookSpec, before: Any = None) -> list[str]:
    with pytest.raises(DomainError) as caught:
        read_webhook(spec, before)
    assert caught.value.reason == "WEBHOOK_INVALID"
    return [field.pointer for field in caught.value.fields]


def test_nothing_said_is_no_authentication_and_no_limit() -> None:
    webhook = read_webhook(WebhookSpec(), None)
    assert (webhook.auth.type, webhook.filter, webhook.allowed_ips, webhook.rate_limit) == (AuthType.NONE, "", (), None)


def test_everything_said_is_kept_and_shown_without_secrets() -> None:
    auth = WebhookAuth(
        type="hmac",
        secret="s3cret",
        header="X-Mac",
        algorithm="sha512",
        encoding="base64url",
        prefix="v1=",
        secret_encoding="hex",
    )
    spec = WebhookSpec(auth=auth, filter=" {{ inputs.a > 1 }} ", allowed_ips=["10.1.2.3/8", "::1"], rate_limit=60)
    webhook = read_webhook(spec, None)
    assert webhook.auth == Authentication(
        AuthType.HMAC, "", "X-Mac", Algorithm.SHA512, Encoding.BASE64URL, "v1=", SecretEncoding.HEX
    )
    assert (webhook.filter, webhook.rate_limit) == ("inputs.a > 1", 60)
    assert [str(network) for network in webhook.allowed_ips] == ["10.0.0.0/8", "::1/128"]
    assert "s3cret" not in str(shown(webhook))


def test_a_change_leaves_alone_what_it_does_not_name() -> None:
    spec = WebhookSpec(auth=WebhookAuth(type="hmac", header="X-Mac"), filter="true", rate_limit=60, allowed_ips=["::1"])
    before = read_webhook(spec, None)
    after = read_webhook(WebhookSpec(auth=WebhookAuth(prefix="v1=")), before)
    assert (after.auth.header, after.auth.prefix, after.filter, after.rate_limit) == ("X-Mac", "v1=", "true", 60)
    emptied = read_webhook(WebhookSpec(), before, ["filter", "allowedIps", "rateLimit"])
    assert (emptied.filter, emptied.allowed_ips, emptied.rate_limit) == ("", (), None)
    # Another type begins without the options of the one before.
    assert read_webhook(WebhookSpec(auth=WebhookAuth(type="github")), before).auth == Authentication(AuthType.GITHUB)


@pytest.mark.parametrize(
    ("spec", "pointer"),
    [
        (WebhookSpec(auth=WebhookAuth(type="GITHUB")), "/auth/type"),
        (WebhookSpec(auth=WebhookAuth(type="hmac")), "/auth/header"),
        (WebhookSpec(auth=WebhookAuth(type="hmac", header="X Mac")), "/auth/header"),
        (WebhookSpec(auth=WebhookAuth(type="hmac", header="X", algorithm="md5")), "/auth/algorithm"),
        (WebhookSpec(auth=WebhookAuth(type="hmac", header="X", encoding="octal")), "/auth/encoding"),
        (WebhookSpec(auth=WebhookAuth(type="hmac", header="X", secret_encoding="x")), "/auth/secretEncoding"),
        (WebhookSpec(auth=WebhookAuth(type="hmac", header="X", prefix="\n")), "/auth/prefix"),
        (WebhookSpec(auth=WebhookAuth(type="basic")), "/auth/username"),
        (WebhookSpec(auth=WebhookAuth(type="basic", username="a:b")), "/auth/username"),
        (WebhookSpec(auth=WebhookAuth(type="github", header="X-Mac")), "/auth/type"),
        (WebhookSpec(filter="1 +"), "/filter"),
        (WebhookSpec(filter="vars.x > 1"), "/filter"),
        (WebhookSpec(filter="credentials.a.b == 1"), "/filter"),
        (WebhookSpec(filter="x" * 5_000), "/filter"),
        (WebhookSpec(allowed_ips=["::1", "localhost"]), "/allowedIps/1"),
        (WebhookSpec(allowed_ips=["::1"] * 101), "/allowedIps"),
        (WebhookSpec(rate_limit=-1), "/rateLimit"),
    ],
)
def test_what_is_wrong_is_named(spec: WebhookSpec, pointer: str) -> None:
    assert wrong(spec) == [pointer]


def test_all_that_is_wrong_is_named_at_once() -> None:
    spec = WebhookSpec(auth=WebhookAuth(type="hmac"), filter="1 +", allowed_ips=["x"])
    assert wrong(spec) == ["/auth/header", "/filter", "/allowedIps/0"]


@pytest.mark.parametrize(
    "auth",
    [
        *(Authentication(kind) for kind in AuthType if kind is not AuthType.NONE),
        *(Authentication(AuthType.HMAC, secret_encoding=encoding) for encoding in SecretEncoding),
    ],
    ids=str,
)
def test_a_secret_the_hub_makes_is_one_it_takes(auth: Authentication) -> None:
    made = make_secret(auth)
    assert check_secret(auth, made) == made
    assert made != make_secret(auth)
    if auth.type is AuthType.STANDARD_WEBHOOKS:
        assert (made[:6], len(standard_key(made))) == ("whsec_", 32)
    if auth.type is AuthType.HMAC and auth.secret_encoding is not SecretEncoding.TEXT:
        assert len(secret_bytes(made, auth.secret_encoding)) == 32


@pytest.mark.parametrize(
    ("auth", "secret"),
    [
        (Authentication(AuthType.BEARER), ""),
        (Authentication(AuthType.BEARER), " spaced "),
        (Authentication(AuthType.BEARER), "line\nbreak"),
        (Authentication(AuthType.BEARER), "x" * 513),
        (Authentication(AuthType.STANDARD_WEBHOOKS), "whsec_"),
        (Authentication(AuthType.STANDARD_WEBHOOKS), "whsec_???"),
        (Authentication(AuthType.HMAC, secret_encoding=SecretEncoding.HEX), "xyz"),
        (Authentication(AuthType.HMAC, secret_encoding=SecretEncoding.BASE64), "a"),
    ],
)
def test_a_secret_that_could_never_work_is_refused(auth: Authentication, secret: str) -> None:
    with pytest.raises(DomainError) as caught:
        check_secret(auth, secret)
    assert caught.value.fields[0].pointer == "/auth/secret"

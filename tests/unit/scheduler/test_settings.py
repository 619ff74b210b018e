"""Settings of the scheduler that can be wrong."""

import pytest
from pydantic import SecretStr

from services.kit.errors import DomainError
from services.scheduler.settings import SchedulerSettings


@pytest.mark.parametrize("key", ["", "abc", "0" * 63])
def test_without_a_vault_key_the_refusal_says_what_to_set(key: str) -> None:
    with pytest.raises(DomainError) as caught:
        _ = SchedulerSettings(vault_key=SecretStr(key)).sealer
    assert caught.value.reason == "VAULT_KEY_INVALID"
    assert "64 hexadecimal digits" in caught.value.message

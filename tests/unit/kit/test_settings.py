"""Settings: `_FILE` variants and unknown names."""

from services.kit.settings import ServiceSettings, unknown_names


def test_a_secret_may_stand_in_a_file(tmp_path, monkeypatch):
    secret = tmp_path / "dsn"
    secret.write_text("postgresql://somewhere/db\n")
    monkeypatch.setenv("EXEKRA_DATABASE_URL_FILE", str(secret))
    assert ServiceSettings().database_url.get_secret_value() == "postgresql://somewhere/db"


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    secret = tmp_path / "dsn"
    secret.write_text("from the file")
    monkeypatch.setenv("EXEKRA_DATABASE_URL_FILE", str(secret))
    monkeypatch.setenv("EXEKRA_DATABASE_URL", "from the environment")
    assert ServiceSettings().database_url.get_secret_value() == "from the environment"


def test_names_that_nothing_reads_are_reported():
    environment = {"EXEKRA_HOME": "x", "EXEKRA_HOEM": "x", "EXEKRA_DATABASE_URL_FILE": "x", "PATH": "x"}
    assert unknown_names([ServiceSettings], environment) == ["EXEKRA_HOEM"]

import pytest

from dangol.base.errors import BadSetting
from dangol.config.options import Options, read, secret_key


def test_unknown_setting_is_refused_by_name(tmp_path):
    with pytest.raises(BadSetting, match="no setting colour"):
        read({"DANGOL_HOME": str(tmp_path), "DANGOL_COLOUR": "red"})


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("ENGINE", "oracle", "duckdb, spark"),
        ("TIME_ZONE", "Mars/Olympus", "Asia/Seoul"),
        ("CURRENCY", "XXX", "KRW"),
        ("SMTP_PORT", "many", "whole number"),
        ("SMTP_PORT", "0", "at least 1"),
        ("DATABASE", "mysql://x", "postgresql://"),
        ("DEMO", "perhaps", "true or false"),
        ("TODAY", "31/12/2017", "date like"),
        ("BASE_URL", "ftp://x", "http"),
    ],
)
def test_nonsense_is_refused_with_advice(tmp_path, name, value, advice):
    with pytest.raises(BadSetting, match=advice):
        read({"DANGOL_HOME": str(tmp_path), f"DANGOL_{name}": value})


def test_environment_wins_over_the_file(tmp_path):
    (tmp_path / "dangol.toml").write_text('company = "한빛"\ncurrency = "USD"\n', "utf-8")
    options = read({"DANGOL_HOME": str(tmp_path), "DANGOL_CURRENCY": "KRW"})
    assert (options.company, options.currency) == ("한빛", "KRW")


def test_broken_file_is_refused(tmp_path):
    (tmp_path / "dangol.toml").write_text("company = ", "utf-8")
    with pytest.raises(BadSetting, match="not valid TOML"):
        read({"DANGOL_HOME": str(tmp_path)})


def test_secret_is_made_once_and_kept_private(tmp_path):
    first = secret_key(tmp_path)
    assert first == secret_key(tmp_path)
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
    assert len(first) >= 50


def test_defaults_are_whole():
    assert Options().zone.key == "Asia/Seoul"

"""Tokens as the environment names them, and which hosts need one."""

from pathlib import Path

import pytest

from modules.access import authorisation, demand_token, read_tokens
from modules.errors import UserError

ONE, OTHER = "a-token-of-one-client", "another/token+of=="


@pytest.fixture(autouse=True)
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TALENTFLOW_TOKEN", raising=False)
    monkeypatch.delenv("TALENTFLOW_TOKEN_FILE", raising=False)


def test_tokens_are_the_variables_and_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (read_tokens(), authorisation()) == ((), {})
    file = tmp_path / "tokens"
    file.write_text(f"# of the dashboard\n{OTHER}\n\n")
    monkeypatch.setenv("TALENTFLOW_TOKEN_FILE", str(file))
    assert read_tokens() == (OTHER,)
    monkeypatch.setenv("TALENTFLOW_TOKEN", ONE)
    assert read_tokens() == (ONE, OTHER)
    assert authorisation() == {"authorization": f"Bearer {ONE}"}


@pytest.mark.parametrize("token", ["", "too-short", "with a space inside it", "ümläute-sind-es-nicht"])
def test_what_is_no_token_is_refused_and_not_quoted(
    token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALENTFLOW_TOKEN", token)
    with pytest.raises(UserError, match="TALENTFLOW_TOKEN: is no token") as refused:
        read_tokens()
    assert not token or token not in str(refused.value)
    monkeypatch.delenv("TALENTFLOW_TOKEN")
    file = tmp_path / "tokens"
    file.write_text(f"{ONE}\n{token}\n" if token else "# none\n")
    monkeypatch.setenv("TALENTFLOW_TOKEN_FILE", str(file))
    with pytest.raises(UserError, match="line 2: is no token" if token else "there is no token in it"):
        read_tokens()


def test_a_token_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALENTFLOW_TOKEN_FILE", str(tmp_path / "absent"))
    with pytest.raises(UserError, match="absent: No such file"):
        read_tokens()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7"])  # noqa: S104 - what is refused
def test_a_host_that_others_reach_takes_a_token(host: str) -> None:
    with pytest.raises(UserError, match=f"host {host}: others can reach it"):
        demand_token(host, ())
    demand_token(host, (ONE,))


def test_loopback_takes_none_and_a_name_is_no_address() -> None:
    demand_token("127.0.0.1", ())
    demand_token("::1", ())
    with pytest.raises(UserError, match="host example: is no IP address"):
        demand_token("example", (ONE,))

"""Which champion a server follows, in process, over a registry laid out by hand."""

import asyncio
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from modules.artefact import sha256_of
from modules.errors import UserError
from modules.pointer import Pointer
from serving import follow as following
from serving.follow import Champion, follow
from serving.migration.app import app
from serving.release import Release
from serving.settings import PLAIN, Settings
from tests.serving.served import GOLDEN, RELEASE, in_a_loop

NEXT = Release(run="cities", track="migration", version=4, tag="cities:v4-0123456789ab")
LAST = Release(run="cities", track="migration", version=5, tag="cities:v5-0123456789ab")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "EVERY", 0.01)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A registry with two champions to come; the pointer names what is served."""
    top = tmp_path / "runs" / "cities"
    (top / "bentos").mkdir(parents=True)
    for release, model in ((NEXT, "gravity"), (LAST, "dhg_sil")):
        source = bento(tmp_path, release) / "src"
        shutil.copytree(GOLDEN / model, source / "artefact")
        (source / "release.json").write_text(release.model_dump_json(), encoding="utf-8")
        lines = [
            f"{sha256_of(path)}  {path.relative_to(source.parent)}\n"
            for path in sorted(source.rglob("*"))
            if path.is_file()
        ]
        manifest(tmp_path, release).write_text("".join(lines), encoding="utf-8")
        entry = {"sha256": release.tag, "outcome": "champion", "tag": release.tag}
        with (top / "ledger.jsonl").open("a", encoding="utf-8") as ledger:
            ledger.write(json.dumps({**entry, "bento": sha256_of(manifest(tmp_path, release))}) + "\n")
    return tmp_path


def bento(home: Path, release: Release) -> Path:
    return home / "bentoml" / release.tag.replace(":", "/")


def manifest(home: Path, release: Release) -> Path:
    return home / "runs" / "cities" / "bentos" / f"{release.tag.partition(':')[2]}.sha256"


def point(home: Path, release: Release, **changed: Any) -> Path:
    pointer = Pointer(
        run=release.run,
        version=release.version,
        tag=release.tag,
        path=str(bento(home, release).relative_to(home)),
        sha256=sha256_of(manifest(home, release)),
        entry=release.tag,
    )
    path = home / "runs" / "cities" / "champion.json"
    path.write_text(pointer.model_copy(update=changed).model_dump_json(), encoding="utf-8")
    return path


async def who(served: ASGIApp) -> str:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://here") as client:
        return (await client.get("/regions")).headers["model-version"]


Log = pytest.LogCaptureFixture


def stays(log: Log) -> list[str]:
    return [line for line in log.messages if " stays: " in line]


async def followed(
    log: Log, steps: list[Callable[[], Path]], make: Any = app, settings: Settings = PLAIN
) -> list[ASGIApp]:
    """What takes the served app's place while the pointer changes; each step is waited for."""
    taken: list[ASGIApp] = []
    with log.at_level(logging.WARNING):
        task = asyncio.create_task(follow(steps[0](), RELEASE, settings, make, taken.append))
        for done, step in enumerate(steps, start=1):
            step()
            async with asyncio.timeout(60):
                while len(taken) + len(stays(log)) < done:
                    assert not task.done()
                    await asyncio.sleep(0.01)
    task.cancel()
    return taken


def test_one_champion_after_the_other_is_followed(home: Path, caplog: Log) -> None:
    async def all_of_it() -> list[str]:
        steps = [lambda: point(home, NEXT), lambda: point(home, LAST), lambda: point(home, NEXT)]
        return [await who(each) for each in await followed(caplog, steps)]

    assert in_a_loop(all_of_it()) == [NEXT.tag, LAST.tag, NEXT.tag]
    assert stays(caplog) == []


def test_golden_requests_need_no_token_and_are_in_no_log(
    home: Path, caplog: Log, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(tokens=("a" * 32,), log=True)
    assert len(in_a_loop(followed(caplog, [lambda: point(home, NEXT)], settings=settings))) == 1
    assert capfd.readouterr().err == ""


def test_one_that_answers_otherwise_under_this_code_is_not_taken_and_the_next_is(
    home: Path, caplog: Log
) -> None:
    def other(artefact: Path, release: Release, settings: Settings) -> ASGIApp:
        wrong = GOLDEN / "residual_gru" if release == NEXT else artefact
        return app(wrong, release, settings)

    steps = [lambda: point(home, NEXT), lambda: point(home, LAST)]
    taken = in_a_loop(followed(caplog, steps, other))
    assert len(taken) == 1
    assert in_a_loop(who(taken[0])) == LAST.tag
    (said,) = stays(caplog)
    assert said.startswith(f"{RELEASE.tag} stays: ")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"entry": "0" * 64}, "which the ledger never promoted so"),
        ({"sha256": "0" * 64}, "which the ledger never promoted so"),
        ({"run": "towns"}, "is of run towns, and cities is served"),
    ],
)
def test_a_pointer_that_the_ledger_does_not_account_for_is_refused(
    home: Path, changed: dict[str, str], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        Champion.of(point(home, NEXT, **changed), RELEASE)


@pytest.mark.parametrize("name", ["src/artefact/model.safetensors", "src/release.json"])
def test_a_file_that_was_changed_is_named_before_it_is_opened(home: Path, name: str) -> None:
    path = point(home, NEXT)
    file = bento(home, NEXT) / name
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(UserError, match=f"{name}: was changed since it was built"):
        Champion.of(path, RELEASE)


def test_a_manifest_that_was_changed_is_named(home: Path) -> None:
    path = point(home, NEXT)
    manifest(home, NEXT).write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="is not the one that the ledger has"):
        Champion.of(path, RELEASE)


def test_another_track_is_not_followed(home: Path) -> None:
    with pytest.raises(UserError, match="is of track migration, and transfer is served"):
        Champion.of(point(home, NEXT), RELEASE.model_copy(update={"track": "transfer"}))

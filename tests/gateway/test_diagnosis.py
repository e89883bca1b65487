"""What the doctor says of the store of files and of the virus scanner."""

from pathlib import Path

import pytest

from core.settings import Settings, load_settings
from gateway.diagnosis import Finding, diagnose
from tests.services import s3
from tests.services.clamav import Daemon
from tests.services.ports import free_port


def told(folder: Path, **settings: str) -> Settings:
    return load_settings({"GUICHE_DATA_DIR": str(folder / "data"), **settings}, demo=True)


async def finding(settings: Settings, what: str) -> Finding:
    return next(each for each in await diagnose(settings) if each.what == what)


async def test_the_doctor_puts_a_probe_into_s3_and_says_when_it_is_away(tmp_path: Path) -> None:
    with s3.server(tmp_path) as server:
        server.make("guiche")
        settings = told(tmp_path, GUICHE_BLOBS_URL=server.url("guiche"))
        well = await finding(settings, "files")
        server.stop()
        ill = await finding(settings, "files")

    assert (well.is_well, well.detail) == (True, "s3, 0 wait in the spool")
    # The spool would have taken the probe: the doctor asks the store itself.
    assert (ill.is_well, ill.detail) == (False, "does not answer (Unavailable)")
    assert s3.SECRET not in repr(settings)


async def test_the_doctor_asks_the_scanner(clamd: Daemon, tmp_path: Path) -> None:
    here, nowhere = told(tmp_path, GUICHE_CLAMD=clamd.address), told(tmp_path, GUICHE_CLAMD=f"127.0.0.1:{free_port()}")

    assert await finding(here, "scanner") == Finding("scanner", is_well=True, detail="answers")
    assert not (await finding(nowhere, "scanner")).is_well


@pytest.mark.parametrize(("text", "is_right"), [("", True), ("127.0.0.1:3310", True), ("clamd", False), ("h:x", False)])
def test_the_scanners_address_is_checked_at_the_start(tmp_path: Path, text: str, is_right: bool) -> None:
    from core.errors import Misconfigured

    if is_right:
        assert bool(told(tmp_path, GUICHE_CLAMD=text).clamd) == bool(text)
        return
    with pytest.raises(Misconfigured, match="GUICHE_CLAMD: must be host:port"):
        told(tmp_path, GUICHE_CLAMD=text)

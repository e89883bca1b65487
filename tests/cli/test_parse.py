"""`guiche parse` reads what anybody hands it, and needs no installation for it."""

import json
import subprocess

from tests.harness.process import GUICHE, clean_environment
from tests.ingest.corpus import FOLDER


def test_parse_reads_standard_input(tmp_path):
    mail = FOLDER / "files" / "winmail-dat.eml"
    expected = json.loads(mail.with_suffix(".json").read_text("utf-8"))

    done = subprocess.run(
        [GUICHE, "parse", "-", "--json"], input=mail.read_bytes(), env=clean_environment({}), cwd=tmp_path,
        capture_output=True, check=True,
    )  # fmt: skip

    assert json.loads(done.stdout)["attachments"] == expected["attachments"]
    assert list(tmp_path.iterdir()) == []


def test_parse_of_a_file_that_is_none_is_a_usage_error(tmp_path):
    done = subprocess.run(
        [GUICHE, "parse", str(tmp_path)], env=clean_environment({}), capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "Traceback" not in done.stderr

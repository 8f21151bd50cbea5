"""The tree keeps its shape: fixed top level, our packages win, nothing foreign or secret is committed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.paths import CHECKOUT

FIXED = {"pyproject.toml", "crawlers", "pipeline", "models", "dashboard", "data", "tests", "README.md"}
BESIDE = {"LICENSE", "CHANGELOG.md", "Makefile", "requirements.lock"}
PACKAGES = ("crawlers", "pipeline", "models", "dashboard")


def committed() -> list[Path]:
    command = ["git", "-C", str(CHECKOUT), "ls-files", "-z"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [CHECKOUT / name for name in done.stdout.split("\0") if name and (CHECKOUT / name).is_file()]


def test_the_top_level_is_as_fixed() -> None:
    names = {path.relative_to(CHECKOUT).parts[0] for path in committed()}
    assert names >= FIXED
    assert {name for name in names if not name.startswith(".")} <= FIXED | BESIDE


def test_ours_are_imported_even_from_a_folder_with_a_foreign_models(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text("FOREIGN = True")
    script = "import models, pipeline; print(models.__file__, pipeline.__file__)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [
        str(CHECKOUT / "models" / "__init__.py"),
        str(CHECKOUT / "pipeline" / "__init__.py"),
    ]
    command = Path(sys.executable).with_name("chengqing")
    if not command.exists():
        pytest.skip("the command is not installed in this environment")
    done = subprocess.run([command, "doctor"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert str(CHECKOUT / "models") in done.stdout


def test_tests_are_no_package() -> None:
    assert not list((CHECKOUT / "tests").rglob("__init__.py"))


def test_no_view_is_named_like_a_package() -> None:
    assert not [path for path in (CHECKOUT / "dashboard").rglob("*.py") if path.stem in PACKAGES]


def test_sql_lives_in_files_with_a_comment_on_top() -> None:
    files = [path for package in PACKAGES for path in (CHECKOUT / package).rglob("*.sql")]
    assert len(files) > 30
    for path in files:
        assert path.read_text(encoding="utf-8").startswith("-- "), path


def test_no_committed_text_names_a_machine_or_holds_a_secret() -> None:
    wrong = re.compile(
        r"(?<![\w.])/(?:work|root|home)/\w+|BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY|index-url\s*=?\s*http"
    )
    for path in committed():
        if (
            path.suffix in {".py", ".toml", ".md", ".sql", ".lock", ".sh", ".yml", ".json", ""}
            and path.name != "LICENSE"
        ):
            found = wrong.search(path.read_text(encoding="utf-8", errors="replace"))
            assert found is None or path == Path(__file__), f"{path}: {found and found[0]}"


def test_words_that_judge_are_not_in_the_code() -> None:
    wrong = re.compile(r"\b(?:fake|truth_score|sentiment)\b", re.IGNORECASE)
    for package in PACKAGES:
        for path in (CHECKOUT / package).rglob("*.py"):
            found = wrong.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path}: {found and found[0]}"


def test_modules_stay_small() -> None:
    long = {
        str(path.relative_to(CHECKOUT)): lines
        for package in PACKAGES
        for path in (CHECKOUT / package).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}

"""The weights that ship: verified, small, loaded by plain sentence-transformers, alike across scripts."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.bare import BareEncoder
from models.loading import load_encoder
from models.registry import Entry, default_entry, read_registry, verify
from pipeline.paths import CHECKOUT

SAMPLE = CHECKOUT / "data" / "samples" / "sf-harbor-lane-fire" / "posts.jsonl"


@pytest.fixture(scope="module")
def entry() -> Entry:
    found = default_entry(read_registry())
    assert found is not None
    return found


@pytest.fixture(scope="module")
def encoder() -> BareEncoder:
    loaded = load_encoder()
    assert isinstance(loaded, BareEncoder)
    return loaded


@pytest.fixture(scope="module")
def posts() -> list[str]:
    return [json.loads(line)["text"] for line in SAMPLE.read_text(encoding="utf-8").splitlines()][:2000]


def test_the_files_are_the_measured_ones_and_small(entry: Entry, encoder: BareEncoder) -> None:
    assert encoder.revision == verify(entry)
    assert sum((entry.folder / file).stat().st_size for file in entry.files) <= 16_000_000
    assert {file.rsplit(".", 1)[1] for file in entry.files} == {"json", "safetensors"}


def test_the_card_speaks_of_these_weights(entry: Entry, encoder: BareEncoder) -> None:
    card = entry.folder.parent / "cards" / f"{entry.name}.md"
    assert encoder.revision in card.read_text(encoding="utf-8")
    assert json.loads(card.with_suffix(".json").read_text())["revision"] == encoder.revision


# Stands before every import: whoever asks for an address or a connection fails.
NO_NETWORK = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise OSError(f"network asked for: {event} {arguments}")
sys.addaudithook(refuse)
"""


def test_plain_sentence_transformers_loads_it_without_a_network_with_the_same_vectors(
    entry: Entry, encoder: BareEncoder, posts: list[str], tmp_path: Path
) -> None:
    # An empty home and another folder: no cache, no setting and no code of ours can help.
    code = NO_NETWORK + (
        "import json; from sentence_transformers import SentenceTransformer; "
        "model = SentenceTransformer(sys.argv[1], device='cpu'); "
        "assert 'models' not in sys.modules; "
        "print(json.dumps(model.encode(json.load(sys.stdin)).tolist()))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(entry.folder)],
        input=json.dumps(posts[:300]),
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "HF_HOME": str(tmp_path / "hub")},
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    expected = np.array(json.loads(done.stdout.splitlines()[-1]))
    assert expected.shape == (300, encoder.dimensions)
    assert np.abs(encoder.encode(posts[:300]) - expected).max() < 1e-3


def test_scripts_meet_by_construction(encoder: BareEncoder, posts: list[str]) -> None:
    from opencc import OpenCC

    simplified = [OpenCC("t2s").convert(post) for post in posts[:200]]
    cosines = np.einsum("ij,ij->i", encoder.encode(posts[:200]), encoder.encode(simplified))
    blank = np.linalg.norm(encoder.encode(simplified), axis=1) == 0
    assert cosines[~blank].min() > 0.98
    assert np.median(cosines[~blank]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("claim", "same", "other"),
    [
        (
            "旧金山唐人街昨晚发生枪击案",
            "San Francisco Chinatown shooting last night",
            "Chinatown mooncake festival",
        ),
        ("佢哋話聽日警察會封路", "他们说明天警察会封路", "他们说明天学校会放假"),
        ("疫苗里有芯片", "役苗锂有新片", "疫情期间有新片上映"),
        ("华埠商店明天停业", "華埠商店明日停業，請轉發！", "华埠商店明天打折"),
    ],
)
def test_a_claim_is_nearest_to_itself_in_other_clothes(
    encoder: BareEncoder, claim: str, same: str, other: str
) -> None:
    rows = encoder.encode([claim, same, other])
    assert rows[0] @ rows[1] > rows[0] @ rows[2]

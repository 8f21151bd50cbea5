from random import Random

import pytest

from models.folding import fold_map
from models.mutation import (
    MUTATIONS,
    Mutation,
    change_facts,
    change_region,
    disguise,
    homophones,
    mutate,
    write_cantonese,
)
from models.vocabulary import split_syllables, stem, syllables

CLAIM = "旧金山华埠昨晚发生枪击案，3人受伤。警方正在调查，他们说现在没有危险，请大家不要恐慌！"


def test_a_seed_gives_the_same_mutation() -> None:
    assert [mutate(CLAIM, Random(seed)) for seed in range(20)] == [
        mutate(CLAIM, Random(seed)) for seed in range(20)
    ]


@pytest.mark.parametrize("mutation", [mutation for mutation, _ in MUTATIONS])
def test_every_mutation_changes_something_and_empties_nothing(mutation: Mutation) -> None:
    seen = {mutation(CLAIM, Random(seed)) for seed in range(20)}
    assert seen - {CLAIM}
    assert all(seen)


def test_homophones_sound_alike() -> None:
    for sound, characters in list(homophones().items())[::40]:
        assert {syllables(character)[0] for character in characters} == {sound}


def test_a_disguise_keeps_length_or_syllables() -> None:
    plain = "恐慌蔓延全城"
    for seed in range(30):
        changed = disguise(plain, Random(seed))
        if len(changed) == len(plain) and all("\u4e00" <= c <= "\u9fff" for c in changed):
            assert syllables(changed) == syllables(plain)


def test_traditional_folds_back_to_the_same_characters() -> None:
    folds = str.maketrans(fold_map())
    text = "旧金山发生枪击案"
    assert change_region(text, Random(2)).translate(folds) == text


def test_cantonese_is_written_with_cantonese_words() -> None:
    assert any("佢哋" in write_cantonese("他们说现在没有危险", Random(seed)) for seed in range(5))


def test_changed_facts_are_another_claim() -> None:
    changed = change_facts("北京3人受伤", Random(1))
    assert changed is not None
    assert "3人" not in changed
    assert change_facts("没有数字也没有地名", Random(1)) is None


@pytest.mark.parametrize(("word", "parts"), [("zhongguancun", ["zhong", "guan", "cun"]), ("strength", [])])
def test_latin_words_that_are_pinyin_are_heard(word: str, parts: list[str]) -> None:
    assert split_syllables(word) == parts


def test_english_endings_fall_off() -> None:
    assert stem("earthquakes") == stem("earthquake")
    assert stem("is") == "is"

import re

from common import torchvision_cpu
from footsteps.vocabulary import ENVIRONMENTS, FOOTWEAR, REVERBS, SURFACES

ALL = (ENVIRONMENTS, SURFACES, FOOTWEAR)


def test_the_vocabulary_is_the_one_that_was_asked_for():
    assert list(ENVIRONMENTS) == [
        *("office", "home", "kitchen", "shop", "restaurant", "gym", "hallway"),
        *("city_street", "sidewalk", "parking_lot", "urban_plaza"),
        *("beach", "forest_trail", "park_grass", "dirt_path", "creek"),
    ]
    assert list(SURFACES) == [
        *("concrete", "wood", "marble", "metal", "gravel", "dirt", "leaves", "sand", "snow", "mud", "deck", "water"),
        *("grass", "carpet", "tile"),
    ]
    assert list(FOOTWEAR) == ["boots", "heels", "barefoot", "sneakers", "dress_shoes"]


def test_each_entry_can_be_shown_and_asked_for():
    for table in ALL:
        assert len({entry.name for entry in table.values()}) == len(table)
        prompts = [prompt for entry in table.values() for prompt in entry.prompts]
        assert len(set(prompts)) == len(prompts), "a prompt that describes two entries tells nothing"
        for key, entry in table.items():
            assert entry.id == key and re.fullmatch(r"[a-z_]+", key)
            assert entry.name[0].isupper()
            assert 4 <= len(entry.prompts) <= 8
            assert all(prompt and prompt == prompt.strip() for prompt in entry.prompts)


def test_prompts_fit_into_what_clip_reads():
    torchvision_cpu.mend()
    from open_clip import SimpleTokenizer

    tokenize = SimpleTokenizer()
    for table in ALL:
        for entry in table.values():
            for prompt in entry.prompts:
                assert len(tokenize.encode(prompt)) <= tokenize.context_length - 2


def test_each_environment_has_a_usual_surface_and_a_reverb():
    for environment in ENVIRONMENTS.values():
        assert environment.surface in SURFACES
        assert environment.reverb in REVERBS
    indoors = ("office", "home", "kitchen", "shop", "restaurant", "gym", "hallway")
    assert {ENVIRONMENTS[key].reverb for key in indoors} == {"small_room", "large_room"}
    assert ENVIRONMENTS["beach"].surface == "sand" and ENVIRONMENTS["creek"].surface == "water"

"""The sentence over the map says no more than the table beside it."""

from types import SimpleNamespace

import pandas as pd
import pytest

from hotspots.views import words


@pytest.mark.parametrize(("share", "said"), [(0.0001, "less than 0.1%"), (0.0012, "0.1%"), (0.25, "25.0%")])
def test_places_on_a_sliver_of_a_rural_district_are_not_on_nought_per_cent_of_it(share: float, said: str) -> None:
    features = pd.DataFrame({"name": ["Stryd Fawr"], "events": [8], "events_share": [0.186], "area_share": [share]})
    layer = SimpleNamespace(features=features, meta=SimpleNamespace(settings={}))
    made = words._hotspot_words(layer, tested=True)  # type: ignore[arg-type]
    assert f"1 place with 8 events (19% of those of the whole area) on {said} of its ground;" in made


@pytest.mark.parametrize(
    ("rank", "said"),
    [(None, "highest that is shown: Pen Llŷn (0 finds); 1 of 2 are hidden"), (2, "highest: Pen Llŷn (0 finds).")],
)
def test_what_is_shown_is_not_called_the_highest_of_what_is_hidden(monkeypatch, rank: int | None, said: str) -> None:
    table = pd.DataFrame({"name": ["Pen Llŷn", "Nefyn"], "ward": ["", ""], "shown": ["0", "x"], "rank": [1, rank]})
    monkeypatch.setattr(words, "ranked", lambda layer, wards=None: table)
    meta = SimpleNamespace(title="Finds", period="2016-11", area="Gwynedd", unit="finds", settings={}, caveats=())
    layer = SimpleNamespace(surface=None, features=None, meta=meta)
    assert said in words.sentence(layer, SimpleNamespace(how="ward", where="all"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shown", "ranks", "said"),
    [
        (["7", "7", "3"], [1, 1, 3], "highest: Y Dref in Town ward and 1 other (7 finds each)."),
        (["0", "0", "0"], [1, 1, 1], "highest: Y Dref in Town ward and 2 others (0 finds each)."),
        (["2", "1 to 3", "0"], [1, 1, 3], "highest: Y Dref in Town ward (2 finds)."),
    ],
)
def test_of_equal_areas_none_is_called_the_highest_alone(monkeypatch, shown: list[str], ranks, said: str) -> None:
    """Officers went to the first by code, though another had as many."""
    names = ["Y Dref", "Faenor", "Cyfarthfa"]
    table = pd.DataFrame({"name": names, "ward": ["Town", "", ""], "shown": shown, "rank": ranks})
    monkeypatch.setattr(words, "ranked", lambda layer, wards=None: table)
    meta = SimpleNamespace(title="F", period="2018/19", area="M", unit="finds", settings={}, caveats=())
    layer = SimpleNamespace(surface=None, features=None, meta=meta)
    assert words.sentence(layer, SimpleNamespace(how="lsoa", where="city")).endswith(said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("caveats", "said"),
    [
        ((), ": 60 finds in all; 2 wards;"),
        (
            ("86 records have no position and are in no area.",),
            ": 60 finds in all, besides those without a position; 2 ",
        ),
    ],
)
def test_a_total_of_what_has_a_position_does_not_pass_for_all(monkeypatch, caveats: tuple[str, ...], said: str) -> None:
    """146 finds were recorded, of which 86 named no place: on another page the same year has 146."""
    table = pd.DataFrame({"name": ["Grange", "Hurn"], "ward": ["", ""], "shown": ["50", "10"], "rank": [1, 2]})
    monkeypatch.setattr(words, "ranked", lambda layer, wards=None: table)
    settings = {"total_lower": 60.0, "total_upper": 60.0}
    meta = SimpleNamespace(title="F", period="2018/19", area="C", unit="finds", settings=settings, caveats=caveats)
    layer = SimpleNamespace(surface=None, features=None, meta=meta)
    assert said in words.sentence(layer, SimpleNamespace(how="ward", where="all"))  # type: ignore[arg-type]

"""What the shipped example tells of its premises, to whom, and that nobody else is told anything."""

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from hotspots.app import published
from hotspots.disclosure import PREMISES_READERS
from hotspots.errors import DataRefused, DisclosureRefused, HotspotsError, SettingsRefused, UsageError
from hotspots.export import export_layer, formats_for
from hotspots.pipeline import build_area, check_area
from hotspots.pipeline.premises import freeze
from hotspots.score_tables import SCORE_TABLES
from hotspots.settings import load_area
from hotspots.snapshot import Build, purge
from hotspots.sources.reported import read_reported
from hotspots.views import Selection, Viewer, choices, companion, named_layer, ranked, sentence, trend, view
from hotspots.views.premises import Premises

ROOT = Path(__file__).resolve().parents[2]
OTHERS = ("public", "officer", "group")


@pytest.fixture(scope="module")
def premises(example_build: Build) -> Premises:
    return Premises(example_build, Viewer("licensing"))


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """The example's area folder with premises and incidents alone, to be changed."""
    shutil.copytree(ROOT / "geo", tmp_path / "geo")
    shutil.copytree(ROOT / "boundaries", tmp_path / "boundaries")
    text = (ROOT / "hotspots.toml").read_text(encoding="utf-8")
    head, *sources = text.split("[[sources]]")
    kept = [part for part in sources if 'kind = "premises"' in part or 'kind = "incidents"' in part]
    (tmp_path / "hotspots.toml").write_text("[[sources]]".join([head, *kept]), encoding="utf-8")
    return tmp_path


def words_of(build: Build) -> list[str]:
    """Everything that would give premises away: names, identifiers, incident identifiers."""
    register = build.table("premises")
    incidents = build.table("incidents")["incident_id"]
    return [*register["name"], *register["premises_id"], *incidents[:5]]


def test_the_build_holds_history_watchlist_incidents_and_reported_scores_marked_for_their_readers(
    example_build: Build,
) -> None:
    for name, columns in SCORE_TABLES.items():
        assert list(example_build.table(name).columns) == [column.name for column in columns], name
        record = example_build.manifest["tables"][name]
        assert record == {"sensitivity": "restricted", "readers": ["licensing", "analyst"], "marking": "OFFICIAL"}
    assert len(example_build.table("premises_score_history")) == 24 * 16


def test_the_history_of_the_figure_nine_premises_is_the_worked_example(premises: Premises) -> None:
    history = premises.history("PR001")
    assert history["as_of"].tolist()[5:] == [
        "2018-05-31", "2018-06-30", "2018-07-31", "2018-08-31", "2018-09-30", "2018-10-31", "2018-11-30", "2018-12-31",
        "2019-01-31", "2019-02-28", "2019-03-31",
    ]  # fmt: skip
    assert history["score"].tolist()[5:] == [2, 4, 6, 10, 10, 11, 11, 9, 7, 3, 2]
    assert history["score_as_reported"].dropna().tolist() == [10, 9]


def test_the_watchlist_gives_the_reason_of_each_entry(premises: Premises) -> None:
    assert premises.watchlist("2018-08-31")[["premises_id", "reason"]].to_numpy().tolist() == [
        ["PR001", "verging on high: 10 of 12; rising: from 2 to 10 in 3 months"]
    ]
    assert premises.watchlist("2019-03-31").empty


def test_two_meetings_were_told_other_scores_than_are_computed_now_and_the_incidents_are_named(
    premises: Premises,
) -> None:
    scores, incidents = premises.recomputed()
    differ = scores[scores["score_as_reported"] != scores["score_recomputed"]].set_index("premises_id")
    assert differ[["as_of", "score_as_reported", "score_recomputed"]].to_numpy().tolist() == [
        ["2018-08-31", 1, 2],
        ["2018-08-31", 0, 1],
    ]
    assert incidents[["premises_id", "incident_id", "change"]].to_numpy().tolist() == [
        ["PR006", "IN0038", "late"],
        ["PR024", "IN0024", "changed"],
    ]


def test_bands_are_compared_with_what_the_last_meeting_before_was_told(premises: Premises) -> None:
    assert premises.last_meeting("2018-08-31") is None
    assert premises.changes_since_meeting("2018-08-31").empty
    assert premises.last_meeting("2019-03-31") == "2018-12-31"
    changes = premises.changes_since_meeting("2019-03-31").set_index("premises_id")
    assert changes.loc["PR001", ["before", "after", "direction"]].tolist() == ["medium", "low", "down"]
    assert changes.loc["PR019", ["before", "after", "direction"]].tolist() == ["new operator", "low", ""]


def test_the_probable_duplicate_of_the_example_is_flagged_and_counted(premises: Premises) -> None:
    counted = premises.explained("PR013", "2018-06-30").counted
    assert (counted["probable_duplicate"] != "").tolist() == [True, True]
    assert premises.explained("PR013", "2018-06-30").score == 2
    assert premises.totals("2018-06-30")["shared"] == 0


def test_marks_tell_of_a_change_of_operator_and_of_a_closing(premises: Premises) -> None:
    assert premises.marks("PR019")["2018-08-01"] == "operator: Turnstile"
    assert premises.marks("PR017")["2018-09-30"] == "closed"


@pytest.mark.parametrize("role", OTHERS)
def test_nobody_else_can_make_the_premises_of_a_build(example_build: Build, role: str) -> None:
    with pytest.raises(DisclosureRefused, match="licensing and analysts only"):
        Premises(example_build, Viewer(role))  # type: ignore[arg-type]
    with pytest.raises(DisclosureRefused, match="licensing and analysts only"):
        view(example_build, Selection("premises_score", how="points"), Viewer(role))  # type: ignore[arg-type]
    with pytest.raises(HotspotsError):
        named_layer(example_build, "premises-scores", Viewer(role))  # type: ignore[arg-type]


@pytest.mark.parametrize("role", OTHERS)
def test_no_layer_sentence_table_choice_or_file_of_another_reader_names_premises(
    example_build: Build, role: str, tmp_path: Path
) -> None:
    viewer = Viewer(role)  # type: ignore[arg-type]
    held = choices(example_build, viewer)
    texts = [json.dumps([held.bases(), held.whats(), list(held.wheres().values())])]
    for what in held.whats():
        for how in held.hows(what):
            selection = Selection(what, how=how)  # type: ignore[arg-type]
            layer = view(example_build, selection, viewer)
            texts += [str(layer.meta), ranked(layer).to_csv(), sentence(layer, selection)]
            texts += [str(companion(example_build, selection, viewer)), str(trend(example_build, selection, viewer))]
    for layer_id in example_build.layers:
        try:
            layer = named_layer(example_build, layer_id, viewer)
        except HotspotsError as refusal:
            texts.append(str(refusal))
            continue
        suffix = formats_for(layer.content)[0]
        for path in export_layer(layer, tmp_path / f"{layer_id}{suffix}", audience=viewer.audience):
            texts.append(path.name + path.read_bytes().decode("latin-1"))
    found = [word for word in words_of(example_build) for text in texts if word in text]
    assert found == []


@pytest.mark.parametrize("role", PREMISES_READERS)
def test_licensing_and_analysts_can_take_the_scores_away(example_build: Build, role: str) -> None:
    selection = Selection("premises_score", when="2018-08-31", how="points")
    content = published.file_of(example_build, Viewer(role), selection, ".geojson")
    scores = {row["properties"]["name"]: row["properties"]["score"] for row in json.loads(content)["features"]}
    assert len(scores) == 24
    assert scores["The Brass Heron"] == 10


def test_no_journal_of_exports_and_no_list_of_changes_names_premises(example_build: Build, tmp_path: Path) -> None:
    folder = tmp_path / "build"
    shutil.copytree(example_build.folder.parent, folder)
    published.file_of(
        published.open_build(folder), Viewer("analyst"), Selection("premises_score", how="points"), ".csv"
    )
    logs = [path.read_text() for path in (folder / "exports.jsonl", folder / "published.jsonl")]
    logs += [path.read_text() for path in folder.glob("changes/*")]
    assert logs[0]
    assert [word for word in words_of(example_build) if any(word in log for log in logs)] == []


def test_real_premises_have_counts_and_no_bands_until_somebody_agreed_the_thresholds(area: Path) -> None:
    file = area / "hotspots.toml"
    text = file.read_text(encoding="utf-8").replace("synthetic = true", "synthetic = false")
    text = text.replace('lsoa = "lsoa-schematic"\nward = "ward-schematic"\n', "")
    text = text[: text.index("[[boundaries.lookups]]")] + text[text.index("[city_centre]") :]
    one = 'reported = "geo/sample/premises_reported.csv"\n'
    agreed = one + 'thresholds_agreed_by = "Licensing group"\n'
    for settings, bands in ((one, set()), (agreed, set()), (agreed + "thresholds_agreed_on = 2018-01-31\n", {"low"})):
        file.write_text(text.replace(one, settings), encoding="utf-8")
        build = build_area(file, area / "build")
        premises = Premises(build, Viewer("analyst"))
        assert set(premises.scores("2019-03-31")["band"]) - {""} == bands
        assert set(build.table("premises_score_history")["band"]) >= {""}
        reasons = set(build.table("premises_watchlist")["reason"].str.split(":").str[0])
        assert reasons == ({"verging on high"} if bands else {"rising"})


def test_freezing_adds_a_day_leaves_the_rest_as_it_was_and_refuses_to_do_it_twice(area: Path) -> None:
    record = area / "geo/sample/premises_reported.csv"
    before = record.read_bytes()
    freeze(load_area(area / "hotspots.toml"), as_of=date(2019, 2, 28))
    assert record.read_bytes().startswith(before)
    held = read_reported("premises_reported.csv", folder=record.parent)
    brass = held[(held["as_of"] == "2019-02-28") & (held["premises_id"] == "PR001")]
    assert brass["score"].unique().tolist() == [3]
    assert brass["points"].sum() == 3
    after = record.read_bytes()
    with pytest.raises(UsageError, match="the scores of 2019-02-28 are frozen already"):
        freeze(load_area(area / "hotspots.toml"), as_of=date(2019, 2, 28))
    with pytest.raises(DataRefused, match="2019-04-30 is not covered: incidents covers 2017-12-01 to 2019-03-31"):
        freeze(load_area(area / "hotspots.toml"), as_of=date(2019, 4, 30))
    assert record.read_bytes() == after


def test_the_first_freeze_makes_the_record_and_without_a_name_for_it_says_what_to_add(area: Path) -> None:
    record = area / "geo/sample/premises_reported.csv"
    record.unlink()
    caveats = build_area(area / "hotspots.toml", area / "build").meta("premises-scores").caveats
    assert "No score was frozen for a meeting yet: there is no file premises_reported.csv." in caveats
    assert freeze(load_area(area / "hotspots.toml"), as_of=date(2018, 8, 31)) == record
    assert record.read_text(encoding="utf-8").startswith("as_of,profile,version,premises_id,")
    file = area / "hotspots.toml"
    file.write_text(file.read_text().replace('reported = "geo/sample/premises_reported.csv"', ""))
    with pytest.raises(UsageError, match="the area file names no record: add reported ="):
        freeze(load_area(file), as_of=date(2018, 8, 31))


def test_the_command_freezes_a_day_and_names_no_premises(area: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "hotspots",
        "freeze",
        "--as-of",
        "2018-10-31",
        "--area",
        str(area / "hotspots.toml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "The scores of 2018-10-31 are frozen in" in done.stdout
    assert "PR001" not in done.stdout + done.stderr
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "frozen already" in again.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("as_of,profile", "day,profile"), "line 1: the headings must be as_of,profile"),
        (lambda text: text.replace("2018-08-31,seed", "31/08/2018,seed", 1), "as_of '31/08/2018' is not a day"),
        (lambda text: text.replace(",10.0,", ",ten,", 1), "line 2: score 'ten' is not a number"),
        (lambda text: text.replace(",10.0,", ",11.0,", 1), "one premises has two scores on one day"),
        (lambda text: text + "2018-08-31,seed_count\n", "2 cells under 10 headings"),
    ],
)
def test_a_record_that_was_changed_by_hand_is_refused(area: Path, change, words: str) -> None:
    record = area / "geo/sample/premises_reported.csv"
    record.write_text(change(record.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(DataRefused, match=words) as refusal:
        read_reported("geo/sample/premises_reported.csv", folder=area)
    assert "put the file back as `hotspots freeze` wrote it" in str(refusal.value)


def test_purging_incidents_takes_everything_made_of_them(area: Path) -> None:
    build = build_area(area / "hotspots.toml", area / "build")
    purge(area / "build", "incidents", by="A. Name", because="agreement ended")
    left = [path.name for path in build.folder.rglob("*.parquet")]
    assert "premises.parquet" in left
    assert not {f"{name}.parquet" for name in SCORE_TABLES} & set(left)


def test_a_weighted_profile_goes_from_the_area_file_to_the_points(area: Path) -> None:
    file, incidents = area / "hotspots.toml", area / "geo/sample/incidents.csv"
    table = pd.read_csv(incidents, dtype="str").assign(where="inside", work="none")
    table.to_csv(incidents, index=False)
    text = file.read_text(encoding="utf-8").replace(
        "[premises_score]\n", '[premises_score]\nprofile = "weighted"\nversion = "3"\n'
    )
    file.write_text(text + 'attribution = "where"\nmitigation = "work"\n', encoding="utf-8")
    premises = Premises(build_area(file, area / "build"), Viewer("analyst"))
    told = premises.explained("PR001", "2018-08-31")
    severities = premises.build.table("incidents").query("premises_id == 'PR001'").set_index("incident_id")["severity"]
    assert told.profile == "weighted version 3"
    assert told.score == severities[told.counted["incident_id"]].sum()
    assert premises.recomputed()[0]["profile_as_reported"].unique().tolist() == ["seed_count version 1"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("medium_from = 12\nhigh_from = 12\n", "bands must rise: medium from 12, high from 12"),
        ('profile = "weighted"\n', "the weighted profile needs the attribution of incidents, and none has one"),
        ("[premises_score.weighted]\nattribution = { unknown = 1.0 }\n", "'unknown' has no factor"),
    ],
)
def test_a_check_already_refuses_a_profile_that_makes_no_sense_or_lacks_its_columns(
    area: Path, settings: str, words: str
) -> None:
    file = area / "hotspots.toml"
    one = 'reported = "geo/sample/premises_reported.csv"\n'
    file.write_text(file.read_text(encoding="utf-8").replace(one, one + settings), encoding="utf-8")
    with pytest.raises(DataRefused, match=words):
        check_area(load_area(file))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("profile = 'cardiff'\n", "premises_score.profile: Input should be 'seed_count' or 'weighted'"),
        ("high_from = inf\n", "premises_score.high_from"),
        ("rising = 3\n", "premises_score.rising: unknown key; allowed here: capacity, decay, half_life_days"),
        ("[premises_score.weighted]\nseverity = { grave = 5.0 }\n", "premises_score.weighted.severity.grave"),
    ],
)
def test_settings_of_the_score_that_cannot_be_are_refused_with_their_key(area: Path, settings: str, words: str) -> None:
    file = area / "hotspots.toml"
    one = 'reported = "geo/sample/premises_reported.csv"\n'
    file.write_text(file.read_text(encoding="utf-8").replace(one, one + settings), encoding="utf-8")
    with pytest.raises(SettingsRefused, match=words):
        load_area(file)


def test_interventions_at_a_premises_are_marked_by_the_days_on_which_they_began_and_ended(premises: Premises) -> None:
    assert premises.interventions("PR001") == {
        "2018-09-01": "Action plan with the operator began",
        "2019-02-28": "Action plan with the operator ended",
    }
    assert premises.interventions("PR002") == {}

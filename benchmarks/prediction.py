"""Do places chosen from earlier months hold what comes later? The default surface beside counting and densities.

``HOTSPOTS_REAL_DATA=... python -m benchmarks prediction`` writes ``PREDICTION.md`` from the three months of police data
there: six districts, every type of 50 events or more in the month scored; and from simulated cities of 4 to 24 months.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from hotspots import GridSpec, evaluate_hotspots, points_from_frame
from hotspots.analysis.prediction import COUNTING, DEFAULT, chosen_shares, most_possible
from hotspots.analysis.prediction.evaluation import FIXED_BANDWIDTHS_M
from hotspots.analysis.prediction.history import History, history_of
from hotspots.analysis.prediction.targeting import density_alone, surface_of
from hotspots.crs import geometry_to_bng
from hotspots.tables import PointEvents

RESULTS = Path(__file__).parent / "PREDICTION.md"
DISTRICTS = ("Cambridge", "Peterborough", "Huntingdonshire", "South Cambridgeshire", "Fenland", "East Cambridgeshire")
MONTHS = (date(2018, 11, 1), date(2018, 12, 1), date(2019, 1, 1))
# Months made from, month scored. The last two are no forecasts: they score a month that lies before one made from.
FOLDS = {
    "Nov to Dec": (0, 1),
    "Dec to Jan": (1, 2),
    "Nov, Dec to Jan": (0, 1, 2),
    "Dec, Jan to Nov": (1, 2, 0),
    "Nov, Jan to Dec": (0, 2, 1),
}
TWO_MONTHS = tuple(name for name, order in FOLDS.items() if len(order) == 3)
SURFACES = (DEFAULT, COUNTING, *(density_alone(bandwidth_m) for bandwidth_m in FIXED_BANDWIDTHS_M))
AREA_SHARES = (0.005, 0.01, 0.02, 0.05)
FEWEST_EVENTS = 50
CITY = shapely.Point(548_000, 260_000).buffer(3600)
CITIES = 6
KINDS = ("concentrated", "scattered", "repeating nearby", "moving")


def main() -> None:
    if not (named := os.environ.get("HOTSPOTS_REAL_DATA")):
        sys.exit("HOTSPOTS_REAL_DATA is not set: it names the folder with the police data")
    made = pd.DataFrame(real_rows(Path(named)))
    rows, alone = made[made["reference"]], made[~made["reference"]]
    parts = (by_type(rows), by_fold(rows), by_share(rows), without_reference(alone), cambridge(rows), simulated())
    lines = [*HEAD, *(line for part in parts for line in part)]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


HEAD = """# Does it predict?

Remade by `HOTSPOTS_REAL_DATA=<folder> python -m benchmarks prediction`. Cells of 100 m; the figures are the share of
what cells of the same area could have held (PEI), at one hundredth of the area unless told. *Best of six* is the best
of counting and densities of 100, 150, 200, 300 and 500 m in the very month scored, known only afterwards: a rule that
picks one beforehand does worse. *Gap*: default less best of six, with the standard error of the mean over rows (rows of
one district share months, so it is somewhat more). *Ahead, equal, behind*: rows where the default holds more events
than the best of six, as many, or fewer; *clearly*, by over two standard errors of the difference. Nothing is tuned by
district, month or type; the list of the prior's parts was settled on these data.""".splitlines()


def real_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """One row for each district, type, fold and share of the area: PEI by surface, and how clear the difference is."""
    records = police(folder)
    for district in DISTRICTS:
        border = study_area(folder, records, district)
        inside = records[shapely.intersects_xy(border, records["easting"], records["northing"])]
        everything, grid = events(inside), GridSpec.over(border.bounds, cell_m=100)
        for kind in ("all", *sorted(inside["Crime type"].unique())):
            own = inside if kind == "all" else inside[inside["Crime type"] == kind]
            if own["Month"].value_counts().max() < FEWEST_EVENTS:
                continue
            history = history_of(
                events(own),
                grid,
                border=border,
                reference=everything,
                bandwidths_m=FIXED_BANDWIDTHS_M,
                months=MONTHS,
            )
            for fold, order in FOLDS.items():
                if history.counts[order[-1]].sum() < FEWEST_EVENTS:
                    continue
                held = reordered(history, order)
                for given in (held, replace(held, others=np.zeros_like(held.others))):
                    for found in scored(given):
                        yield {"district": district, "type": kind, "fold": fold, "reference": given is held, **found}


def police(folder: Path) -> pd.DataFrame:
    records = pd.concat([pd.read_csv(path) for path in sorted(folder.glob("police/*-street.csv"))], ignore_index=True)
    records = records[records["Longitude"].notna()].reset_index(drop=True)
    places = geometry_to_bng(shapely.points(records["Longitude"], records["Latitude"]))
    records["easting"], records["northing"] = shapely.get_x(places), shapely.get_y(places)
    records["district"] = records["LSOA name"].str.rsplit(" ", n=1).str[0]
    return records


def study_area(folder: Path, records: pd.DataFrame, district: str) -> Any:
    """The city's own area; elsewhere, where no boundary is held, what lies within 300 m of a published point, or so."""
    if district == "Cambridge":
        content = json.loads((folder / "boundaries/cambridge_lsoa_2011_bgc.geojson").read_text(encoding="utf-8"))
        shapes = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in content["features"]]
        return shapely.union_all([geometry_to_bng(shape) for shape in shapes])
    places = records.loc[records["district"] == district, ["easting", "northing"]].drop_duplicates()
    return shapely.union_all(shapely.buffer(shapely.points(places.to_numpy()), 500)).buffer(-200).simplify(20).buffer(0)


def events(records: pd.DataFrame) -> PointEvents:
    points = points_from_frame(records[["easting", "northing"]].reset_index(drop=True))
    points.table["date"] = pd.to_datetime(records["Month"].to_numpy() + "-01")
    return points


def reordered(history: History, order: tuple[int, ...]) -> History:
    """The months in another order, as if they had followed one another so."""
    chosen = list(order)
    densities = {bandwidth: values[chosen] for bandwidth, values in history.densities.items()}
    months = history.months[: len(chosen)]
    return History(months, history.counts[chosen], history.others[chosen], densities, history.areas_km2)


def scored(history: History) -> Iterator[dict[str, Any]]:
    """The surfaces made from all months but the last, scored on the last."""
    last = len(history.months) - 1
    made, later = [surface_of(history.before(last), spec).expected for spec in SURFACES], history.counts[last]
    for share in AREA_SHARES:
        area = share * history.total_km2
        possible = most_possible(later, history.areas_km2, area=area)
        taken = [chosen_shares(expected, history.areas_km2, area=area) for expected in made]
        held = [float((shares * later).sum()) for shares in taken]
        best = 1 + int(np.argmax(held[1:]))
        changed = (np.abs(taken[0] - taken[best]) * later).sum()
        yield {
            "share": share,
            "events": later.sum(),
            **{spec.label: count / possible for spec, count in zip(SURFACES, held, strict=True)},
            "best": held[best] / possible,
            "gap": (held[0] - held[best]) / possible,
            "clear": abs(held[0] - held[best]) > 2 * np.sqrt(changed),
        }


def by_type(rows: pd.DataFrame) -> list[str]:
    chosen = rows[(rows["share"] == 0.01) & rows["fold"].isin(TWO_MONTHS)]
    return summary("By type: made from two months, scored on the third (three ways), six districts", chosen, "type")


def by_fold(rows: pd.DataFrame) -> list[str]:
    chosen = rows[rows["share"] == 0.01]
    return [
        *summary("By months (the last two are no forecasts, as they score an earlier month)", chosen, "fold"),
        *summary("By district, all months", chosen, "district"),
    ]


def by_share(rows: pd.DataFrame) -> list[str]:
    return summary("By share of the area, made from two months", rows[rows["fold"].isin(TWO_MONTHS)], "share")


def without_reference(rows: pd.DataFrame) -> list[str]:
    """What is lost where the surface is made of the events alone, and nothing is known of the rest of the record."""
    title = "Without `reference`: made of the events of the type alone, from two months"
    return summary(title, rows[rows["fold"].isin(TWO_MONTHS)], "share")


def summary(title: str, rows: pd.DataFrame, by: str) -> list[str]:
    """One line for each group and one for all: mean PEI, the gap to the best of six, and how many rows are behind."""
    lines = ["", f"## {title}", "", f"| {by} | rows | default | counting | 150 m | best of six | gap | {WORDS} |", RULE]
    groups = [*rows.groupby(by, sort=by == "share")]
    whole = [] if by == "share" else [("all rows", rows)]
    for name, group in (*groups, *whole):
        error = group["gap"].std(ddof=1) / np.sqrt(len(group)) if len(group) > 1 else np.nan
        ahead, behind = group["gap"] > 1e-9, group["gap"] < -1e-9
        means = [group[spec.label].mean() for spec in (DEFAULT, COUNTING, density_alone(150.0))]
        numbers = " | ".join(f"{mean:.3f}" for mean in (*means, group["best"].mean()))
        won = f"{ahead.sum()} ({(ahead & group['clear']).sum()})"
        lost = f"{behind.sum()} ({(behind & group['clear']).sum()})"
        even = len(group) - ahead.sum() - behind.sum()
        gap = f"{group['gap'].mean():+.3f}" + (f" ± {error:.3f}" if len(group) > 1 else "")
        lines.append(f"| {name} | {len(group)} | {numbers} | {gap} | {won} | {even} | {lost} |")
    return lines


WORDS = "ahead (clearly) | equal | behind (clearly)"
RULE = "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"


def cambridge(rows: pd.DataFrame) -> list[str]:
    """Every type of the city, as a forecast from two months."""
    chosen = rows[(rows["share"] == 0.01) & (rows["fold"] == "Nov, Dec to Jan") & (rows["district"] == "Cambridge")]
    names = [spec.label for spec in SURFACES]
    heads = " | ".join(["default", "counting", *(f"{bandwidth:g} m" for bandwidth in FIXED_BANDWIDTHS_M)])
    lines = ["", "## Cambridge, November and December 2018 for January 2019", "", f"| type | events | {heads} |"]
    lines.append("|---|" + "---:|" * (len(names) + 1))
    for row in chosen.to_dict("records"):
        lines.append(
            f"| {row['type']} | {row['events']:.0f} | " + " | ".join(f"{row[name]:.2f}" for name in names) + " |"
        )
    return lines


def simulated() -> list[str]:
    """Cities whose truth only the generator knows: what nested choice does with 4 to 12 months."""
    heads = "| events are | months held (scored) | in use | counting | density 150 m | density 300 m | it counts in |"
    lines = ["", f"## Simulated cities: 80 of 800 events a month, the mean of {CITIES}", "", heads]
    lines.append("|---|---|---:|---:|---:|---:|---:|")
    for kind in KINDS:
        for held in (4, 6, 12):
            found = [city(kind, held, seed) for seed in range(CITIES)]
            numbers = " | ".join(f"{mean:.3f}" for mean in np.mean([pei for pei, _ in found], axis=0))
            counts = f"{sum(counted for _, counted in found)} of {CITIES}"
            lines.append(f"| {kind} | {held} ({max(1, round(held / 3))}) | {numbers} | {counts} |")
    return lines


def city(kind: str, months: int, seed: int) -> tuple[list[float], bool]:
    """PEI of the surface in use, of counting and of two densities; whether counting is what is in use."""
    random = np.random.default_rng((seed, months, KINDS.index(kind)))
    places = snap_points(random)
    others = drawn(random, places, random.gamma(0.3, size=len(places)), 720, months)
    own = kind_of_events(random, kind, places, months)
    everything = events(pd.concat([own, others], ignore_index=True))
    grid = GridSpec.over(CITY.bounds, cell_m=100)
    found = evaluate_hotspots(events(own), grid, border=CITY, reference=everything)
    pei = found.table.iloc[1:].set_index("surface")["pei"]
    names = [spec.label for spec in (COUNTING, density_alone(150.0), density_alone(300.0))]
    return [found.row("targeting")["pei"], *pei[names]], found.targeting == COUNTING


def snap_points(random: np.random.Generator) -> np.ndarray:
    """Some 900 published points, closer together in the middle."""
    places = np.array(CITY.centroid.coords[0]) + random.normal(0, 1500, (1200, 2))
    return places[shapely.intersects_xy(CITY, places)][:900]


def kind_of_events(random: np.random.Generator, kind: str, places: np.ndarray, months: int) -> pd.DataFrame:
    if kind == "concentrated":
        return drawn(random, places, random.gamma(0.05, size=len(places)), 80, months)
    if kind == "scattered":
        return drawn(random, places, np.exp(-((places - places[0]) ** 2).sum(axis=1) / 2 / 1200**2), 80, months)
    if kind == "moving":
        parts = [drawn(random, places, random.gamma(0.1, size=len(places)), 80, 1 + months // 2) for _ in range(2)]
        parts[1]["Month"] = later_by(parts[1]["Month"], months - months // 2 - 1)
        return pd.concat(parts, ignore_index=True)
    first = drawn(random, places, random.gamma(1.0, size=len(places)), 40, months)
    near = first[["easting", "northing"]].to_numpy() + random.normal(0, 150, (len(first), 2))
    nearest = ((near[:, None] - places[None]) ** 2).sum(axis=2).argmin(axis=1)
    again = first.assign(easting=places[nearest, 0], northing=places[nearest, 1])
    return pd.concat([first, again], ignore_index=True)


def drawn(random: np.random.Generator, places: np.ndarray, risk: np.ndarray, monthly: int, months: int) -> pd.DataFrame:
    chosen = places[random.choice(len(places), monthly * months, p=risk / risk.sum())]
    month = pd.period_range("2018-01", periods=months, freq="M").astype(str).repeat(monthly)
    return pd.DataFrame({"easting": chosen[:, 0], "northing": chosen[:, 1], "Month": month})


def later_by(months: "pd.Series[Any]", many: int) -> "pd.Series[Any]":
    return pd.Series((pd.PeriodIndex(months, freq="M") + many).astype(str), index=months.index)

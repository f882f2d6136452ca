"""What can be asked of a build by a viewer: the contents of the pickers."""

from dataclasses import dataclass

import pandas as pd

from hotspots.disclosure import audited_periods, may_see_points, may_see_premises
from hotspots.measures import MEASURES, Statistic, measure, statistic_of
from hotspots.periods import Period
from hotspots.snapshot import Build
from hotspots.views.selection import POINT_LAYERS, Viewer

_SCORE = "premises_score"


@dataclass(frozen=True)
class Choices:
    """The selections that a viewer may make; nothing outside them is ever computed for that viewer."""

    build: Build
    viewer: Viewer

    def bases(self) -> list[str]:
        """Counts that are held, and the premises score where the viewer may see it."""
        held = {name for cube in self.build.manifest["cubes"].values() for name in cube["measures"]}
        scores = _SCORE if _SCORE_LAYER in self.build.layers and may_see_premises(self.viewer.role) else None
        return [name for name in MEASURES if name in held or name == scores]

    def statistics(self, base: str) -> list[Statistic]:
        """The ways in which a count can be shown: itself, a year, per 1,000 residents, per km²."""
        if base == _SCORE:
            return ["score"]
        rates: list[Statistic] = ["count", "annual_average", "per_km2"]
        return [*rates, "rate_per_1000"] if len(self.build.table("population")) else rates

    def whats(self) -> list[str]:
        """Identifiers of every measure that can be asked for."""
        return [statistic_of(base, way).id for base in self.bases() for way in self.statistics(base)]

    def hows(self, what: str) -> list[str]:
        """How a measure can be drawn for this viewer; areas first."""
        asked = measure(what)
        kinds = [kind for kind in ("ward", "lsoa") if self.cube_of(asked.base, kind) is not None]
        if asked.statistic == "rate_per_1000":
            kinds = [kind for kind in kinds if kind == "lsoa"]
        if asked.statistic not in {"count", "score"}:
            return kinds
        layer_id = POINT_LAYERS.get(asked.base)
        points = layer_id in self.build.layers and (
            asked.statistic == "score" or may_see_points(self.build.meta(str(layer_id)).policy, self.viewer.audience)
        )
        density = any(key[1] == asked.base for key in self.build.surfaces)
        return [*kinds, *(["density"] if density else []), *(["points"] if points else [])]

    def categories(self, what: str, how: str) -> list[str]:
        """Categories that are held, ``all`` first; below the restricted audience only open sources have others."""
        base = measure(what).base
        if base == _SCORE:
            return ["all"]
        cube_id = self.any_cube(base)
        if how == "density":
            found = {key[2] for key in self.build.surfaces if key[1] == base}
        elif how == "points" and base in {"instances", "volume"}:
            found = {"all"}
        else:
            found = set(self.build.manifest["cubes"][cube_id]["categories"].get(base, ["all"]))
        if self._guarded(cube_id):
            found &= {"all"}
        return ["all", *sorted(found - {"all"})]

    def whens(self, what: str, how: str) -> list[str]:
        """Periods that are held, finest first and the longest last; below restricted, whole years only."""
        base = measure(what).base
        if base == _SCORE:
            return list(self.build.manifest["score_days"])
        cube_id = self.any_cube(base)
        labels = list(self.build.manifest["cubes"][cube_id]["periods"])
        if how == "density":
            held = {key[3] for key in self.build.surfaces if key[1] == base}
            labels = [label for label in labels if label in held]
        if self._guarded(cube_id):
            labels = [period.label for period in audited_periods([self.period(label) for label in labels])]
        return labels

    def wheres(self) -> dict[str, str]:
        """Places: the whole area, the city centre where there is one, and each ward."""
        places = {"city": self.build.area_name}
        if "city-centre-area" in self.build.layers:
            places["city-centre"] = str(self.build.manifest["city_centre"]["name"])
        wards = self.build.areas("ward")
        names = sorted(wards.names.items(), key=lambda item: item[1]) if wards is not None else []
        return places | {f"ward:{code}": name for code, name in names}

    def period(self, label: str) -> Period:
        """The period of a label."""
        start, end = self.build.manifest["periods"][label]
        return Period(pd.Timestamp(start).date(), pd.Timestamp(end).date(), label)

    def cube_of(self, base: str, kind: str) -> str | None:
        """The cube layer that holds a count by a kind of area."""
        for layer_id, cube in self.build.manifest["cubes"].items():
            if cube["kind"] == kind and base in cube["measures"]:
                return str(layer_id)
        return None

    def any_cube(self, base: str) -> str:
        """A cube layer that holds a count, by wards if there is one."""
        return str(self.cube_of(base, "ward") or self.cube_of(base, "lsoa"))

    def _guarded(self, cube_id: str) -> bool:
        return self.viewer.audience != "restricted" and self.build.meta(cube_id).policy != "open"


_SCORE_LAYER = POINT_LAYERS[_SCORE]


def choices(build: Build, viewer: Viewer) -> Choices:
    """The selections that this viewer may make of this build."""
    return Choices(build, viewer)

"""What can be asked of a build by a viewer: the contents of the pickers."""

from dataclasses import dataclass

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
        """The ways in which a count can be shown: itself, a year where one is held, per 1,000 residents, per km²."""
        if base == _SCORE:
            return ["score"]
        ways: list[Statistic] = ["count", "annual_average", "per_km2"]
        if not any(self.whens(statistic_of(base, "annual_average").id, kind) for kind in ("ward", "lsoa")):
            ways.remove("annual_average")
        return [*ways, "rate_per_1000"] if len(self.build.table("population")) else ways

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
        """
        Periods that are held, finest first and the longest last; below restricted, whole years only.

        An average a year has those of a year or longer: of a month it would be twelve times the month.
        """
        asked = measure(what)
        base = asked.base
        if base == _SCORE:
            return list(self.build.manifest["score_days"])
        cube_id = self.any_cube(base)
        labels = self._labels(base, how)
        if how == "density":
            held = {key[3] for key in self.build.surfaces if key[1] == base}
            labels = [label for label in labels if label in held]
        if self._guarded(cube_id):
            labels = [period.label for period in audited_periods([self.period(label) for label in labels])]
        if asked.statistic == "annual_average":
            labels = [label for label in labels if self.period(label).years >= 1]
        return labels

    def wheres(self) -> dict[str, str]:
        """Places: the whole area, the city centre where there is one, and each ward."""
        places = {"city": self.build.area_name}
        if "city-centre-area" in self.build.layers:
            places["city-centre"] = str(self.build.manifest["city_centre"]["name"])
        wards = self.build.areas("ward")
        names = sorted(wards.names.items(), key=lambda item: item[1]) if wards is not None else []
        places |= {f"ward:{code}": name for code, name in names}
        for layer_id, held in self.build.ward_sets.items():
            other = self.build.areas("ward", layer_id)
            assert other is not None
            for code, name in sorted(other.names.items(), key=lambda item: item[1]):
                places.setdefault(f"ward:{code}", f"{name} ({held['words']})")
        return places

    def ward_layer(self, when: str) -> str:
        """Layer of the wards that a period is reported by: those in force on its last day."""
        end = self.period(when).end.isoformat()
        found = (
            layer_id
            for layer_id, held in self.build.ward_sets.items()
            if held["first"] <= end and (not held["last"] or end <= held["last"])
        )
        return next(found, "wards")

    def in_force(self, where: str, when: str) -> bool:
        """Whether a place is one in a period: wards come and go, every other place stays."""
        wards = self.build.areas("ward", self.ward_layer(when))
        return not where.startswith("ward:") or (wards is not None and where.removeprefix("ward:") in wards.codes)

    def period(self, label: str) -> Period:
        """The period of a label."""
        return self.build.period(label)

    def cube_of(self, base: str, kind: str, when: str = "") -> str | None:
        """The cube layer that holds a count by a kind of area; by the wards of a period, where they changed."""
        for layer_id in self._cubes_of(base, kind):
            if not when or when in self.build.manifest["cubes"][layer_id]["periods"]:
                return layer_id
        return None

    def _cubes_of(self, base: str, kind: str) -> list[str]:
        cubes = self.build.manifest["cubes"].items()
        return [str(layer_id) for layer_id, cube in cubes if cube["kind"] == kind and base in cube["measures"]]

    def _labels(self, base: str, how: str) -> list[str]:
        """Periods of a count in the order they are listed, put together where wards changed in between."""
        found = self._cubes_of(base, how) or [self.any_cube(base)]
        cubes = [self.build.manifest["cubes"][layer_id]["periods"] for layer_id in found]
        if len(cubes) == 1:
            return list(cubes[0])
        labels = dict.fromkeys(label for periods in cubes for label in periods)
        return sorted(labels, key=lambda label: (self.period(label).years, self.period(label).start))

    def any_cube(self, base: str, when: str = "") -> str:
        """
        A cube layer that holds a count over all its periods: by wards if they never changed, else by LSOA.

        Where there are only wards, and they changed, it is the one that holds the period ``when``.
        """
        kinds = ("ward", "lsoa") if len(self._cubes_of(base, "ward")) == 1 else ("lsoa", "ward")
        asked = (self.cube_of(base, kind, label) for label in (when, "") for kind in kinds)
        return next(found for found in asked if found is not None)

    def _guarded(self, cube_id: str) -> bool:
        return self.viewer.audience != "restricted" and self.build.meta(cube_id).policy != "open"


_SCORE_LAYER = POINT_LAYERS[_SCORE]


def choices(build: Build, viewer: Viewer) -> Choices:
    """The selections that this viewer may make of this build."""
    return Choices(build, viewer)

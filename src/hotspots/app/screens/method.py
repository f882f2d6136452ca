"""The Method page: where the numbers come from, how they are made, and the words that licences ask for."""

import pandas as pd
import streamlit as st

from hotspots.app import published
from hotspots.app.words import listed, paragraph, plain, table_of
from hotspots.errors import HotspotsError
from hotspots.views import explained, sources_read

_LOCATED = {"lsoa": "small area (LSOA)", "snapped_point": "published point"}
_KINDS = {"lsoa": "Small areas (LSOA)", "ward": "Wards", "common": "Areas that LSOAs of both vintages share"}


def page() -> None:
    """Sources with coverage and tallies, what has to be known to read the numbers, boundaries, attributions."""
    st.title("Where the numbers come from", anchor=False)
    build = published.current_build()
    viewer = published.viewer_of(build)
    manifest = build.manifest
    st.html(paragraph(f"{build.area_name}, build {build.id}."))
    st.header("Sources", anchor=False)
    known = sources_read(build, viewer)
    owned = any(source["owner"] for source in known)
    sources = pd.DataFrame(
        {
            "Source": source["title"],
            "From": source["covers_from"],
            "To": source["covers_to"],
            "Rows": source["sentence"],
            "Located by": _LOCATED.get(source["resolution"], source["resolution"]),
            "Policy": source["policy"],
            "Records": "synthetic" if source["synthetic"] else "real",
            **({"Owner": source["owner"]} if owned else {}),
        }
        for source in known
    )
    st.html(table_of(sources, caption="What was read: rows are accepted, rejected or set aside, and none goes missing"))
    for explanation in explained(build, viewer):
        st.header(plain(explanation.title), anchor=False)
        st.html(listed(explanation.paragraphs))
    st.header("Boundaries", anchor=False)
    vintages = (
        f"{_KINDS[kind]}: {held['vintage']} (codes joined by +)"
        if kind == "common"
        else f"{_KINDS[kind]}: {held['vintage']} (codes of {held['code_vintage']})"
        for kind, held in _vintages(manifest)
    )
    centre = manifest["city_centre"]
    st.html(listed([*vintages, *([centre["label"]] if centre else [])]))
    st.html(paragraph(f"Coordinates were converted by {manifest['transformation']}."))
    words = published.attributions(build)
    if words:
        st.header("Attribution", anchor=False)
        st.html(listed(words))


def _vintages(manifest: dict[str, dict[str, dict[str, str]]]) -> list[tuple[str, dict[str, str]]]:
    common = [("common", held) for held in manifest.get("common_areas", {}).values()]
    return [*sorted(manifest["vintages"].items()), *common]


try:
    page()
except HotspotsError as error:
    st.error(plain(error))

"""The Method page: where the numbers come from, what was counted and left out, and the words that licences ask for."""

import pandas as pd
import streamlit as st

from hotspots.app import published
from hotspots.app.words import listed, paragraph, plain, table_of
from hotspots.errors import HotspotsError
from hotspots.views import sources_read


def page() -> None:
    """Sources with coverage and tallies, boundaries, attributions, and the build that is read."""
    st.title("Where the numbers come from", anchor=False)
    build = published.current_build()
    manifest = build.manifest
    st.html(paragraph(f"{build.area_name}, build {build.id}."))
    st.header("Sources", anchor=False)
    sources = pd.DataFrame(
        {
            "Source": source["title"],
            "Covers": f"{source['covers_from']} to {source['covers_to']}",
            "Rows": source["sentence"],
            "Located by": source["resolution"].replace("_", " "),
            "Policy": source["policy"],
            "Records": "synthetic" if source["synthetic"] else "real",
        }
        for source in sources_read(build, published.viewer_of(build))
    )
    st.html(table_of(sources, caption="What was read: rows are accepted, rejected or set aside, and none goes missing"))
    st.header("Boundaries", anchor=False)
    vintages = (f"{kind}: {held['vintage']} (codes of {held['code_vintage']})" for kind, held in _vintages(manifest))
    centre = manifest["city_centre"]
    st.html(listed([*vintages, *([centre["label"]] if centre else [])]))
    st.html(paragraph(f"Coordinates were converted by {manifest['transformation']}."))
    words = published.attributions(build)
    if words:
        st.header("Attribution", anchor=False)
        st.html(listed(words))


def _vintages(manifest: dict[str, dict[str, dict[str, str]]]) -> list[tuple[str, dict[str, str]]]:
    return sorted(manifest["vintages"].items())


try:
    page()
except HotspotsError as error:
    st.error(plain(error))

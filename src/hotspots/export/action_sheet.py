"""The action sheet: hotspots on plain A4, or as a table, with empty columns for who does what by when."""

from dataclasses import replace
from html import escape

import pandas as pd

from hotspots.errors import DisclosureRefused
from hotspots.layer import Audience, Layer, rounded
from hotspots.views import ReportTable, ranked

_STYLE = """@page { size: A4 landscape; margin: 12mm }
body { font: 10pt/1.35 "Source Sans", "Segoe UI", Arial, sans-serif; color: #0b0c0c; margin: 0 }
h1 { font-size: 15pt; margin: 0 0 2mm } p, ul { margin: 0 0 2mm } ul { padding-left: 5mm }
table { width: 100%; border-collapse: collapse; margin: 2mm 0 3mm } caption { text-align: left }
th, td { border: 0.3mm solid #6b6b6b; padding: 1.2mm 1.6mm; text-align: left; vertical-align: top }
thead { display: table-header-group } tr { break-inside: avoid } .number { text-align: right }
.blank { width: 22% } .short { width: 10% } .marking { font-weight: 600 }"""
_MOST = 15


def action_sheet(layer: Layer, *, audience: Audience, sentence: str, evidence: str = "") -> str:
    """
    Hotspots as a self-contained page of HTML that prints on A4: the list, and empty columns to fill in by hand.

    Parameters
    ----------
    layer
        Hotspots that have been disclosed for ``audience``.
    sentence, evidence
        What the list shows, and what is known of how well such lists predict.

    Raises
    ------
    DisclosureRefused
        The layer was disclosed for a narrower audience.
    """
    order = ("public", "partner", "restricted")
    meta = layer.meta
    if order.index(meta.sensitivity) > order.index(audience):
        raise DisclosureRefused(f"{meta.title} was made for the audience {meta.sensitivity!r}, not for {audience!r}")
    assert layer.features is not None
    places = layer.features.sort_values("rank").head(_MOST)
    rows = "".join(_row(place._asdict()) for place in places.itertuples(index=False))
    notes = [*([evidence] if evidence else []), *meta.labels, *meta.caveats, f"Method: {meta.method}", meta.attribution]
    head = "".join(f"<th scope='col'{style}>{name}</th>" for name, style in _HEADINGS)
    return (
        f"<!doctype html><html lang='en-GB'><head><meta charset='utf-8'><title>{escape(meta.title)}</title>"
        f"<style>{_STYLE}</style></head><body><p class='marking'>{escape(meta.marking)}</p>"
        f"<h1>Action sheet: {escape(meta.title)}</h1><p>{escape(sentence)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in notes if note)}</ul></body></html>"
    )


def action_table(layer: Layer, *, table_id: str, notes: tuple[str, ...] = ()) -> ReportTable:
    """
    All the hotspots of a layer as a table to fill in, with what is known of each and four empty columns.

    Parameters
    ----------
    table_id
        What the table is called in file names.
    notes
        What the list shows and how well such lists predict, put before the layer's own caveats.
    """
    assert layer.features is not None
    places = layer.features.sort_values("rank").set_index("hotspot_id", drop=False)
    shown = ranked(layer).set_index("code")["shown"]
    known = {
        "by_year": "by year",
        "city_centre": "city-centre area",
        "persistence": "over the quarters",
        "chance": "chance",
    }
    table = pd.DataFrame(
        {
            "rank": places["rank"],
            "place": places["name"],
            "grid reference": places["hotspot_id"],
            "events": shown.reindex(places.index),
            **{words: places[column].astype("object").where(places[column].notna(), None)
               for column, words in known.items() if column in places},
            **dict.fromkeys(("action", "who", "by when", "done"), ""),
        }
    )  # fmt: skip
    meta = replace(layer.meta, id=table_id, title=f"Action sheet: {layer.meta.title}")
    return ReportTable(meta, table.reset_index(drop=True), (*notes, *layer.meta.caveats))


_HEADINGS = (
    ("Rank", ""),
    ("Place", ""),
    ("Events", ""),
    ("By year", ""),
    ("Action", " class='blank'"),
    ("Who", " class='short'"),
    ("By when", " class='short'"),
    ("Done", ""),
)


def _row(place: dict[str, object]) -> str:
    share = rounded(100 * float(place["events_share"]), decimals=1)  # type: ignore[arg-type]
    years = place["by_year"] if isinstance(place["by_year"], str) else ""
    return (
        f"<tr><td class='number'>{place['rank']}</td>"
        f"<th scope='row'>{escape(str(place['name']))}<br>{escape(str(place['hotspot_id']))}</th>"
        f"<td class='number'>{place['events']:,} ({share}%)</td><td>{escape(str(years)).replace(', ', '<br>')}</td>"
        "<td></td><td></td><td></td><td></td></tr>"
    )

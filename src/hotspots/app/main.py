"""The map service: page configuration and navigation, nothing else."""

import streamlit as st

from hotspots.app.published import premises_listed

# Less air above the answer, smaller headings, and on paper the answer alone, one column wide.
STYLE = """<style>
.stMainBlockContainer { padding-top: 4.5rem; padding-bottom: 3rem; }
h1 { font-size: 1.9rem !important; padding: 0 0 0.6rem 0 !important; }
h2 { font-size: 1.3rem !important; padding: 0.4rem 0 0 0 !important; }
table b.column { display: none; }
.picture { overflow-x: auto; }
@media (max-width: 640px) { .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; } }
@media (max-width: 640px) {
  table.stacks thead { display: none; }
  table.stacks tr { display: block; padding: 0.4rem 0; border-bottom: 1px solid #b1b4b6; }
  table.stacks td { display: inline-block; padding: 0.1rem 1rem 0.1rem 0 !important; border: 0 !important; }
  table.stacks td:empty { display: none; }
  table.stacks b.column { display: inline; }
  .picture { direction: rtl; }  /* the last periods are seen first */
  .picture img { min-width: 640px; }
}
@media print {
  @page { size: A4; margin: 10mm; }
  html { font-size: 11px !important; }
  header, [data-testid="stToolbar"], .st-key-not-on-paper, .stSelectbox, .stExpander { display: none !important; }
  [data-testid="stVerticalBlock"] { gap: 0.4rem !important; }
  .stMainBlockContainer { padding: 0 !important; }
  .stAlert p { font-size: 1rem !important; }
  [data-testid="stHorizontalBlock"] { display: block !important; }
  .stColumn { width: 100% !important; min-width: 0 !important; }
  .stApp, .stAppViewContainer, .stMain { height: auto !important; min-height: 0 !important; }
  iframe { max-width: 100%; transform: scale(0.56); transform-origin: top left; }
  [data-testid="stElementContainer"]:has(iframe) { height: 292px !important; }
  td, th { padding: 0.05em 0.6em !important; line-height: 1.25; }
  h1, h2 { line-height: 1.4 !important; }
  tr, iframe, h2 { break-inside: avoid; }
  h2 { break-after: avoid; }
}
</style>"""

st.set_page_config(page_title="Hotspots", layout="wide", initial_sidebar_state="collapsed")
st.html(STYLE)
st.navigation(
    [
        st.Page("screens/map.py", title="Map", default=True),
        st.Page("screens/locations.py", title="Locations"),
        st.Page("screens/premises.py", title="Premises", visibility="visible" if premises_listed() else "hidden"),
        st.Page("screens/compare.py", title="Did it work?"),
        st.Page("screens/data.py", title="Data & export"),
        st.Page("screens/method.py", title="Method"),
    ],
    position="top",
).run()

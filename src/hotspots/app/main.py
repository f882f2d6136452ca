"""The map service: page configuration and navigation, nothing else."""

import streamlit as st

# Less air above the answer, smaller headings, and on paper no controls of the browser.
STYLE = """<style>
.stMainBlockContainer { padding-top: 4.5rem; padding-bottom: 3rem; }
h1 { font-size: 1.9rem !important; padding: 0 0 0.6rem 0 !important; }
h2 { font-size: 1.3rem !important; padding: 0.4rem 0 0 0 !important; }
table.stacks b.column { display: none; }
@media (max-width: 640px) { .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; } }
@media (max-width: 640px) {
  table.stacks thead { display: none; }
  table.stacks tr { display: block; padding: 0.4rem 0; border-bottom: 1px solid #b1b4b6; }
  table.stacks td { display: block; padding: 0.1rem 0 !important; border: 0 !important; }
  table.stacks b.column { display: inline; }
}
@media print { header, [data-testid="stToolbar"], .stDownloadButton { display: none !important; } }
</style>"""

st.set_page_config(page_title="Hotspots", layout="wide", initial_sidebar_state="collapsed")
st.html(STYLE)
st.navigation(
    [st.Page("pages/map.py", title="Map", default=True), st.Page("pages/method.py", title="Method")], position="top"
).run()

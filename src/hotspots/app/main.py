"""The map service: page configuration and navigation, nothing else."""

import streamlit as st

# Less air above the answer, smaller headings, and on paper no controls of the browser.
STYLE = """<style>
.stMainBlockContainer { padding-top: 4.5rem; padding-bottom: 3rem; }
h1 { font-size: 1.9rem !important; padding: 0 0 0.6rem 0 !important; }
h2 { font-size: 1.3rem !important; padding: 0.4rem 0 0 0 !important; }
@media (max-width: 640px) { .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; } }
@media print { header, [data-testid="stToolbar"], .stDownloadButton { display: none !important; } }
</style>"""

st.set_page_config(page_title="Hotspots", layout="wide", initial_sidebar_state="collapsed")
st.html(STYLE)
st.navigation(
    [
        st.Page("pages/map.py", title="Map", default=True),
        st.Page("pages/data.py", title="Data & export"),
        st.Page("pages/method.py", title="Method"),
    ],
    position="top",
).run()

"""The map service: page configuration and navigation, nothing else."""

import streamlit as st

st.set_page_config(page_title="Hotspots", layout="wide", initial_sidebar_state="collapsed")
st.navigation(
    [st.Page("pages/map.py", title="Map", default=True), st.Page("pages/method.py", title="Method")], position="top"
).run()

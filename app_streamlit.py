"""The map service for `streamlit run app_streamlit.py`: the packaged pages, with their assets and security headers."""

import streamlit as st

from hotspots.app.server import MAIN_PAGE, lifespan, middleware

app = st.App(MAIN_PAGE, middleware=middleware(), lifespan=lifespan)

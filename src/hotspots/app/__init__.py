"""The map service: a Streamlit application on a published build, read through ``snapshot`` and ``view`` only."""

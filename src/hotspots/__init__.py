"""Geospatial hotspot analysis for community safety partnerships."""

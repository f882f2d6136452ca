"""Web maps: folium drawing of prepared layers, offline, with every text from data escaped."""

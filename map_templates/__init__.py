"""How it looks: a MapSpec says what a map shows; `web` draws it with folium, `paper` with matplotlib; no data is computed."""

"""The glucose report of one person: figures, charts, one-page PDF and text; pure, without SQL."""

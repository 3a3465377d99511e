"""Charts of the glucose report as SVG: one family for the page and for paper."""

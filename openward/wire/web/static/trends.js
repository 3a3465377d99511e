// Read-outs of the charts of measurements by pointer and by arrow keys; without this module the table has the numbers.
import { readout } from "./readout.js";

const SVG = "http://www.w3.org/2000/svg";

function parts(svg) {
  const [left, top, width, height] = svg.dataset.trend.split(" ").map(Number);
  const xs = svg.dataset.xs ? svg.dataset.xs.split(",").map(Number) : [];
  return { left, top, width, height, xs, labels: svg.dataset.labels.split("|") };
}

function unmark() {
  document.querySelector(".trend-mark")?.remove();
  readout.hide();
}

function show(svg, place, spot) {
  unmark();
  const chart = parts(svg);
  if (!(place in chart.xs)) return "";
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("class", "trend-mark");
  line.setAttribute("d", `M${chart.xs[place]} ${chart.top}v${chart.height}`);
  svg.append(line);
  readout.show(spot, chart.labels[place]);
  return chart.labels[place];
}

document.addEventListener("pointermove", (event) => {
  const svg = event.target.closest?.("svg[data-trend]");
  if (!svg) return unmark();
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const { xs } = parts(svg);
  let best = 0;
  xs.forEach((x, place) => { if (Math.abs(x - at.x) < Math.abs(xs[best] - at.x)) best = place; });
  show(svg, best, event);
});

const said = document.getElementById("said");
for (const frame of document.querySelectorAll(".trend-card .chart")) {
  const svg = frame.querySelector("svg[data-trend]");
  const { xs, top } = parts(svg);
  let place = xs.length;
  frame.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !xs.length) return;
    event.preventDefault();
    place = Math.min(Math.max(place + step, 0), xs.length - 1);
    const spot = new DOMPoint(xs[place], top).matrixTransform(svg.getScreenCTM());
    const told = show(svg, place, { clientX: spot.x, clientY: spot.y });
    if (said) said.textContent = told.replaceAll("\n", ", ");
  });
  frame.addEventListener("blur", unmark);
}

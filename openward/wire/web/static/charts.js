// Read-outs of the glucose charts by pointer and by arrow keys, and "copy as text".
import { readout } from "./readout.js";

const SVG = "http://www.w3.org/2000/svg";
const numbers = (text) => (text ?? "").split(",").map((one) => (one === "" ? NaN : Number(one)));
const clock = (minute) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(Math.round(minute % 60)).padStart(2, "0")}`;
const day = (iso) => new Date(`${iso}T12:00:00Z`).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });

// What each chart says at a minute of the day: { minute, text }, or null where there is nothing.
const tellers = {
  profile(chart, minute) {
    const width = Number(chart.dataset.binMin);
    const bin = Math.min(Math.floor(minute / width), 1440 / width - 1);
    const at = (name) => numbers(chart.dataset[name])[bin];
    if (Number.isNaN(at("p50"))) return null;
    const text = [
      `${clock(bin * width)}–${clock((bin + 1) * width)}`,
      `median ${shown(at("p50"), chart)} ${chart.dataset.units}`,
      `half in ${shown(at("p25"), chart)}–${shown(at("p75"), chart)}`,
      `nine in ten in ${shown(at("p5"), chart)}–${shown(at("p95"), chart)}`,
      `${at("n")} readings`,
    ].join("\n");
    return { minute: (bin + 0.5) * width, text };
  },
  day(chart, minute) {
    const minutes = numbers(chart.dataset.minutes);
    const values = numbers(chart.dataset.values);
    let best = -1;
    minutes.forEach((one, place) => {
      if (best < 0 || Math.abs(one - minute) < Math.abs(minutes[best] - minute)) best = place;
    });
    const lines = [`${day(chart.dataset.day)}, ${clock(minute)}`];
    let at = minute;
    if (best >= 0 && Math.abs(minutes[best] - minute) <= 30) {
      at = minutes[best];
      lines[0] = `${day(chart.dataset.day)}, ${clock(at)}`;
      lines.push(`${shown(values[best], chart)} ${chart.dataset.units}`);
    }
    for (const [name, unit] of [["boluses", "U bolus"], ["carbs", "g carbohydrate"]]) {
      for (const event of (chart.dataset[name] ?? "").split(",").filter(Boolean)) {
        const [when, amount] = event.split(":");
        if (Math.abs(Number(when) - minute) <= 20) lines.push(`${clock(Number(when))}  ${amount || "?"} ${unit}`);
      }
    }
    return lines.length > 1 ? { minute: at, text: lines.join("\n") } : null;
  },
  "modal-day"(chart, minute) {
    const minutes = numbers(chart.dataset.minutes);
    const values = numbers(chart.dataset.values);
    let best = 0;
    minutes.forEach((one, place) => {
      if (Math.abs(one - minute) < Math.abs(minutes[best] - minute)) best = place;
    });
    if (Number.isNaN(minutes[best])) return null;
    return { minute: minutes[best], text: `${clock(minutes[best])}\n${shown(values[best], chart)} ${chart.dataset.units}` };
  },
};
const shown = (value, chart) => (chart.dataset.units === "mmol/L" ? value.toFixed(1) : String(Math.round(value)));

function place(chart) {
  const [left, top, width, height] = chart.dataset.plot.split(" ").map(Number);
  return { left, top, width, height };
}

function mark(chart, minute) {
  document.querySelector(".crosshair")?.remove();
  if (minute === null) return;
  const plot = place(chart);
  const line = document.createElementNS(SVG, "line");
  const x = plot.left + (plot.width * minute) / 1440;
  for (const [name, value] of Object.entries({ x1: x, x2: x, y1: plot.top, y2: plot.top + plot.height, class: "crosshair" })) line.setAttribute(name, value);
  chart.append(line);
}

function tell(chart, minute, spot) {
  const said = tellers[chart.dataset.chart]?.(chart, minute);
  mark(chart, said ? said.minute : null);
  if (!said) return readout.hide();
  readout.show(spot, said.text);
  return said;
}

document.addEventListener("pointermove", (event) => {
  const column = event.target.closest?.("[data-chart=insulin] g[data-day]");
  if (column) {
    const { basal, bolus } = column.dataset;
    return readout.show(event, `${day(column.dataset.day)}\nbolus ${Number(bolus).toFixed(1)} U\nbasal ${Number(basal).toFixed(1)} U`);
  }
  const chart = event.target.closest?.("[data-chart][data-plot]");
  if (!chart) {
    mark(null, null);
    return readout.hide();
  }
  const svg = chart.ownerSVGElement ?? chart;
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const plot = place(chart);
  const minute = ((at.x - plot.left) / plot.width) * 1440;
  if (minute < 0 || minute > 1440) {
    mark(chart, null);
    return readout.hide();
  }
  tell(chart, minute, event);
});

// Arrow keys walk through the day in steps of a quarter of an hour; the words go to screen readers too.
const said = document.getElementById("said");
for (const frame of document.querySelectorAll(".chart[tabindex]")) {
  const chart = frame.querySelector("svg[data-chart][data-plot]");
  if (!chart) continue;
  let minute = 720;
  frame.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -15, ArrowRight: 15 }[event.key];
    if (!step) return;
    event.preventDefault();
    minute = Math.min(Math.max(minute + step, 0), 1439);
    const plot = place(chart);
    const spot = new DOMPoint(plot.left + (plot.width * minute) / 1440, plot.top).matrixTransform(chart.getScreenCTM());
    const told = tell(chart, minute, { clientX: spot.x, clientY: spot.y });
    if (said && told) said.textContent = told.text.replaceAll("\n", ", ");
  });
  frame.addEventListener("blur", () => { mark(chart, null); readout.hide(); });
}

for (const link of document.querySelectorAll("[data-copy]")) {
  link.addEventListener("click", async (event) => {
    if (!navigator.clipboard) return; // the link then opens the text itself
    event.preventDefault();
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) throw new Error("no text");
      await navigator.clipboard.writeText(await answer.text());
      const before = link.textContent;
      link.textContent = "Copied";
      if (said) said.textContent = "The text is on the clipboard.";
      setTimeout(() => { link.textContent = before; }, 1800);
    } catch {
      location.assign(link.href);
    }
  });
}

import { bars } from "./report/bars.js";
import { Curves } from "./report/curves.js";
import { element } from "./report/element.js";
import { matrix } from "./report/matrix.js";

const report = JSON.parse(document.getElementById("data").textContent);
const grouped = new Intl.NumberFormat("en-US");
const percent = (share) => (share === null || share === undefined ? "none" : `${(100 * share).toFixed(1)} %`);
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

function section(title, note, className, ...children) {
  const heading = element("h2", {}, title);
  if (note) {
    heading.append(element("small", {}, note));
  }
  return element("section", { class: className }, heading, ...children);
}

function last(values) {
  return values.findLast((value) => value !== null);
}

function median(values) {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)];
}

// The mean over about an epoch before each step; gaps are left out.
function smoothed(values, window) {
  const recent = [];
  let sum = 0;
  return values.map((value) => {
    if (value !== null) {
      recent.push(value);
      sum += value;
      if (recent.length > window) {
        sum -= recent.shift();
      }
    }
    return recent.length > 0 ? sum / recent.length : null;
  });
}

function figures() {
  const list = [];
  const add = (name, value) => value !== undefined && list.push([name, value]);
  add("steps", report.loss.length ? grouped.format(report.loss.length) : undefined);
  add("last loss", last(report.loss)?.toFixed(3));
  add("mIoU", report.classes ? percent(report.meanIoU) : undefined);
  add("accuracy", report.classes ? percent(report.accuracy) : undefined);
  const speed = median(report.throughput);
  add("points a second, median", speed === undefined ? undefined : compact.format(speed));
  return element(
    "section",
    { class: "wide figures" },
    ...list.map(([name, value]) => element("div", {}, element("b", {}, value), element("span", {}, name))),
  );
}

function curves(root) {
  const steps = report.loss.map((_, index) => index + 1);
  const perEpoch = report.stepsPerEpoch;
  const add = (title, note, series, options) => {
    const chart = element("div", { class: "chart" });
    const key = element("div", { class: "key" });
    root.append(section(title, note, "", chart, key));
    new Curves(chart, key, series, { perEpoch, ...options });
  };
  if (steps.length > 0) {
    const window = Math.max(2, Math.min(perEpoch || 50, Math.ceil(steps.length / 4)));
    add("Loss", "", [
      { name: "step", x: steps, y: report.loss, color: 0, faint: true },
      { name: `mean of ${window} steps`, x: steps, y: smoothed(report.loss, window), color: 0 },
    ], { from: 0, format: (value) => value.toPrecision(4) });
  }
  const measured = [...new Set(report.scores.map((score) => score.measured))];
  if (measured.length > 0) {
    add("mIoU", "", measured.map((name, color) => {
      const scores = report.scores.filter((score) => score.measured === name);
      return { name, x: scores.map(({ step }) => step), y: scores.map(({ iou }) => iou), color, points: true };
    }), { from: 0, to: 1, format: percent });
  }
  if (steps.length > 0) {
    add("Learning rate", "", [{ name: "step", x: steps, y: report.rate, color: 2 }], { from: 0, format: (value) => (value < 1e-3 ? value.toExponential(2) : value.toPrecision(3)) });
    add("Throughput", "points a second", [
      { name: "step", x: steps, y: report.throughput, color: 3, faint: true },
      { name: "mean of 10 steps", x: steps, y: smoothed(report.throughput, 10), color: 3 },
    ], { from: 0, format: (value) => compact.format(value) });
  }
}

const root = document.getElementById("report");
root.append(figures());
curves(root);
if (report.classes) {
  root.append(section("IoU by class", "", "wide", bars(report.classes)));
  root.append(
    section("Confusion", "each row: what the points of a class were taken for, in percent", "wide", matrix(report.classes)),
  );
}
if (report.settings.length > 0) {
  const rows = report.settings.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  root.append(section("Settings", "", "wide", element("dl", { class: "settings" }, ...rows)));
}
document.documentElement.dataset.ready = "yes";

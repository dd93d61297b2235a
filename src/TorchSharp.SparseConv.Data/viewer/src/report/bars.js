import { readable } from "../colors.js";
import { element } from "./element.js";

const grouped = new Intl.NumberFormat("en-US");

function onBothGrounds(color) {
  const [light, dark] = [false, true].map((ground) => `rgb(${readable(color, ground).join(" ")})`);
  return `light-dark(${light}, ${dark})`;
}

// A bar a class that occurs, with its IoU and its points.
export function bars(classes) {
  const rows = classes
    .map((entry) => ({ ...entry, points: entry.predicted.reduce((sum, count) => sum + count, 0) }))
    .filter(({ ignored, iou }) => !ignored && iou !== null)
    .flatMap(({ name, color, iou, points }) => [
      element("span", {}, name),
      element("div", { class: "track" }, element("div", { style: `width: ${100 * iou}%`, "--color": onBothGrounds(color) })),
      element("span", { class: "number iou" }, `${(100 * iou).toFixed(1)} %`),
      element("span", { class: "number" }, grouped.format(points)),
    ]);
  const head = ["class", "", "IoU", "points"].map((text, at) =>
    element("span", { class: at > 1 ? "head number" : "head" }, text),
  );
  return element("div", { class: "bars" }, ...head, ...rows);
}

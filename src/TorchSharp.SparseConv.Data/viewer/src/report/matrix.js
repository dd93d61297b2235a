import { element, shape } from "./element.js";

const grouped = new Intl.NumberFormat("en-US");
const CELL = 34;
const LEFT = 112;
const TOP = 96;
const RIGHT = 64; // room for the last name, which leans to the right

// Rows are the truth, columns what it was taken for; each cell tells its numbers when hovered or focused.
export function matrix(classes) {
  const shown = classes
    .map((entry, index) => ({ ...entry, index, points: entry.predicted.reduce((sum, count) => sum + count, 0) }))
    .filter(({ ignored, index, points }) => points > 0 || (!ignored && classes.some(({ predicted }) => predicted[index] > 0)));
  const size = shown.length * CELL;
  const root = shape("svg", {
    viewBox: `0 0 ${LEFT + size + RIGHT} ${TOP + size + 8}`,
    width: LEFT + size + RIGHT,
    role: "img",
    "aria-label": "Confusion matrix",
  });
  shown.forEach((truth, row) => {
    const middle = TOP + (row + 0.5) * CELL;
    const under = LEFT + (row + 0.5) * CELL;
    root.append(
      shape("text", { x: LEFT - 8, y: middle + 4, "text-anchor": "end" }, truth.name),
      shape("text", { transform: `translate(${under + 4} ${TOP - 8}) rotate(-50)`, class: "axis" }, truth.name),
    );
    shown.forEach((guess, column) => root.append(...cell(truth, guess, row, column)));
  });
  return element("div", { class: "matrix" }, root);
}

function cell(truth, guess, row, column) {
  const count = truth.predicted[guess.index];
  const share = truth.points > 0 ? count / truth.points : 0;
  const right = truth.index === guess.index;
  const ink = right ? "var(--accent)" : "light-dark(#d33c3c, #ff6b6b)";
  // Square root: the eye is to find one in a hundred.
  const depth = count > 0 ? 6 + 94 * Math.sqrt(share) : 0;
  const box = shape(
    "rect",
    {
      x: LEFT + column * CELL,
      y: TOP + row * CELL,
      width: CELL,
      height: CELL,
      rx: 4,
      style: `fill: color-mix(in srgb, ${ink} ${depth.toFixed(1)}%, var(--raised))`,
      tabindex: count > 0 ? 0 : -1,
      "aria-label": `${truth.name} taken for ${guess.name}`,
    },
    shape(
      "title",
      {},
      `${truth.name} taken for ${guess.name}: ${grouped.format(count)} of ${grouped.format(truth.points)} points, ${(100 * share).toFixed(1)} %`,
    ),
  );
  const text = share >= 0.005 ? String(Math.round(100 * share)) : "";
  const label = shape(
    "text",
    {
      x: LEFT + (column + 0.5) * CELL,
      y: TOP + (row + 0.5) * CELL + 4,
      "text-anchor": "middle",
      "pointer-events": "none",
      style: depth > 60 ? "fill: light-dark(#ffffff, #0b0e14)" : "",
    },
    text,
  );
  return [box, label];
}

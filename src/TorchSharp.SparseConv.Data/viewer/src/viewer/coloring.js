import { countClasses, NOT_JUDGED, RIGHT, WRONG } from "./scene.js";

// The ways in which the scene's points can be coloured, and what each layer has for the one that is chosen.

const HEIGHT = "@height";
const ERROR = "@error";

export function colorings(scene) {
  const layers = scene.panes.flatMap((pane) => pane.layers);
  const columns = new Map();
  for (const column of layers.flatMap((layer) => layer.columns)) {
    if (!columns.has(column.name)) {
      columns.set(column.name, column);
    }
  }
  const list = [];
  const take = (name, title) => {
    const column = columns.get(name);
    columns.delete(name);
    if (column) {
      list.push({ key: name, title, kind: kindOf(column) });
    }
  };
  take("label", columns.get("label")?.kind === "class" ? "Class" : "label");
  take("prediction", columns.get("prediction")?.kind === "class" ? "Prediction" : "prediction");
  if (layers.some((layer) => layer.errors)) {
    list.push({ key: ERROR, title: "Right and wrong", kind: "error" });
  }
  take("color", "Colour");
  list.push({ key: HEIGHT, title: "Height", kind: "height" });
  for (const name of [...columns.keys()]) {
    take(name, name);
  }
  return list;
}

function kindOf(column) {
  return column.kind === "class" || column.kind === "rgb" ? column.kind : "number";
}

// The one that the page asks for, else classes, else colours, else height.
export function firstColoring(scene, list) {
  const wanted = scene.colorBy;
  return (
    list.find(({ key }) => key === wanted) ??
    list.find(({ key }) => key === `@${wanted}`) ??
    list.find(({ kind }) => kind === "class") ??
    list.find(({ kind }) => kind === "rgb") ??
    list.find(({ kind }) => kind === "height")
  );
}

// What colours a layer: its column, or height where it has none of that name.
export function coloringOf(layer, { key, kind }) {
  const column =
    layer.column(key) ?? (kind === "class" ? (layer.column("label") ?? layer.column("prediction")) : undefined);
  if (column) {
    return { kind: kindOf(column), column };
  }
  return kind === "error" && layer.errors ? { kind } : { kind: "height" };
}

// The classes that decide what is hidden: those that are shown, else the labels, else the predictions.
export function classColumn(layer, { key }) {
  return [layer.column(key), layer.column("label"), layer.column("prediction")].find(
    (column) => column?.kind === "class",
  );
}

export function classCounts(scene, layer, coloring) {
  const column = classColumn(layer, coloring);
  if (!column) {
    return undefined;
  }
  layer.classCounts ??= new Map();
  if (!layer.classCounts.has(column)) {
    layer.classCounts.set(column, countClasses(layer, column.values, scene.classes.length));
  }
  return layer.classCounts.get(column);
}

export function errorCounts(layer) {
  if (layer.errors && !layer.errorCounts) {
    layer.errorCounts = countClasses(layer, layer.errors, 3);
  }
  return layer.errorCounts;
}

export const verdicts = [
  { verdict: WRONG, name: "Wrong" },
  { verdict: RIGHT, name: "Right" },
  { verdict: NOT_JUDGED, name: "Not judged" },
];

// Lowest and highest of what a colour map shows, and the range that all but one in a hundred at either end lie in.
export function extent(scene, coloring) {
  let [low, high] = [Infinity, -Infinity];
  const sample = [];
  for (const layer of scene.panes.flatMap((pane) => pane.layers)) {
    const { kind, column } = coloringOf(layer, coloring);
    if (kind !== coloring.kind) {
      continue;
    }
    const [base, scale] = kind === "height" ? [layer.corner[2], layer.cell[2]] : [column.low, 1];
    const [values, stride, offset] = kind === "height" ? [layer.places, 4, 2] : [column.values, 1, 0];
    const every = Math.max(1, Math.floor(layer.count / 20000));
    for (let i = 0; i < layer.count; i += every) {
      const value = base + scale * values[i * stride + offset];
      if (Number.isFinite(value) && layer.places[4 * i] !== 65535) {
        sample.push(value);
      }
    }
    low = Math.min(low, kind === "height" ? base : column.low);
    high = Math.max(high, kind === "height" ? base + scale * 65534 : column.high);
  }
  sample.sort((a, b) => a - b);
  const at = (share) => sample[Math.round(share * (sample.length - 1))] ?? 0;
  const inner = [at(0.01), at(0.99)];
  return { low, high, inner: inner[1] > inner[0] ? inner : [low, high] };
}

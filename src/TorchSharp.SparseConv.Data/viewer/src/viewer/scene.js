import { readBlock } from "../blocks.js";
import { shuffled } from "./order.js";

// What the page embeds, as typed arrays: positions of 16 bits an axis, and columns by which points can be coloured.

const types = { class: Uint8Array, rgb: Uint8Array, u8: Uint8Array, u16: Uint16Array, f32: Float32Array };

export const RIGHT = 0;
export const WRONG = 1;
export const NOT_JUDGED = 2;

export async function readScene(text) {
  const scene = JSON.parse(text);
  const read = new Map();
  const block = (number, Type, components, stride) => {
    if (!read.has(number)) {
      read.set(
        number,
        readBlock(number).then((buffer) => shuffled(new Type(buffer), components, stride)),
      );
    }
    return read.get(number);
  };
  const reading = [];
  for (const layer of scene.panes.flatMap((pane) => pane.layers)) {
    layer.placesBlock = layer.places;
    // Four to a point, so that each begins at a multiple of four bytes, as graphics cards like it.
    reading.push(block(layer.places, Uint16Array, 3, 4).then((places) => (layer.places = places)));
    for (const column of layer.columns) {
      const components = column.kind === "rgb" ? 3 : 1;
      reading.push(
        block(column.block, types[column.kind], components, components === 3 ? 4 : 1).then(
          (values) => (column.values = values),
        ),
      );
    }
    layer.column = (name) => layer.columns.find((column) => column.name === name);
  }
  await Promise.all(reading);
  for (const layer of scene.panes.flatMap((pane) => pane.layers)) {
    layer.count = layer.places.length / 4;
  }
  judge(scene);
  return scene;
}

// A class column's points of each class; points without a place are not counted.
export function countClasses(layer, values, classes) {
  const counts = new Array(classes).fill(0);
  for (let i = 0; i < layer.count; i++) {
    if (layer.places[4 * i] !== 65535) {
      counts[values[i]]++;
    }
  }
  return counts;
}

// Truth and prediction of a layer: its own columns, or the first pane's labels and its own.
function judgedBy(scene, layer) {
  const label = layer.column("label");
  const prediction = layer.column("prediction");
  if (label?.kind === "class" && prediction?.kind === "class") {
    return [label.values, prediction.values];
  }
  const first = scene.panes[0].layers[0];
  const truth = first.column("label");
  const same = first !== layer && first.placesBlock === layer.placesBlock && truth?.kind === "class";
  const guess = label?.kind === "class" && label.values !== truth?.values ? label : prediction;
  return same && guess?.kind === "class" ? [truth.values, guess.values] : undefined;
}

// Marks what is wrong in each layer, and in the first pane what is wrong in any other of the same points.
function judge(scene) {
  const first = scene.panes[0].layers[0];
  for (const layer of scene.panes.flatMap((pane) => pane.layers)) {
    const pair = judgedBy(scene, layer);
    if (!pair) {
      continue;
    }
    layer.errors ??= new Uint8Array(layer.count);
    const shared = layer !== first && layer.placesBlock === first.placesBlock ? first : undefined;
    if (shared) {
      shared.errors ??= new Uint8Array(shared.count);
    }
    const [truth, guess] = pair;
    let known = 0;
    let wrong = 0;
    for (let i = 0; i < layer.count; i++) {
      const verdict = truth[i] === scene.ignore ? NOT_JUDGED : truth[i] === guess[i] ? RIGHT : WRONG;
      layer.errors[i] = verdict;
      known += verdict !== NOT_JUDGED;
      wrong += verdict === WRONG;
      if (shared && verdict !== RIGHT) {
        shared.errors[i] = verdict;
      }
    }
    layer.agreement = known > 0 ? 1 - wrong / known : undefined;
    scene.iou ??= intersectionOverUnion(scene, pair);
  }
}

// By class; undefined where a class does not occur or is ignored.
function intersectionOverUnion({ classes, ignore }, [truth, guess]) {
  const both = new Array(classes.length).fill(0);
  const either = new Array(classes.length).fill(0);
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === ignore) {
      continue;
    }
    either[truth[i]]++;
    if (truth[i] === guess[i]) {
      both[truth[i]]++;
    } else {
      either[guess[i]]++;
    }
  }
  return classes.map((_, label) =>
    label === ignore || either[label] === 0 ? undefined : both[label] / either[label],
  );
}

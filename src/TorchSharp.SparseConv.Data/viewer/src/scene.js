// What the page embeds: positions of 16 bits an axis in the bounding box, one byte a label and panel.

// A plain loop: Uint8Array.from with a function takes seconds for a million points.
function bytes(base64) {
  const text = atob(base64);
  const result = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    result[i] = text.charCodeAt(i);
  }
  return result;
}

export function readScene(text) {
  const scene = JSON.parse(text);
  scene.positions = new Uint16Array(bytes(scene.positions).buffer);
  for (const panel of scene.panels) {
    panel.labels = bytes(panel.labels);
    panel.counts = count(panel.labels, scene.classes.length);
  }
  markErrors(scene);
  scene.iou = intersectionOverUnion(scene);
  return scene;
}

function count(labels, classes) {
  const counts = new Array(classes).fill(0);
  for (const label of labels) {
    counts[label]++;
  }
  return counts;
}

// A point is an error where a later panel differs from the first, the reference; the first shows those of all.
function markErrors({ panels, count, ignore }) {
  const [reference, ...others] = panels;
  reference.errors = new Uint8Array(count);
  for (const panel of others) {
    panel.errors = new Uint8Array(count);
    let known = 0;
    let wrong = 0;
    for (let i = 0; i < count; i++) {
      if (reference.labels[i] !== ignore) {
        known++;
        if (panel.labels[i] !== reference.labels[i]) {
          wrong++;
          panel.errors[i] = reference.errors[i] = 1;
        }
      }
    }
    panel.agreement = known > 0 ? 1 - wrong / known : undefined;
  }
}

// Of the second panel against the first, by class; undefined where there is no second or the class is ignored.
function intersectionOverUnion({ panels, classes, count, ignore }) {
  const result = new Array(classes.length).fill(undefined);
  if (panels.length < 2) {
    return result;
  }
  const both = new Array(classes.length).fill(0);
  const either = new Array(classes.length).fill(0);
  const [truth, prediction] = panels.map((panel) => panel.labels);
  for (let i = 0; i < count; i++) {
    if (truth[i] === ignore) {
      continue;
    }
    either[truth[i]]++;
    if (truth[i] === prediction[i]) {
      both[truth[i]]++;
    } else {
      either[prediction[i]]++;
    }
  }
  return result.map((_, label) =>
    label === ignore || either[label] === 0 ? undefined : both[label] / either[label],
  );
}

// Colours made for paper or white vanish on a dark ground: lift the dark ones towards a readable grey.
export function readable(hex) {
  const channels = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const light = 0.299 * channels[0] + 0.587 * channels[1] + 0.114 * channels[2];
  const lift = Math.max(0, 72 - light) / 183;
  return channels.map((channel) => Math.round(channel + (255 - channel) * lift));
}

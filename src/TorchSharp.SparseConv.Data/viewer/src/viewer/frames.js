// Where each pane's middle is and how large it is, so that one camera serves all.

// The middle of a layer, and the radius within which four of five of its points lie: outliers do not set the view.
function middle({ places, count, corner, cell }) {
  const sum = [0, 0, 0];
  const sample = [];
  const every = Math.max(1, Math.floor(count / 50000));
  for (let i = 0; i < count; i += every) {
    if (places[4 * i] !== 65535) {
      const position = corner.map((low, axis) => low + cell[axis] * places[4 * i + axis]);
      position.forEach((value, axis) => (sum[axis] += value));
      sample.push(position);
    }
  }
  if (sample.length === 0) {
    return undefined;
  }
  const center = sum.map((total) => total / sample.length);
  const distances = sample.map((position) => Math.hypot(...position.map((value, axis) => value - center[axis])));
  distances.sort((a, b) => a - b);
  return { center, radius: Math.max(distances[Math.floor(distances.length * 0.8)], 1e-3) };
}

// Panes in one place share the first's frame; a pane elsewhere, or of quite another size, is brought to it.
export function frames(panes) {
  const middles = panes.map(({ layers }) => middle(layers[0]) ?? { center: [0, 0, 0], radius: 1 });
  const [first] = middles;
  const shared = { center: first.center, scale: 1 };
  return {
    radius: first.radius,
    list: middles.map(({ center, radius }) => {
      const apart = Math.hypot(...center.map((value, axis) => value - first.center[axis]));
      return apart < 2 * first.radius && radius < 8 * first.radius && first.radius < 8 * radius
        ? shared
        : { center, scale: first.radius / radius };
    }),
  };
}

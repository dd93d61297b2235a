// Points in an order without order: the first part of them is a picture of all, which is drawn while the view moves.

const orders = new Map();

// The same for all arrays of as many points, so that they still belong together.
function orderOf(count) {
  if (!orders.has(count)) {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    let state = 0x9e3779b9;
    for (let i = count - 1; i > 0; i--) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const j = (state >>> 0) % (i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    orders.set(count, order);
  }
  return orders.get(count);
}

// stride: entries a point has in the result, of which the first `components` are filled.
export function shuffled(values, components, stride) {
  const count = values.length / components;
  const order = orderOf(count);
  const result = new values.constructor(count * stride);
  for (let to = 0; to < count; to++) {
    const from = order[to] * components;
    for (let k = 0; k < components; k++) {
      result[to * stride + k] = values[from + k];
    }
  }
  return result;
}

// Colour maps by a few of their colours, between which they are straight lines.
const stops = {
  viridis: "440154 482878 3e4a89 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
  turbo: "30123b 4145ab 4675ed 39a2fc 1bcfd4 24eca6 61fc6c a4fc3b d1e834 f3c63a fe9b2d f36315 d93806 b11901 7a0402",
  "blue to red": "3b4cc0 6788ee 9abbff c9d7f0 edd1c2 f7a889 e26952 b40426",
  grey: "2a2e36 f4f6fa",
};

export const mapNames = Object.keys(stops);

export function channels(hex) {
  const at = hex.startsWith("#") ? 1 : 0;
  return [0, 2, 4].map((offset) => parseInt(hex.slice(at + offset, at + offset + 2), 16));
}

// 256 colours, red, green, blue and alpha of each.
export function colorMap(name) {
  const colors = stops[name].split(" ").map(channels);
  const table = new Uint8Array(4 * 256);
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * (colors.length - 1);
    const below = Math.min(Math.floor(place), colors.length - 2);
    const mix = (k) => colors[below][k] + (place - below) * (colors[below + 1][k] - colors[below][k]);
    table.set([mix(0), mix(1), mix(2), 255], 4 * i);
  }
  return table;
}

export function gradient(name) {
  return `linear-gradient(to right, ${stops[name].split(" ").map((hex) => `#${hex}`)})`;
}

// Dark colours vanish on a dark ground, and light ones on a light ground: those are moved towards the middle.
export function readable(hex, dark) {
  const color = channels(hex);
  const light = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2];
  if (dark) {
    const lift = Math.max(0, 72 - light) / 183;
    return color.map((channel) => Math.round(channel + (255 - channel) * lift));
  }
  const dim = Math.min(1, 175 / Math.max(light, 1));
  return color.map((channel) => Math.round(channel * dim));
}

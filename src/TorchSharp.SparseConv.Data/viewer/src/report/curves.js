import uPlot from "uplot";
import { element } from "./element.js";

const HEIGHT = 220;
const dark = matchMedia("(prefers-color-scheme: dark)");
const colors = { dark: ["#6ea8fe", "#f2994a", "#5cc98b", "#b48cf2"], light: ["#2563d9", "#c96a12", "#1f8a55", "#7b4fd0"] };

function color(index) {
  const list = dark.matches ? colors.dark : colors.light;
  return list[index % list.length];
}

// Curves over steps in one chart, as wide as its place; a drag zooms in, a double click out again.
export class Curves {
  // series: name, x, y, color, and perhaps faint or points; options: perEpoch, from, to, format.
  constructor(root, key, series, options) {
    Object.assign(this, { root, key, series, options });
    this.data = uPlot.join(series.map(({ x, y }) => [x, y]));
    this.build();
    new ResizeObserver(() => this.plot.setSize({ width: this.root.clientWidth, height: HEIGHT })).observe(root);
    dark.addEventListener("change", () => this.build());
  }

  build() {
    this.plot?.destroy();
    const [line, faint] = dark.matches ? ["#222936", "#8a94a6"] : ["#e3e7ee", "#5c677a"];
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const { perEpoch, from, to, format } = this.options;
    const axis = { stroke: faint, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
    this.plot = new uPlot(
      {
        width: this.root.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { points: { size: 7 }, y: false },
        scales: {
          x: { time: false },
          y: { range: (_, low, high) => [Math.min(from ?? low, low), to ?? (high > low ? high + 0.05 * (high - low) : low + 1)] },
        },
        axes: [
          { ...axis, values: (_, splits) => splits.map((step) => (Number.isInteger(step) ? String(step) : "")), size: 34 },
          { ...axis, values: (_, splits) => splits.map((value) => (to === 1 ? `${Math.round(100 * value)} %` : short(value))), size: 58 },
        ],
        series: [
          {},
          ...this.series.map((curve) => ({
            label: curve.name,
            stroke: color(curve.color) + (curve.faint ? "55" : ""),
            width: curve.faint ? 1 : 2,
            spanGaps: true,
            points: { show: curve.points ?? false, size: 6, fill: color(curve.color) },
          })),
        ],
        hooks: { setCursor: [(plot) => this.showKey(plot.cursor.idx)] },
      },
      this.data,
      this.root,
    );
    this.plot.root.setAttribute("role", "img");
    this.plot.root.setAttribute("aria-label", `${this.series.map(({ name }) => name).join(", ")} over ${perEpoch > 0 ? "epochs" : "steps"}`);
    this.format = format;
    this.showKey(null);
  }

  // Names and values at the cursor, or at the end where there is none.
  showKey(index) {
    const at = index ?? this.data[0].length - 1;
    const step = this.data[0][at];
    const { perEpoch } = this.options;
    const epoch = perEpoch > 0 ? `, epoch ${(step / perEpoch).toFixed(2)}` : "";
    const values = this.series.map((curve, place) => {
      const value = this.data[place + 1][at];
      const text = value === null || value === undefined ? curve.name : `${curve.name} ${this.format(value)}`;
      return element("span", {}, element("i", { "--color": color(curve.color) + (curve.faint ? "88" : "") }), text);
    });
    this.key.replaceChildren(...values, element("span", {}, `step ${step}${epoch}`));
  }
}

const large = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

function short(value) {
  const size = Math.abs(value);
  if (size >= 1000) {
    return large.format(value);
  }
  return size > 0 && size < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

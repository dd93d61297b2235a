import { channels, colorMap, readable } from "./colors.js";
import { colorings, extent, firstColoring } from "./viewer/coloring.js";
import { Legend } from "./viewer/legend.js";
import { readScene } from "./viewer/scene.js";
import { Stage } from "./viewer/stage.js";

const byId = (id) => document.getElementById(id);
const grouped = new Intl.NumberFormat("en-US");
const darkScheme = matchMedia("(prefers-color-scheme: dark)");

class Viewer {
  constructor(scene) {
    this.scene = scene;
    this.stage = new Stage(byId("canvas"), scene);
    this.colorings = colorings(scene);
    this.coloring = firstColoring(scene, this.colorings);
    this.scales = new Map();
    this.visible = { classes: scene.classes.map(() => true), verdicts: [true, true, true] };
    this.legend = new Legend(byId("legend"), scene, {
      classes: (visible) => this.setVisible("classes", visible),
      verdicts: (visible) => this.setVisible("verdicts", visible),
      scale: (coloring) => this.scaleOf(coloring),
      setScale: (coloring, range, map) => this.setScale(coloring, range, map),
    });
    this.levels = Math.max(...scene.panes.map((pane) => pane.layers.length));
    this.showChoices();
    this.showCaptions();
    this.showLevel(0);
    this.setColors();
    this.setColoring(this.coloring);
    this.stage.setPointSize(byId("size").valueAsNumber);
  }

  showChoices() {
    byId("coloring").append(...this.colorings.map(({ key, title }) => new Option(title, key)));
    byId("coloring").value = this.coloring.key;
    byId("errors-row").hidden = !this.colorings.some(({ kind }) => kind === "error");
    byId("levels").hidden = this.levels < 2;
    byId("level").max = this.levels - 1;
  }

  showCaptions() {
    for (const pane of this.scene.panes) {
      const caption = document.createElement("div");
      const name = document.createElement("span");
      const note = document.createElement("small");
      caption.className = "caption";
      name.textContent = pane.name;
      const { agreement } = pane.layers[0];
      if (agreement !== undefined) {
        note.textContent = `${(100 * agreement).toFixed(1)} % right`;
        name.append(note);
      }
      caption.append(name);
      byId("captions").append(caption);
    }
  }

  // Colours on the page's ground, and none for what is hidden.
  setColors() {
    const dark = darkScheme.matches;
    this.colors = {
      classes: this.scene.classes.map(({ color }) => readable(color, dark)),
      verdicts: [dark ? "3f7f5f" : "6fb08c", "ff4d4d", dark ? "4a5261" : "b4bac4"].map(channels),
    };
    this.stage.setFaded(dark ? [31, 36, 46] : [208, 212, 219]);
    this.paint();
  }

  paint() {
    ["classes", "verdicts"].forEach((what, row) => {
      const visible = this.visible[what];
      this.stage.setPalette(
        row,
        this.colors[what].map((color, index) => [...color, visible[index] ? 255 : 0]),
      );
    });
  }

  setVisible(what, visible) {
    this.visible[what] = visible;
    this.paint();
  }

  setColoring(coloring) {
    this.coloring = coloring;
    byId("coloring").value = coloring.key;
    this.stage.setColoring(coloring);
    if (coloring.kind === "number" || coloring.kind === "height") {
      const { range, map } = this.scaleOf(coloring);
      this.stage.setRange(range);
      this.stage.setMap(colorMap(map));
    } else {
      this.stage.setMap(colorMap("viridis"));
    }
    this.showLegend();
  }

  showLegend() {
    this.legend.show(
      this.coloring,
      this.stage.layers.map(({ layer }) => layer),
      this.colors,
    );
  }

  scaleOf(coloring) {
    if (!this.scales.has(coloring)) {
      const all = extent(this.scene, coloring);
      this.scales.set(coloring, { range: all.inner, map: "viridis", extent: all });
    }
    return this.scales.get(coloring);
  }

  setScale(coloring, range, map) {
    Object.assign(this.scaleOf(coloring), { range, map });
    this.stage.setRange(range);
    this.stage.setMap(colorMap(map));
  }

  showLevel(level) {
    byId("level").value = level;
    this.stage.setLevel(level);
    const { layers } = this.scene.panes.find((pane) => pane.layers.length === this.levels);
    const { name, count, box } = layers[level];
    if (box) {
      const edges = box.map((edge) => Number(edge.toPrecision(4)));
      const size = edges.every((edge) => edge === edges[0]) ? edges[0] : edges.join(" × ");
      byId("level-text").textContent = `${name} · ${grouped.format(count)} voxels of ${size} m`;
    }
    byId("level").ariaValueText = byId("level-text").textContent;
    if (this.colors) {
      this.showLegend();
    }
  }

  nextColoring(step) {
    const at = this.colorings.indexOf(this.coloring) + step + this.colorings.length;
    this.setColoring(this.colorings[at % this.colorings.length]);
  }

  stepLevel(by) {
    const level = Math.min(this.levels - 1, Math.max(0, this.stage.level + by));
    if (level !== this.stage.level) {
      this.showLevel(level);
    }
  }

  connect() {
    const [size, errors, shading] = ["size", "errors", "shading"].map(byId);
    const { stage } = this;
    const changeSize = (by) => {
      size.valueAsNumber += by;
      stage.setPointSize(size.valueAsNumber);
    };
    size.addEventListener("input", () => changeSize(0));
    errors.addEventListener("change", () => stage.setErrorsOnly(errors.checked));
    shading.addEventListener("change", () => stage.setShading(shading.checked));
    byId("coloring").addEventListener("change", ({ target }) =>
      this.setColoring(this.colorings.find(({ key }) => key === target.value)),
    );
    byId("level").addEventListener("input", ({ target }) => this.showLevel(target.valueAsNumber));
    byId("reset").addEventListener("click", () => stage.resetView());
    byId("top").addEventListener("click", () => stage.viewFromAbove());
    byId("show-help").addEventListener("click", () => byId("help").showModal());
    darkScheme.addEventListener("change", () => {
      this.setColors();
      this.showLegend();
    });
    this.connectKeys({
      r: () => stage.resetView(),
      t: () => stage.viewFromAbove(),
      e: () => byId("errors-row").hidden || errors.click(),
      s: () => shading.click(),
      l: () => document.body.classList.toggle("no-legend"),
      c: () => this.nextColoring(1),
      "[": () => this.stepLevel(-1),
      "]": () => this.stepLevel(1),
      "+": () => changeSize(0.4),
      "=": () => changeSize(0.4),
      "-": () => changeSize(-0.4),
      "?": () => byId("help").showModal(),
    });
  }

  connectKeys(keys) {
    const { stage } = this;
    const onCanvas = {
      arrowleft: () => stage.orbit(-0.08, 0),
      arrowright: () => stage.orbit(0.08, 0),
      arrowup: () => stage.orbit(0, 0.06),
      arrowdown: () => stage.orbit(0, -0.06),
      pageup: () => stage.orbit(0, 0, 0.9),
      pagedown: () => stage.orbit(0, 0, 1 / 0.9),
    };
    addEventListener("keydown", (event) => {
      const { target } = event;
      const typing = target.matches("select, input[type=number]");
      const key = event.key.toLowerCase();
      const action = (typing ? undefined : keys[key]) ?? (target === byId("canvas") ? onCanvas[key] : undefined);
      if (action && !event.ctrlKey && !event.metaKey && !event.altKey && !byId("help").open) {
        event.preventDefault();
        action();
      }
    });
  }
}

// Side by side where there is width for it, else one above the other.
function arrange(panes) {
  const { clientWidth, clientHeight } = byId("stage");
  const column = panes > 1 && clientWidth < clientHeight;
  byId("captions").className = column ? "column" : "row";
  return column;
}

async function start() {
  const scene = await readScene(byId("scene").textContent);
  const viewer = new Viewer(scene);
  viewer.connect();
  const resize = () => viewer.stage.resize(arrange(scene.panes.length));
  new ResizeObserver(resize).observe(byId("stage"));
  resize();
  byId("loading").remove();
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  byId("loading").remove();
  byId("failure").hidden = false;
  byId("failure").textContent = `The points cannot be drawn: ${error.message}`;
  throw error;
});

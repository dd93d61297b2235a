import { readScene } from "./scene.js";
import { buildLegend } from "./legend.js";
import { Stage } from "./stage.js";

const byId = (id) => document.getElementById(id);

function start() {
  const scene = readScene(byId("scene").textContent);
  showCaptions(scene);
  const stage = new Stage(byId("canvas"), scene);
  buildLegend(byId("legend"), scene, (visible) => stage.setVisible(visible));
  connect(stage, scene);
  const resize = () => stage.resize(arrange(scene.panels.length));
  new ResizeObserver(resize).observe(byId("stage"));
  resize();
}

function showCaptions(scene) {
  for (const panel of scene.panels) {
    const caption = document.createElement("div");
    const name = document.createElement("span");
    const note = document.createElement("small");
    caption.className = "caption";
    name.textContent = panel.name;
    if (panel.agreement !== undefined) {
      note.textContent = `${(100 * panel.agreement).toFixed(1)} % agree`;
      name.append(note);
    }
    caption.append(name);
    byId("captions").append(caption);
  }
}

// Side by side where there is width for it, else one above the other.
function arrange(panels) {
  const { clientWidth, clientHeight } = byId("stage");
  const column = panels > 1 && clientWidth < clientHeight;
  byId("captions").className = column ? "column" : "row";
  return column;
}

function connect(stage, scene) {
  const size = byId("size");
  const errors = byId("errors");
  const shading = byId("shading");
  byId("errors-row").hidden = scene.panels.length < 2;
  const changeSize = (by) => {
    size.valueAsNumber += by;
    stage.setPointSize(size.valueAsNumber);
  };
  const toggle = (box) => box.click();
  size.addEventListener("input", () => changeSize(0));
  errors.addEventListener("change", () => stage.setErrorsOnly(errors.checked));
  shading.addEventListener("change", () => stage.setShading(shading.checked));
  byId("reset").addEventListener("click", () => stage.resetView());
  byId("top").addEventListener("click", () => stage.viewFromAbove());
  byId("show-help").addEventListener("click", () => byId("help").showModal());

  const keys = {
    r: () => stage.resetView(),
    t: () => stage.viewFromAbove(),
    e: () => scene.panels.length > 1 && toggle(errors),
    s: () => toggle(shading),
    l: () => document.body.classList.toggle("no-legend"),
    "+": () => changeSize(0.4),
    "=": () => changeSize(0.4),
    "-": () => changeSize(-0.4),
    "?": () => byId("help").showModal(),
  };
  addEventListener("keydown", (event) => {
    const action = keys[event.key.toLowerCase()];
    if (action && !event.ctrlKey && !event.metaKey && !event.altKey && !byId("help").open) {
      event.preventDefault();
      action();
    }
  });
}

try {
  start();
} catch (error) {
  byId("failure").hidden = false;
  byId("failure").textContent = `The points cannot be drawn: ${error.message}`;
}

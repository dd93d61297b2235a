import { readable } from "./scene.js";

const grouped = new Intl.NumberFormat("en-US");

// Rows of the classes that occur: click shows or hides one, double click shows it alone.
export function buildLegend(root, scene, onChange) {
  const single = scene.panels.length < 2;
  root.className = single ? "single" : "";
  const present = scene.classes
    .map((_, label) => label)
    .filter((label) => scene.panels.some((panel) => panel.counts[label] > 0));
  const visible = scene.classes.map(() => true);
  const rows = new Map();

  const apply = () => {
    for (const [label, row] of rows) {
      row.setAttribute("aria-pressed", visible[label]);
    }
    onChange(visible);
  };
  const setAll = (value) => {
    visible.fill(value);
    apply();
  };

  root.append(header(single, () => setAll(!present.every((label) => visible[label]))));
  for (const label of present) {
    const row = classRow(scene, label, single);
    row.addEventListener("click", (event) => {
      if (event.detail < 2) {
        visible[label] = !visible[label];
        apply();
      }
    });
    row.addEventListener("dblclick", () => {
      const alone = present.every((other) => visible[other] === (other !== label));
      const solo = present.every((other) => visible[other] === (other === label)) || !alone;
      visible.fill(!solo);
      visible[label] = true;
      apply();
    });
    rows.set(label, row);
    root.append(row);
  }
  apply();
}

function header(single, toggleAll) {
  const row = document.createElement("div");
  row.className = "columns";
  const all = document.createElement("button");
  all.type = "button";
  all.textContent = "Classes: all / none";
  all.addEventListener("click", toggleAll);
  row.append(document.createElement("i"), all, number("points"));
  if (!single) {
    row.append(number("IoU"));
  }
  return row;
}

function classRow(scene, label, single) {
  const { name, color } = scene.classes[label];
  const row = document.createElement("button");
  row.type = "button";
  row.className = "class";
  row.style.setProperty("--color", `rgb(${readable(color).join(" ")})`);
  row.title = scene.panels.map((panel) => `${panel.name}: ${grouped.format(panel.counts[label])}`).join("\n");
  const title = document.createElement("span");
  title.textContent = name;
  row.append(document.createElement("i"), title, number(grouped.format(scene.panels[0].counts[label])));
  if (!single) {
    const iou = scene.iou[label];
    const cell = number(iou === undefined ? "" : (100 * iou).toFixed(1));
    if (iou !== undefined) {
      cell.classList.add("iou");
      cell.style.setProperty("--share", `${100 * iou}%`);
    }
    row.append(cell);
  }
  return row;
}

function number(text) {
  const cell = document.createElement("span");
  cell.className = "number";
  cell.textContent = text;
  return cell;
}

import { classCounts, errorCounts, verdicts } from "./coloring.js";
import { gradient, mapNames } from "../colors.js";

const grouped = new Intl.NumberFormat("en-US");

function element(tag, className, text) {
  const result = document.createElement(tag);
  result.className = className;
  if (text !== undefined) {
    result.textContent = text;
  }
  return result;
}

// Rows that show or hide what they name: a click one, a double click or Shift and a click it alone.
class Rows {
  constructor(root, size, onChange) {
    this.root = root;
    this.visible = new Array(size).fill(true);
    this.onChange = onChange;
  }

  // entries: index, name, color, count, and perhaps iou and hint.
  show(title, entries, withIoU) {
    const header = element("div", "columns");
    const all = element("button", "", `${title}: all / none`);
    all.type = "button";
    all.addEventListener("click", () => this.setAll(!entries.every(({ index }) => this.visible[index])));
    header.append(element("i", ""), all, element("span", "number", "points"));
    if (withIoU) {
      header.append(element("span", "number", "IoU"));
    }
    this.root.className = withIoU ? "rows" : "rows single";
    this.entries = entries;
    this.buttons = entries.map((entry) => this.row(entry, withIoU));
    this.root.replaceChildren(header, ...this.buttons);
    this.mark();
  }

  row(entry, withIoU) {
    const row = element("button", "class");
    row.type = "button";
    row.style.setProperty("--color", `rgb(${entry.color.join(" ")})`);
    row.title = entry.hint ?? "";
    row.append(element("i", ""), element("span", "name", entry.name), element("span", "number", grouped.format(entry.count)));
    if (withIoU) {
      const cell = element("span", "number", entry.iou === undefined ? "" : (100 * entry.iou).toFixed(1));
      if (entry.iou !== undefined) {
        cell.classList.add("iou");
        cell.style.setProperty("--share", `${100 * entry.iou}%`);
      }
      row.append(cell);
    }
    row.addEventListener("click", (event) => {
      if (event.shiftKey) {
        this.alone(entry.index);
      } else if (event.detail < 2) {
        this.visible[entry.index] = !this.visible[entry.index];
        this.changed();
      }
    });
    row.addEventListener("dblclick", () => this.alone(entry.index));
    return row;
  }

  // A double click has hidden or shown the row already, once.
  alone(index) {
    const others = this.entries.filter((entry) => entry.index !== index);
    const already = others.every((entry) => !this.visible[entry.index]);
    this.visible.fill(already);
    this.visible[index] = true;
    this.changed();
  }

  setAll(value) {
    this.visible.fill(value);
    this.changed();
  }

  changed() {
    this.mark();
    this.onChange(this.visible);
  }

  mark() {
    this.buttons.forEach((row, at) => row.setAttribute("aria-pressed", this.visible[this.entries[at].index]));
  }
}

// What the colours mean: verdicts or a colour map for those that are chosen, and always the classes.
export class Legend {
  constructor(root, scene, events) {
    this.scene = scene;
    this.events = events;
    this.key = element("section", "");
    this.classes = element("section", "");
    root.append(this.key, this.classes);
    this.classRows = new Rows(this.classes, scene.classes.length, events.classes);
    this.verdictRows = new Rows(element("div", ""), verdicts.length, events.verdicts);
  }

  // layers: the one that each pane shows.
  show(coloring, layers, colors) {
    this.showKey(coloring, layers, colors);
    const counts = layers.map((layer) => classCounts(this.scene, layer, coloring));
    // Of what is judged, the first pane's, which is the truth; else each class where it first occurs.
    const judged = layers.some((layer) => layer.errors);
    const reference = (index) => counts.find((count) => (judged ? count !== undefined : count?.[index] > 0));
    const entries = this.scene.classes
      .map(({ name }, index) => ({
        index,
        name,
        color: colors.classes[index],
        count: reference(index)?.[index] ?? 0,
        iou: this.scene.iou?.[index],
        hint: this.scene.panes
          .map((pane, at) => counts[at] && `${pane.name}: ${grouped.format(counts[at][index])}`)
          .filter(Boolean)
          .join("\n"),
      }))
      .filter(({ index }) => counts.some((count) => count?.[index] > 0));
    this.classes.hidden = entries.length === 0;
    this.classRows.show("Classes", entries, this.scene.iou !== undefined);
  }

  showKey(coloring, layers, colors) {
    if (coloring.kind === "error") {
      const counts = errorCounts(layers.findLast((layer) => layer.errors) ?? {}) ?? [0, 0, 0];
      const entries = verdicts
        .map(({ verdict, name }) => ({ index: verdict, name, color: colors.verdicts[verdict], count: counts[verdict] }))
        .filter(({ count }) => count > 0);
      this.verdictRows.show("Verdicts", entries, false);
      this.key.replaceChildren(this.verdictRows.root);
    } else if (coloring.kind === "number" || coloring.kind === "height") {
      this.key.replaceChildren(this.scale(coloring));
    } else {
      this.key.replaceChildren();
    }
  }

  // The colour map with its ends, which can be set.
  scale(coloring) {
    const { range, map, extent } = this.events.scale(coloring);
    const box = element("div", "scale");
    const bar = element("div", "bar");
    bar.style.background = gradient(map);
    const rounded = roundedWithin(extent);
    const low = numberInput("Lowest colour at", rounded(range[0]));
    const high = numberInput("Highest colour at", rounded(range[1]));
    const maps = element("select", "");
    maps.ariaLabel = "Colour map";
    maps.append(...mapNames.map((name) => new Option(name, name, false, name === map)));
    const apply = () => {
      if (Number.isFinite(low.valueAsNumber) && Number.isFinite(high.valueAsNumber)) {
        bar.style.background = gradient(maps.value);
        this.events.setScale(coloring, [low.valueAsNumber, high.valueAsNumber], maps.value);
      }
    };
    low.addEventListener("change", apply);
    high.addEventListener("change", apply);
    maps.addEventListener("change", apply);
    const all = element("button", "", "Full range");
    all.type = "button";
    all.addEventListener("click", () => {
      [low.value, high.value] = [extent.low, extent.high].map(rounded);
      apply();
    });
    box.append(bar, low, high, maps, all);
    return box;
  }
}

// To a ten-thousandth of the extent: large numbers that lie close together, such as times, stay apart.
function roundedWithin({ low, high }) {
  const digits = Math.min(12, Math.max(0, 4 - Math.floor(Math.log10(high - low || 1))));
  return (value) => Number(value.toFixed(digits));
}

function numberInput(label, value) {
  const input = element("input", "");
  input.type = "number";
  input.ariaLabel = label;
  input.title = label;
  input.step = "any";
  input.value = value;
  return input;
}

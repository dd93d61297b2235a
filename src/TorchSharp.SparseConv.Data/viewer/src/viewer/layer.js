import {
  BufferAttribute,
  BufferGeometry,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  Mesh,
  Points,
} from "three";
import { classColumn, coloringOf } from "./coloring.js";

const square = [[-1, -1], [1, -1], [1, 1], [-1, -1], [1, 1], [-1, 1]];

// Three faces of a cube, those towards the eye; the shader turns them there.
function addCube(geometry) {
  const corners = [];
  const axes = [];
  for (let axis = 0; axis < 3; axis++) {
    for (const [u, v] of square) {
      const corner = [0, 0, 0];
      corner[axis] = 1;
      corner[(axis + 1) % 3] = u;
      corner[(axis + 2) % 3] = v;
      corners.push(...corner);
      axes.push(axis);
    }
  }
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(corners), 3));
  geometry.setAttribute("axis", new BufferAttribute(new Float32Array(axes), 1));
}

// The points or voxels of one layer on the graphics card, drawn in one call.
export class Layer {
  constructor(layer, frame, materials, cache) {
    this.layer = layer;
    this.frame = frame;
    this.cache = cache;
    this.boxes = layer.box !== undefined;
    this.material = this.boxes ? materials.boxes : materials.points;
    if (this.boxes) {
      this.geometry = new InstancedBufferGeometry();
      addCube(this.geometry);
      this.geometry.setAttribute("place", this.attribute(layer.places, 4, false));
      this.object = new Mesh(this.geometry, this.material);
    } else {
      this.geometry = new BufferGeometry();
      this.geometry.setAttribute("position", this.attribute(layer.places, 4, false));
      this.object = new Points(this.geometry, this.material);
    }
    this.object.frustumCulled = false;
    if (layer.errors) {
      this.geometry.setAttribute("verdict", this.attribute(layer.errors, 1, false));
    }
  }

  // What layers share in memory they share on the card.
  attribute(values, components, normalized) {
    const Type = this.boxes ? InstancedBufferAttribute : BufferAttribute;
    if (!this.cache.has(values)) {
      this.cache.set(values, new Type(values, components, normalized));
    }
    return this.cache.get(values);
  }

  setColoring(coloring) {
    this.coloring = coloringOf(this.layer, coloring);
    const { column, kind } = this.coloring;
    const classes = classColumn(this.layer, coloring);
    this.use("label", classes?.values, 1, false);
    this.use("value", kind === "number" ? column.values : undefined, 1, false);
    this.use("tint", kind === "rgb" ? column.values : undefined, 4, true);
  }

  use(name, values, components, normalized) {
    if (values) {
      this.geometry.setAttribute(name, this.attribute(values, components, normalized));
    } else {
      this.geometry.deleteAttribute(name);
    }
  }

  // share: how much of the layer is drawn. Returns how many points or voxels that is.
  prepare(range, rangeIsOurs, share) {
    const { uniforms } = this.material;
    const { corner, cell, box, count, errors } = this.layer;
    const { center, scale } = this.frame;
    const { kind, column } = this.coloring;
    uniforms.corner.value.set(...corner.map((value, axis) => (value - center[axis]) * scale));
    uniforms.cell.value.set(...cell.map((value) => value * scale));
    uniforms.kind.value = ["class", "error", "rgb", "height", "number"].indexOf(kind);
    uniforms.hasLabel.value = this.geometry.hasAttribute("label");
    uniforms.hasVerdict.value = errors !== undefined;
    // A layer that falls back to height has a range of its own.
    const [low, high] = rangeIsOurs(kind) ? range : [corner[2], corner[2] + 65534 * cell[2]];
    const [base, step] = kind === "height" ? [corner[2], cell[2]] : [column?.low ?? 0, 1];
    const width = high - low || 1;
    uniforms.range.value.set((base - low) / width, step / width);
    const drawn = Math.ceil(count * share);
    if (this.boxes) {
      uniforms.edge.value.set(...box.map((value) => value * scale));
      this.geometry.instanceCount = drawn;
    } else {
      this.geometry.setDrawRange(0, drawn);
    }
    return drawn;
  }
}

import { BufferAttribute, BufferGeometry, DataTexture, Points, ShaderMaterial, Vector3 } from "three";
import { readable } from "./scene.js";

const vertexShader = /* glsl */ `
  uniform vec3 origin;
  uniform vec3 cell;
  uniform float size;
  uniform float viewHeight;
  uniform float pixelRatio;
  uniform bool errorsOnly;
  uniform sampler2D palette;
  attribute float label;
  attribute float error;
  varying vec3 color;

  void main() {
    vec4 entry = texelFetch(palette, ivec2(int(label + 0.5), 0), 0);
    if (entry.a < 0.5) {
      gl_Position = vec4(0.0, 0.0, 2.0, 1.0); // behind the far plane: not drawn
      gl_PointSize = 1.0;
      return;
    }
    bool faded = errorsOnly && error < 0.5; // kept as a shadow: errors without their surroundings say little
    color = faded ? vec3(0.12, 0.14, 0.18) : entry.rgb;
    vec4 seen = modelViewMatrix * vec4(origin + cell * position, 1.0);
    gl_Position = projectionMatrix * seen;
    gl_PointSize = clamp(size * viewHeight / -seen.z, (faded ? 1.0 : 1.6) * pixelRatio, 24.0 * pixelRatio);
  }
`;

const fragmentShader = /* glsl */ `
  varying vec3 color;

  void main() {
    vec2 place = gl_PointCoord - 0.5;
    if (dot(place, place) > 0.25) {
      discard;
    }
    gl_FragColor = vec4(color, 1.0);
  }
`;

// The points, once on the graphics card, with the labels of every panel beside them.
export class Cloud {
  constructor(scene) {
    const { center, radius } = middle(scene);
    this.radius = radius;
    this.classes = scene.classes;
    this.palette = new DataTexture(new Uint8Array(4 * 256), 256, 1);
    this.setVisible(scene.classes.map(() => true));
    const positions = new BufferAttribute(scene.positions, 3);
    this.panels = scene.panels.map((panel) => {
      const geometry = new BufferGeometry();
      geometry.setAttribute("position", positions);
      geometry.setAttribute("label", new BufferAttribute(panel.labels, 1));
      geometry.setAttribute("error", new BufferAttribute(panel.errors, 1));
      return geometry;
    });
    this.material = new ShaderMaterial({
      vertexShader,
      fragmentShader,
      uniforms: {
        origin: { value: new Vector3(...scene.origin).sub(center) },
        cell: { value: new Vector3(...scene.cell) },
        size: { value: 1 },
        viewHeight: { value: 1 },
        pixelRatio: { value: 1 },
        errorsOnly: { value: false },
        palette: { value: this.palette },
      },
    });
    this.points = new Points(this.panels[0], this.material);
    this.points.frustumCulled = false;
  }

  setPointSize(size) {
    this.material.uniforms.size.value = (size * this.radius) / 700;
  }

  setErrorsOnly(on) {
    this.material.uniforms.errorsOnly.value = on;
  }

  setVisible(visible) {
    this.classes.forEach(({ color }, label) => {
      this.palette.image.data.set([...readable(color), visible[label] ? 255 : 0], 4 * label);
    });
    this.palette.needsUpdate = true;
  }

  // viewport: left, bottom, width, height in pixels of the target.
  draw(renderer, target, camera, panel, viewport) {
    this.points.geometry = this.panels[panel];
    this.material.uniforms.viewHeight.value = viewport[3];
    this.material.uniforms.pixelRatio.value = renderer.getPixelRatio();
    target.viewport.set(...viewport);
    target.scissor.set(...viewport);
    target.scissorTest = true;
    renderer.setRenderTarget(target);
    renderer.render(this.points, camera);
  }
}

// The middle of the points, and the radius within which four of five of them lie: outliers do not set the view.
function middle({ positions, count, origin, cell }) {
  const sum = [0, 0, 0];
  for (let i = 0; i < 3 * count; i++) {
    sum[i % 3] += positions[i];
  }
  const mean = sum.map((total) => total / Math.max(count, 1));
  const distances = [];
  const every = Math.max(1, Math.floor(count / 20000));
  for (let point = 0; point < count; point += every) {
    const [x, y] = [0, 1].map((axis) => (positions[3 * point + axis] - mean[axis]) * cell[axis]);
    distances.push(Math.hypot(x, y));
  }
  distances.sort((a, b) => a - b);
  const center = new Vector3(...mean.map((value, axis) => origin[axis] + value * cell[axis]));
  return { center, radius: Math.max(distances[Math.floor(distances.length * 0.8)] ?? 1, 1e-3) };
}

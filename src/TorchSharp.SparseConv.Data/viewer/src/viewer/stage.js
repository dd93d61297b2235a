import { PerspectiveCamera, Spherical, Vector3, WebGLRenderer } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { frames } from "./frames.js";
import { Layer } from "./layer.js";
import { Materials } from "./materials.js";
import { Shading } from "./shading.js";

const SLOW = 45; // milliseconds a frame: above, less is drawn while the view moves
const FAST = 25;
const PAUSE = 100; // without a move, after which the next one is another
const REST = 160;
const FEW = 50_000; // points

// One canvas, one camera: every pane is a viewport that shows its layer from the same place.
export class Stage {
  constructor(canvas, scene) {
    this.renderer = new WebGLRenderer({ canvas, alpha: true, antialias: false, powerPreference: "high-performance" });
    this.renderer.autoClear = false;
    this.renderer.setClearColor(0x000000, 0);
    this.canvas = canvas;
    this.materials = new Materials();
    this.shading = new Shading();
    const { radius, list } = frames(scene.panes);
    const cache = new Map();
    this.panes = scene.panes.map((pane, index) =>
      pane.layers.map((layer) => new Layer(layer, list[index], this.materials, cache)),
    );
    this.level = 0;
    this.column = false;
    this.share = 1; // of the points that are drawn while the view moves
    this.plain = false; // whether shading is left out then
    this.radius = radius;
    this.range = [0, 1];
    this.camera = new PerspectiveCamera(50, 1, radius / 200, radius * 60);
    this.camera.up.set(0, 0, 1);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enableDamping = true;
    this.controls.dampingFactor = 0.12;
    this.controls.minDistance = radius / 50;
    this.controls.maxDistance = radius * 20;
    this.controls.addEventListener("change", () => this.move());
    this.resetView();
  }

  get layers() {
    return this.panes.map((layers) => layers[Math.min(this.level, layers.length - 1)]);
  }

  setPointSize(size) {
    this.pointSize = (size * this.radius) / 700;
    this.invalidate();
  }

  setColoring(coloring) {
    this.coloring = coloring;
    this.panes.flat().forEach((layer) => layer.setColoring(coloring));
    this.invalidate();
  }

  setLevel(level) {
    this.level = level;
    this.invalidate();
  }

  setRange(range) {
    this.range = range;
    this.invalidate();
  }

  setMap(table) {
    this.materials.setMap(table);
    this.invalidate();
  }

  // row 0: classes, row 1: verdicts; red, green, blue, and 0 for what is hidden.
  setPalette(row, colors) {
    this.materials.setPalette(row, colors);
    this.invalidate();
  }

  setFaded(color) {
    this.materials.shared.faded.value.setRGB(...color.map((channel) => channel / 255));
    this.invalidate();
  }

  setErrorsOnly(on) {
    this.materials.shared.errorsOnly.value = on;
    this.invalidate();
  }

  setShading(on) {
    this.shading.enabled = on;
    this.invalidate();
  }

  resetView() {
    this.lookFrom(new Vector3(-0.8, -0.42, 0.55), 1.9);
  }

  viewFromAbove() {
    // Not quite straight down, where there is no up.
    this.lookFrom(new Vector3(-0.001, 0, 1), 2.4);
  }

  lookFrom(direction, radii) {
    // What is left of a glide would move the view on.
    this.controls.enableDamping = false;
    this.controls.update();
    this.controls.enableDamping = true;
    this.controls.target.set(0, 0, 0);
    this.camera.position.copy(direction.normalize().multiplyScalar(radii * this.radius));
    this.controls.update();
    this.invalidate();
  }

  // By angles, and the distance times a factor; what the keys do.
  orbit(around, up, nearer = 1) {
    const offset = this.camera.position.clone().sub(this.controls.target);
    const place = new Spherical().setFromCartesianCoords(offset.y, offset.z, offset.x);
    place.theta += around;
    place.phi -= up;
    place.radius *= nearer;
    place.makeSafe();
    offset.setFromSpherical(place);
    this.camera.position.set(offset.z, offset.x, offset.y).add(this.controls.target);
    this.controls.update();
    this.move();
  }

  resize(column) {
    this.column = column;
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(this.canvas.clientWidth, this.canvas.clientHeight, false);
    this.shading.resize(this.canvas.width, this.canvas.height);
    this.draw(1);
  }

  // Draws all, once, at the next frame, and only when something changed.
  invalidate() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = undefined;
      this.draw(1);
    });
  }

  // Draws what the machine keeps up with, and all of it once the view rests.
  move() {
    if (this.moving) {
      return;
    }
    // A pause before the view moved on says nothing of the machine.
    const asked = performance.now();
    this.moving = requestAnimationFrame((now) => {
      this.moving = undefined;
      if (asked - this.lastMove < PAUSE) {
        this.adapt(now - this.lastMove);
      }
      this.lastMove = now;
      this.controls.update(); // asks for the next frame itself while it still glides
      this.draw(this.share, this.plain);
      this.restLater();
    });
  }

  // Where a frame takes long, the view may still be moving when the time is up.
  restLater() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => (this.moving ? this.restLater() : this.invalidate()), REST);
  }

  // Fewer points where a frame took long, down to as many as any machine draws, and then no shading.
  adapt(took) {
    const change = took > SLOW ? Math.max(0.3, FAST / took) : took < FAST ? 1.15 : 1;
    const all = this.layers.reduce((sum, { layer }) => sum + layer.count, 0);
    const least = Math.min(1, FEW / Math.max(all, 1));
    this.plain = took > SLOW && this.share === least ? true : this.plain && this.share < 1;
    this.share = Math.min(1, Math.max(least, this.share * change));
  }

  draw(share, plain = false) {
    const { width, height } = this.canvas;
    const count = this.panes.length;
    const paneWidth = this.column ? width : width / count;
    const paneHeight = this.column ? height / count : height;
    if (!(paneWidth > 0 && paneHeight > 0) || !this.coloring) {
      return;
    }
    this.camera.aspect = paneWidth / paneHeight;
    this.camera.updateProjectionMatrix();
    const { points } = this.materials;
    points.uniforms.viewHeight.value = paneHeight;
    points.uniforms.pixelRatio.value = this.renderer.getPixelRatio();
    points.uniforms.size.value = this.pointSize * Math.min(2, share ** -0.5);
    const target = this.shading.begin(this.renderer);
    let drawn = 0;
    this.layers.forEach((layer, pane) => {
      const left = this.column ? 0 : Math.round(pane * paneWidth);
      const bottom = this.column ? Math.round(height - (pane + 1) * paneHeight) : 0;
      target.viewport.set(left, bottom, paneWidth, paneHeight);
      target.scissor.set(left, bottom, paneWidth, paneHeight);
      target.scissorTest = true;
      this.renderer.setRenderTarget(target);
      drawn += layer.prepare(this.range, (kind) => kind === this.coloring.kind, share);
      this.renderer.render(layer.object, this.camera);
    });
    this.shading.end(this.renderer, this.camera, plain);
    this.canvas.dataset.drawn = drawn;
  }
}

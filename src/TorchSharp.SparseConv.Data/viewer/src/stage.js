import { PerspectiveCamera, Vector3, WebGLRenderer } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { Cloud } from "./cloud.js";
import { Shading } from "./shading.js";

// One canvas, one camera: every panel is a viewport that shows its labels from the same place.
export class Stage {
  constructor(canvas, scene) {
    this.renderer = new WebGLRenderer({ canvas, alpha: true, antialias: false, powerPreference: "high-performance" });
    this.renderer.autoClear = false;
    this.renderer.setClearColor(0x000000, 0);
    this.cloud = new Cloud(scene);
    this.shading = new Shading();
    this.panels = scene.panels.length;
    this.column = false;

    const { radius } = this.cloud;
    this.camera = new PerspectiveCamera(50, 1, radius / 200, radius * 60);
    this.camera.up.set(0, 0, 1);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enableDamping = true;
    this.controls.dampingFactor = 0.12;
    this.controls.minDistance = radius / 50;
    this.controls.maxDistance = radius * 20;
    this.controls.addEventListener("change", () => this.invalidate());
    this.setPointSize(2);
    this.resetView();
  }

  setPointSize(size) {
    this.cloud.setPointSize(size);
    this.invalidate();
  }

  setErrorsOnly(on) {
    this.cloud.setErrorsOnly(on);
    this.invalidate();
  }

  setVisible(visible) {
    this.cloud.setVisible(visible);
    this.invalidate();
  }

  setShading(on) {
    this.shading.enabled = on;
    this.invalidate();
  }

  resetView() {
    this.lookFrom(new Vector3(-0.8, -0.42, 0.55), 1.75);
  }

  viewFromAbove() {
    // Not quite straight down, where there is no up.
    this.lookFrom(new Vector3(-0.001, 0, 1), 2.4);
  }

  lookFrom(direction, radii) {
    this.controls.target.set(0, 0, 0);
    this.camera.position.copy(direction.normalize().multiplyScalar(radii * this.cloud.radius));
    this.controls.update();
    this.invalidate();
  }

  resize(column) {
    const canvas = this.renderer.domElement;
    this.column = column;
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(canvas.clientWidth, canvas.clientHeight, false);
    this.shading.resize(canvas.width, canvas.height);
    this.draw();
  }

  // Draws once, at the next frame, and only when something changed.
  invalidate() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = undefined;
      this.controls.update(); // asks for the next frame itself while it still glides
      this.draw();
    });
  }

  draw() {
    const { width, height } = this.renderer.domElement;
    const panelWidth = this.column ? width : width / this.panels;
    const panelHeight = this.column ? height / this.panels : height;
    if (!(panelWidth > 0 && panelHeight > 0)) {
      return;
    }
    this.camera.aspect = panelWidth / panelHeight;
    this.camera.updateProjectionMatrix();
    const target = this.shading.begin(this.renderer);
    for (let panel = 0; panel < this.panels; panel++) {
      const left = this.column ? 0 : Math.round(panel * panelWidth);
      const bottom = this.column ? Math.round(height - (panel + 1) * panelHeight) : 0;
      this.cloud.draw(this.renderer, target, this.camera, panel, [left, bottom, panelWidth, panelHeight]);
    }
    this.shading.end(this.renderer, this.camera);
  }
}

import {
  DepthTexture,
  FloatType,
  Mesh,
  NearestFilter,
  OrthographicCamera,
  PlaneGeometry,
  ShaderMaterial,
  Vector2,
  WebGLRenderTarget,
} from "three";

// Eye-dome lighting (Boucheny 2009): a pixel is darkened by neighbours that are nearer, which shows edges and shape without normals.
const fragmentShader = /* glsl */ `
  uniform sampler2D color;
  uniform sampler2D depth;
  uniform vec2 pixel;
  uniform float near;
  uniform float far;
  uniform float strength;
  varying vec2 place;

  float logDistance(vec2 at) {
    float d = texture2D(depth, at).r;
    return d >= 1.0 ? 1e3 : log2(near * far / (far - d * (far - near)));
  }

  void main() {
    vec4 seen = texture2D(color, place);
    if (strength == 0.0) {
      gl_FragColor = seen;
      return;
    }
    float here = logDistance(place);
    if (here > 999.0) {
      gl_FragColor = vec4(0.0);
      return;
    }
    float darker = 0.0;
    for (int i = 0; i < 8; i++) {
      float angle = float(i) * 0.7853982;
      darker += clamp(here - logDistance(place + pixel * vec2(cos(angle), sin(angle))), 0.0, 0.2);
    }
    gl_FragColor = vec4(seen.rgb * max(0.25, exp(-strength * darker)), 1.0);
  }
`;

const vertexShader = /* glsl */ `
  varying vec2 place;

  void main() {
    place = uv;
    gl_Position = vec4(position.xy, 0.0, 1.0);
  }
`;

// Panes are drawn into a target with depth; its picture then goes to the canvas, shaded or as it is.
export class Shading {
  constructor() {
    this.enabled = true;
    this.target = new WebGLRenderTarget(1, 1, { minFilter: NearestFilter, magFilter: NearestFilter });
    this.target.depthTexture = new DepthTexture(1, 1, FloatType);
    this.camera = new OrthographicCamera(-1, 1, 1, -1, 0, 1);
    this.material = new ShaderMaterial({
      vertexShader,
      fragmentShader,
      depthTest: false,
      depthWrite: false,
      uniforms: {
        color: { value: this.target.texture },
        depth: { value: this.target.depthTexture },
        pixel: { value: new Vector2() },
        near: { value: 1 },
        far: { value: 1 },
        strength: { value: 0 },
      },
    });
    this.quad = new Mesh(new PlaneGeometry(2, 2), this.material);
  }

  resize(width, height) {
    this.target.setSize(width, height);
    const reach = 1.2 * Math.min(devicePixelRatio, 2);
    this.material.uniforms.pixel.value.set(reach / Math.max(width, 1), reach / Math.max(height, 1));
  }

  begin(renderer) {
    this.target.scissorTest = false;
    renderer.setRenderTarget(this.target);
    renderer.clear();
    return this.target;
  }

  end(renderer, camera, plain) {
    const { uniforms } = this.material;
    uniforms.near.value = camera.near;
    uniforms.far.value = camera.far;
    uniforms.strength.value = this.enabled && !plain ? 2.2 : 0;
    renderer.setRenderTarget(null);
    renderer.clear();
    renderer.render(this.quad, this.camera);
  }
}

import { Color, DataTexture, DoubleSide, NearestFilter, ShaderMaterial, Vector2, Vector3 } from "three";

// How points and boxes get their colour: the same program text, for a point or for the corner of a box.
const vertexShader = /* glsl */ `
  #define CLASS 0
  #define ERROR 1
  #define RGB 2

  uniform vec3 corner;
  uniform vec3 cell;
  uniform int kind;
  uniform bool hasLabel;
  uniform bool hasVerdict;
  uniform bool errorsOnly;
  uniform vec2 range; // share of the colour map at a value of 0, and for each unit more
  uniform vec3 faded;
  uniform sampler2D palette; // classes, then verdicts; alpha 0 hides
  uniform sampler2D map;
  attribute float label;
  attribute float verdict;
  attribute float value;
  attribute vec3 tint;
  varying vec3 color;

  #ifdef BOXES
    attribute vec3 place;
    attribute float axis; // of the face that the corner belongs to
    uniform vec3 edge;
    varying vec2 face;
  #else
    #define place position
    uniform float size;
    uniform float viewHeight;
    uniform float pixelRatio;
  #endif

  vec4 entry(float row, float index) {
    return texelFetch(palette, ivec2(int(index + 0.5), int(row)), 0);
  }

  vec3 chosen() {
    if (kind == CLASS) {
      return entry(0.0, label).rgb;
    }
    if (kind == ERROR) {
      return entry(1.0, verdict).rgb;
    }
    if (kind == RGB) {
      return tint;
    }
    float number = kind == 3 ? place.z : value;
    bool finite = number == number && abs(number) < 3.0e38;
    float share = clamp(range.x + range.y * number, 0.0, 1.0);
    return finite ? texelFetch(map, ivec2(int(share * 255.0 + 0.5), 0), 0).rgb : vec3(0.5);
  }

  bool hidden() {
    return place.x > 65534.5
      || (hasLabel && entry(0.0, label).a < 0.5)
      || (hasVerdict && entry(1.0, verdict).a < 0.5);
  }

  void main() {
    if (hidden()) {
      gl_Position = vec4(0.0, 0.0, 2.0, 1.0); // behind the far plane: not drawn
      gl_PointSize = 1.0;
      return;
    }
    bool dim = errorsOnly && hasVerdict && abs(verdict - 1.0) > 0.5; // kept as a shadow: errors alone say little
    color = dim ? faded : chosen();
    vec3 middle = corner + cell * place;
    #ifdef BOXES
      vec3 towards = mix(vec3(-1.0), vec3(1.0), step(middle, cameraPosition));
      gl_Position = projectionMatrix * viewMatrix * vec4(middle + 0.5 * edge * towards * position, 1.0);
      face = axis < 0.5 ? position.yz : axis < 1.5 ? position.zx : position.xy;
      color *= axis > 1.5 ? (towards.z > 0.0 ? 1.0 : 0.5) : axis > 0.5 ? 0.66 : 0.82;
    #else
      vec4 seen = viewMatrix * vec4(middle, 1.0);
      gl_Position = projectionMatrix * seen;
      gl_PointSize = clamp(size * viewHeight / -seen.z, (dim ? 1.0 : 1.6) * pixelRatio, 24.0 * pixelRatio);
    #endif
  }
`;

const pointShader = /* glsl */ `
  varying vec3 color;

  void main() {
    vec2 place = gl_PointCoord - 0.5;
    if (dot(place, place) > 0.25) {
      discard;
    }
    gl_FragColor = vec4(color, 1.0);
  }
`;

// Edges a pixel wide, fading where boxes are only a few pixels large.
const boxShader = /* glsl */ `
  varying vec3 color;
  varying vec2 face;

  void main() {
    vec2 pixel = fwidth(face);
    vec2 inside = (1.0 - abs(face)) / max(pixel, vec2(1e-6));
    float line = 1.0 - clamp(min(inside.x, inside.y), 0.0, 1.0);
    float near = 1.0 - smoothstep(0.15, 0.6, max(pixel.x, pixel.y));
    gl_FragColor = vec4(color * (1.0 - 0.45 * line * near), 1.0);
  }
`;

export class Materials {
  constructor() {
    this.palette = new DataTexture(new Uint8Array(4 * 256 * 2), 256, 2);
    this.map = new DataTexture(new Uint8Array(4 * 256), 256, 1);
    this.map.magFilter = this.palette.magFilter = NearestFilter;
    this.shared = {
      corner: { value: new Vector3() },
      cell: { value: new Vector3() },
      kind: { value: 0 },
      hasLabel: { value: false },
      hasVerdict: { value: false },
      errorsOnly: { value: false },
      range: { value: new Vector2() },
      faded: { value: new Color() },
      palette: { value: this.palette },
      map: { value: this.map },
    };
    this.points = new ShaderMaterial({
      vertexShader,
      fragmentShader: pointShader,
      uniforms: {
        ...this.shared,
        size: { value: 1 },
        viewHeight: { value: 1 },
        pixelRatio: { value: 1 },
      },
    });
    this.boxes = new ShaderMaterial({
      vertexShader,
      fragmentShader: boxShader,
      side: DoubleSide,
      defines: { BOXES: "" },
      uniforms: { ...this.shared, edge: { value: new Vector3() } },
    });
  }

  setPalette(row, colors) {
    colors.forEach((color, index) => this.palette.image.data.set(color, 4 * (256 * row + index)));
    this.palette.needsUpdate = true;
  }

  setMap(table) {
    this.map.image.data.set(table);
    this.map.needsUpdate = true;
  }
}

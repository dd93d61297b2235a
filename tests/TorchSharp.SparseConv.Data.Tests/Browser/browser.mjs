// A browser that does what it is told: one command a line in JSON on standard input, one answer a line on standard output.
// node browser.mjs CHROMIUM
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
});
const gauge = await browser.newPage(); // an empty page, where pictures are decoded and compared
let page;
let problems;
let requests;

const commands = {
  async open({ path, width = 1280, height = 760, scheme = "dark", touch = false }) {
    await page?.context().close();
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, hasTouch: touch });
    page = await context.newPage();
    problems = [];
    requests = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) {
        problems.push(message.text());
      }
    });
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(path).href);
    await page.waitForSelector("html[data-ready]", { state: "attached", timeout: 60000 });
  },
  problems: () => problems,
  requests: () => requests,
  text: ({ selector }) => page.locator(selector).first().innerText(),
  count: ({ selector }) => page.locator(selector).count(),
  click: ({ selector, modifiers }) => page.locator(selector).first().click({ modifiers }),
  hover: ({ selector }) => page.locator(selector).first().hover(),
  press: ({ selector, key }) => (selector ? page.locator(selector).press(key) : page.keyboard.press(key)),
  select: ({ selector, value }) => page.locator(selector).selectOption(value),
  fill: ({ selector, value }) => page.locator(selector).first().fill(value),
  evaluate: ({ script }) => page.evaluate(script),

  // Presses in the middle of a place, moves by so many pixels in steps, a frame each, and lets go.
  async drag({ selector, dx, dy, steps = 4 }) {
    const { x, y, width, height } = await page.locator(selector).boundingBox();
    const [fromX, fromY] = [x + width / 4, y + height / 2];
    await page.mouse.move(fromX, fromY);
    await page.mouse.down();
    for (let step = 1; step <= steps; step++) {
      await page.mouse.move(fromX + (dx * step) / steps, fromY + (dy * step) / steps);
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    await page.mouse.up();
  },

  async screenshot({ path }) {
    await page.screenshot({ path });
  },

  // Remembers what is seen, once it has come to rest.
  async look({ name, selector = "body" }) {
    const { x, y, width, height } = await page.locator(selector).boundingBox();
    const clip = { x, y, width, height };
    let before;
    for (let round = 0; round < 40; round++) {
      const picture = (await page.screenshot({ clip })).toString("base64");
      if (picture === before) {
        break;
      }
      before = picture;
      await page.waitForTimeout(100);
    }
    await gauge.evaluate(
      async ([name, picture]) => {
        const blob = await (await fetch(`data:image/png;base64,${picture}`)).blob();
        const bitmap = await createImageBitmap(blob);
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
        context.drawImage(bitmap, 0, 0);
        (globalThis.seen ??= {})[name] = context.getImageData(0, 0, bitmap.width, bitmap.height);
      },
      [name, before],
    );
  },

  // How many pixels of a part of the pictures differ; left, top, right and bottom as shares.
  difference: ({ one, other, part = [0, 0, 1, 1] }) =>
    gauge.evaluate(
      ([one, other, part]) => {
        const [a, b] = [globalThis.seen[one], globalThis.seen[other]];
        if (a.width !== b.width || a.height !== b.height) {
          throw new Error("the pictures are of different size");
        }
        const [left, top, right, bottom] = part.map((share, at) => Math.round(share * (at % 2 ? a.height : a.width)));
        let count = 0;
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) {
            const i = 4 * (y * a.width + x);
            count += [0, 1, 2].some((k) => Math.abs(a.data[i + k] - b.data[i + k]) > 8);
          }
        }
        return count;
      },
      [one, other, part],
    ),

  // How many pixels have a colour, give or take 12 a channel.
  colored: ({ name, color, part = [0, 0, 1, 1] }) =>
    gauge.evaluate(
      ([name, color, part]) => {
        const { data, width, height } = globalThis.seen[name];
        const [left, top, right, bottom] = part.map((share, at) => Math.round(share * (at % 2 ? height : width)));
        let count = 0;
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) {
            const i = 4 * (y * width + x);
            count += color.every((channel, k) => Math.abs(data[i + k] - channel) <= 12);
          }
        }
        return count;
      },
      [name, color, part],
    ),

  // Turns the view for a while; the milliseconds between frames.
  frames: ({ selector, count }) =>
    page.evaluate(
      async ([selector, count]) => {
        const canvas = document.querySelector(selector);
        canvas.focus();
        const times = [];
        const drawn = [];
        let before = await new Promise(requestAnimationFrame);
        for (let i = 0; i < count; i++) {
          canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
          const now = await new Promise(requestAnimationFrame);
          times.push(now - before);
          drawn.push(Number(canvas.dataset.drawn));
          before = now;
        }
        return { times, drawn };
      },
      [selector, count],
    ),
};

console.log(JSON.stringify({ value: browser.version() }));
for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...given } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ value: (await commands[command](given)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
await browser.close();

// Drawing a floor: what is tapped on the board is written into the form beside it, and the board
// paints what the forms say. The forms save; without this script they are typed into.
const root = document.querySelector("[data-drawing]");
const board = root.querySelector("svg[tabindex]");
const layer = (name) => board.querySelector(`[data-${name}]`);
const SNAP_PX = 12, STEP_M = 0.1, SVG = "http://www.w3.org/2000/svg";

let view = { x: 0, y: -25, w: 40, h: 25 };  // metres; SVG's y points down, ours up
let mode = null;                             // { kind, form }
let pressed = null;

// --- numbers in the forms -------------------------------------------------------------------

function corners(text) {
  const inside = text.replace(/^\s*POLYGON\s*\(\(/i, "").replace(/\).*$/s, "");
  const found = inside.split(/[,;\n]+/).map((part) => part.trim().split(/\s+/).map(Number))
    .filter((pair) => pair.length === 2 && pair.every(Number.isFinite));
  if (found.length === 2) {
    const [[a, b], [c, d]] = found;
    return [[a, b], [c, b], [c, d], [a, d]];
  }
  const [first, last] = [found[0], found.at(-1)];
  if (found.length > 3 && first[0] === last[0] && first[1] === last[1]) found.pop();
  return found;
}
const metres = (n) => String(Math.round(n * 100) / 100);
const text = (pairs) => pairs.map(([x, y]) => `${metres(x)} ${metres(y)}`).join(", ");
const rooms = () => [...root.querySelectorAll("[data-corners]")]
  .map((field) => ({ field, pairs: corners(field.value), area: field.dataset.kind === "area" }))
  .filter((room) => room.pairs.length > 2);
function pointOf(form) {
  const [x, y] = ["x", "y"].map((name) => form.querySelector(`[data-point="${name}"]`).value.trim());
  return x === "" || y === "" || !Number.isFinite(+x) || !Number.isFinite(+y) ? null : [+x, +y];
}

// --- painting -------------------------------------------------------------------------------

function make(name, attributes, words) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (words) node.textContent = words;
  return node;
}
const perPixel = () => Math.max(view.w / board.clientWidth, view.h / board.clientHeight);
const chosen = (node) => node.closest("details")?.open ?? false;

function paint() {
  board.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  const k = perPixel();
  for (const image of board.querySelectorAll("image")) {
    image.setAttribute("x", image.dataset.x);
    image.setAttribute("y", -(Number(image.dataset.y) + Number(image.getAttribute("height"))));
  }
  for (const way of layer("ways").children) {
    way.setAttribute("cx", way.dataset.x); way.setAttribute("cy", -way.dataset.y); way.setAttribute("r", 3.5 * k);
  }
  paintGrid();
  const names = [];
  layer("shapes").replaceChildren(...rooms().map(({ field, pairs, area }) => {
    const shape = make("polygon", {
      class: `outline${area ? " area" : ""}${chosen(field) ? " chosen" : ""}`,
      points: pairs.map(([x, y]) => `${x},${-y}`).join(" "),
    });
    shape.addEventListener("click", () => { if (!mode) choose(field); });
    const xs = pairs.map((p) => p[0]), ys = pairs.map((p) => p[1]);
    const wide = (Math.max(...xs) - Math.min(...xs)) / k;
    if (!area && wide > field.dataset.name.length * 6.8) {
      // Gateways often hang in the middle, so the name stands at the top edge where there is room.
      const high = (Math.max(...ys) - Math.min(...ys)) / k > 44;
      const y = high ? -Math.max(...ys) + 18 * k : -(Math.min(...ys) + Math.max(...ys)) / 2 + 4 * k;
      names.push(make("text", { class: "name", x: (Math.min(...xs) + Math.max(...xs)) / 2, y, "font-size": 12 * k, "stroke-width": 3 * k }, field.dataset.name));
    }
    return shape;
  }), ...names);
  layer("points").replaceChildren(...[...root.querySelectorAll("[data-point-form], [data-way]")].flatMap((form) => {
    const at = pointOf(form);
    if (!at) return [];
    const point = make("circle", { class: `point${chosen(form) ? " chosen" : ""}`, cx: at[0], cy: -at[1], r: 7 * k });
    point.append(make("title", {}, form.dataset.name || ""));
    point.addEventListener("click", () => { if (!mode) choose(form); });
    return [point];
  }));
  const sketch = mode && mode.kind !== "point" ? drawnSoFar() : [];
  layer("sketch").replaceChildren(...sketch.map(([x, y]) => make("circle", { class: "corner", cx: x, cy: -y, r: 5 * k })));
  root.querySelector("[data-undo]").disabled = !sketch.length;
  root.querySelector("[data-stop]").disabled = !mode;
}
function paintGrid() {
  const step = view.w > 200 ? 50 : view.w > 60 ? 10 : 5, lines = [];
  for (let x = Math.ceil(view.x / step) * step; x < view.x + view.w; x += step)
    lines.push(make("line", { class: "grid", x1: x, x2: x, y1: view.y, y2: view.y + view.h }));
  for (let y = Math.ceil(view.y / step) * step; y < view.y + view.h; y += step)
    lines.push(make("line", { class: "grid", x1: view.x, x2: view.x + view.w, y1: y, y2: y }));
  layer("grid").replaceChildren(...lines);
}
function fit() {
  const all = rooms().flatMap((room) => room.pairs);
  for (const form of root.querySelectorAll("[data-point-form]")) { const at = pointOf(form); if (at) all.push(at); }
  for (const image of board.querySelectorAll("image")) {
    const [x, y] = [Number(image.dataset.x), Number(image.dataset.y)];
    all.push([x, y], [x + Number(image.getAttribute("width")), y + Number(image.getAttribute("height"))]);
  }
  if (!all.length) all.push([0, 0], [40, 25]);
  const xs = all.map((p) => p[0]), ys = all.map((p) => p[1]), edge = 1.5;
  const left = Math.min(...xs) - edge, low = Math.min(...ys) - edge;
  view = { x: left, y: -(Math.max(...ys) + edge), w: Math.max(...xs) + edge - left, h: Math.max(...ys) + edge - low };
  paint();
}
function zoom(factor, at = { x: view.x + view.w / 2, y: view.y + view.h / 2 }) {
  view = { x: at.x - (at.x - view.x) * factor, y: at.y - (at.y - view.y) * factor, w: view.w * factor, h: view.h * factor };
  paint();
}

// --- tapping --------------------------------------------------------------------------------

function place(event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(board.getScreenCTM().inverse());
  return { x: at.x, y: at.y };
}
function snapped(event) {
  const at = place(event), reach = SNAP_PX * perPixel();
  let best = null, least = reach;
  for (const { pairs } of rooms()) for (const [x, y] of pairs) {
    const away = Math.hypot(x - at.x, y + at.y);
    if (away < least) { least = away; best = [x, y]; }
  }
  const round = (n) => Math.round(n / STEP_M) * STEP_M;
  return best ?? [round(at.x), round(-at.y)];
}
const outlineField = () => mode.form.querySelector("[data-corners]");
const drawnSoFar = () => mode.sofar ?? [];

function begin(kind, form) {
  mode = { kind, form, sofar: [] };
  root.dataset.mode = kind;
  hint(kind);
  board.scrollIntoView({ block: "nearest" });
  paint();
}
function stop() {
  mode = null;
  delete root.dataset.mode;
  hint("idle");
  paint();
}
function hint(kind) {
  root.querySelector("[data-hint]").textContent = root.dataset[`words${kind[0].toUpperCase()}${kind.slice(1)}`];
}
function tap(event) {
  const at = snapped(event);
  if (mode.kind === "point") return setPoint(at);
  const sofar = mode.sofar, first = sofar[0];
  if (mode.kind === "corner" && sofar.length > 2 && Math.hypot(first[0] - at[0], first[1] - at[1]) < SNAP_PX * perPixel())
    return done();
  sofar.push(at);
  outlineField().value = text(sofar);
  if (mode.kind === "rectangle" && sofar.length === 2) { outlineField().value = text(corners(text(sofar))); return done(); }
  paint();
}
function done() {
  const form = mode.form;
  stop();
  form.querySelector("button.main").focus();
}
function setPoint([x, y]) {
  const form = mode.form;
  form.querySelector('[data-point="x"]').value = metres(x);
  form.querySelector('[data-point="y"]').value = metres(y);
  sayRooms(form);
  done();
}
// The room that a point lies in; for a door, the two rooms nearest to it.
function sayRooms(form) {
  const at = pointOf(form);
  if (!at) return;
  const zone = form.querySelector("[data-point-zone]");
  const closed = rooms().filter((room) => !room.area);
  if (zone) zone.value = closed.find((room) => inside(at, room.pairs))?.field.dataset.zone ?? "";
  const two = closed.map((room) => [distance(at, room.pairs), room.field.dataset.zone]).sort((p, q) => p[0] - q[0]);
  for (const [n, name] of ["a", "b"].entries()) {
    const select = form.querySelector(`[data-point-room="${name}"]`);
    if (select && two[n] && two[n][0] < 2) select.value = two[n][1];
  }
}
function inside([x, y], pairs) {
  let odd = false;
  for (let i = 0, j = pairs.length - 1; i < pairs.length; j = i++) {
    const [[a, b], [c, d]] = [pairs[i], pairs[j]];
    if ((b > y) !== (d > y) && x < ((c - a) * (y - b)) / (d - b) + a) odd = !odd;
  }
  return odd;
}
function distance([x, y], pairs) {
  return Math.min(...pairs.map(([a, b], i) => {
    const [c, d] = pairs[(i + 1) % pairs.length], [dx, dy] = [c - a, d - b];
    const t = Math.max(0, Math.min(1, ((x - a) * dx + (y - b) * dy) / (dx * dx + dy * dy || 1)));
    return Math.hypot(a + t * dx - x, b + t * dy - y);
  }));
}
function choose(node) {
  const details = node.closest("details");
  details.open = true;
  details.querySelector("summary").focus();
}

// --- what people do -------------------------------------------------------------------------

root.addEventListener("click", (event) => {
  const draw = event.target.closest("[data-draw]"), by = event.target.closest("[data-zoom]");
  if (draw) begin(draw.dataset.draw, draw.form);
  if (by) by.dataset.zoom === "fit" ? fit() : zoom(by.dataset.zoom === "in" ? 0.7 : 1 / 0.7);
  if (event.target.closest("[data-undo]") && mode) {
    mode.sofar.pop(); outlineField().value = text(mode.sofar); paint();
  }
  if (event.target.closest("[data-stop]")) stop();
});
root.addEventListener("input", (event) => {
  const form = event.target.form;
  if (event.target.matches("[data-point]") && form.matches("[data-point-form]")) sayRooms(form);
  paint();
});
root.addEventListener("toggle", (event) => {
  if (event.target.open) for (const other of root.querySelectorAll("details[data-drawn][open]"))
    if (other !== event.target && event.target.matches("[data-drawn]")) other.open = false;
  if (mode && !mode.form.closest("details")?.open) stop(); else paint();
}, true);
root.addEventListener("htmx:load", paint);
board.addEventListener("pointerdown", (event) => { pressed = { at: place(event), x: event.clientX, y: event.clientY, moved: false }; });
board.addEventListener("pointermove", (event) => {
  const at = place(event);
  root.querySelector("[data-where]").textContent = `${metres(at.x)} ${metres(-at.y)} m`;
  if (!pressed || mode || !event.buttons) return;
  if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > 5) pressed.moved = true;
  if (pressed.moved) { view.x += pressed.at.x - at.x; view.y += pressed.at.y - at.y; paint(); }
});
board.addEventListener("pointerup", (event) => { if (mode && pressed) tap(event); pressed = null; });
board.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 0.85 : 1 / 0.85, place(event)); }, { passive: false });
board.addEventListener("keydown", (event) => {
  const step = view.w / 10;
  const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
  if (by) { event.preventDefault(); view.x += by[0]; view.y += by[1]; paint(); }
  if (event.key === "+") zoom(0.7);
  if (event.key === "-") zoom(1 / 0.7);
  if (event.key === "0") fit();
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && mode) stop(); });
addEventListener("resize", paint);
fit();

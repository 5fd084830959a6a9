// A floor that moves: pan, zoom, markers that follow the event stream, clusters where they would
// overlap. The server has painted everything once; this only moves it and keeps it true.
const glyph_px = 22;       // room that one marker takes
const cluster_px = 32;
const old_s = 300, older_s = 3600;
const svgns = "http://www.w3.org/2000/svg";

class FloorMap {
  constructor(root) {
    this.root = root;
    this.svg = root.querySelector("svg");
    this.fit = this.svg.dataset.view.split(" ").map(Number);
    this.view = this.begun();
    this.layer = this.svg.querySelector(".markers");
    this.rooms = new Map();
    for (const link of this.svg.querySelectorAll("a.room")) {
      const d = link.dataset;
      this.rooms.set(d.zone, { link, x: +d.x, y: +d.y, w: +d.w, h: +d.h, name: link.querySelector("text") });
    }
    this.words = document.querySelector("[data-map-words]");
    this.data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    this.take(this.data);
    this.hidden = new Set();
    this.ago = 0;             // minutes back in the last day; 0 is now, live
    this.beat = 0;            // when the engine last said that it hears what it hears
    this.sought = new Set(root.dataset.find ? [root.dataset.find] : []);
    this.soughtZone = root.dataset.findZone;
    this.hands();
    this.draw();
    if (this.sought.size) this.seek();
    new ResizeObserver(() => this.draw()).observe(this.svg);
    setInterval(() => this.draw(), 30000);
  }

  /** On a screen much taller than the floor, begin closer, so that the floor fills it. */
  begun() {
    const [x, y, w, h] = this.fit, box = this.svg.getBoundingClientRect();
    const part = Math.max(0.45, Math.min(1, (box.width / box.height) / (w / h) * 1.15));
    return [x, y, w * part, h];
  }

  /** Markers by asset, and for each room how many things it holds that are not among them. */
  take(data) {
    const now = performance.now() / 1000;
    this.markers = new Map(data.markers.map((m) => [m.asset, { ...m, seen: now - (m.age_s ?? 0) }]));
    this.unlisted = new Map(Object.entries(data.unlisted));
    for (const text of this.svg.querySelectorAll("[data-staff]")) text.textContent = data.staff[text.dataset.staff] ?? "";
    if (this.words && data.summary) this.words.textContent = data.summary;
  }

  /** Ask for the markers again: those of now, or of `ago` minutes ago. */
  async refresh() {
    const ago = this.ago;
    const answer = await fetch(this.root.dataset.markers + (ago ? `&ago=${ago}` : ""), { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || ago !== this.ago) return;
    this.take(await answer.json());
    this.draw();
  }
  refreshSoon() {
    this.soon ??= setTimeout(() => { this.soon = null; this.refresh(); }, 2000);
  }

  /** One position event: the marker moves now; what we cannot work out is asked for soon. */
  moved(event) {
    if (this.ago) return;
    const known = this.markers.get(event.id);
    const here = event.floor === this.root.dataset.floor;
    if (!known && !here) return;
    if (!here) this.markers.delete(event.id);
    else if (known) Object.assign(known, {
      zone: event.zone, heard: event.heard, p: event.level === "zone" ? event.p : Math.min(event.p, 0.59), seen: performance.now() / 1000,
    });
    if (this.sought.has(event.id)) this.soughtZone = event.zone;
    if (!known || !this.rooms.has(event.zone)) this.refreshSoon();
    this.draw();
  }

  // -- the picture --------------------------------------------------------------------------
  get k() {
    const box = this.svg.getBoundingClientRect();
    return Math.max(this.view[2] / (box.width || 1), this.view[3] / (box.height || 1));
  }

  draw() {
    this.svg.setAttribute("viewBox", this.view.map((n) => n.toFixed(3)).join(" "));
    const k = this.k, wanted = new Map(), clusters = [];
    const inside = new Map();
    for (const marker of this.markers.values()) {
      if (!this.rooms.has(marker.zone) || this.hidden.has(marker.state)) continue;
      if (!inside.has(marker.zone)) inside.set(marker.zone, []);
      inside.get(marker.zone).push(marker);
    }
    for (const [zone, room] of this.rooms) {
      const here = inside.get(zone) ?? [];
      const count = here.length + (this.unlisted.get(zone) ?? 0);
      const width = room.w / k, height = room.h / k;
      const across = Math.max(1, Math.floor(width / glyph_px));
      const fits = (px) => count <= across * Math.floor(px / glyph_px);
      let named = room.name.textContent.length * 6.6 < width && height > (count ? 48 : 18);
      if (named && !fits(height - 16) && fits(height)) named = false;   // things before names
      const down = Math.floor((height - (named ? 16 : 0)) / glyph_px);
      room.name.setAttribute("visibility", named ? "visible" : "hidden");
      room.name.setAttribute("font-size", (12 * k).toFixed(3));
      let lines = 0;
      if (count && (count > across * down || count > here.length || width < glyph_px)) {
        clusters.push({ x: room.x, y: room.y, count, zones: [zone], sought: zone === this.soughtZone || here.some((m) => this.sought.has(m.asset)) });
        lines = 1.8;
      } else if (count) {
        here.sort((a, b) => (a.number < b.number ? -1 : 1));
        lines = Math.ceil(count / across);
        here.forEach((marker, i) => {
          const line = Math.floor(i / across), inLine = Math.min(across, count - line * across);
          const x = room.x + ((i % across) - (inLine - 1) / 2) * glyph_px * k;
          const y = room.y + ((line - (lines - 1) / 2) * glyph_px + (named ? 8 : 0)) * k;
          wanted.set(marker.asset, { marker, x, y });
        });
      }
      room.name.setAttribute("y", (room.y + (lines ? -(lines * glyph_px) / 2 : 4) * k).toFixed(3));
      const staff = this.svg.querySelector(`[data-staff="${zone}"]`);
      staff?.setAttribute("font-size", (12 * k).toFixed(3));
      const below = (lines * glyph_px) / 2 + (named ? 24 : 16);   // its base line under the middle
      staff?.setAttribute("visibility", height / 2 > below + 4 && width > staff.textContent.length * 6.6 ? "visible" : "hidden");
      staff?.setAttribute("y", (room.y + below * k).toFixed(3));
    }
    this.place(wanted, merged(clusters, cluster_px * k), k);
  }

  place(wanted, clusters, k) {
    for (const node of [...this.layer.children])
      if (!wanted.has(node.dataset.asset)) node.remove();
    const standing = new Map([...this.layer.children].map((node) => [node.dataset.asset, node]));
    const now = performance.now() / 1000;
    for (const [asset, { marker, x, y }] of wanted) {
      const node = standing.get(asset) ?? this.layer.appendChild(newMarker(asset));
      const age = now - (marker.heard ? Math.max(marker.seen, this.beat) : marker.seen);
      node.setAttribute("class", ["marker", marker.state, marker.p < 0.6 ? "unsure" : "",
        age > older_s ? "older" : age > old_s ? "old" : "", this.sought.has(asset) ? "sought" : ""].join(" "));
      node.dataset.zone = marker.zone;
      node.setAttribute("transform", `translate(${x.toFixed(3)} ${y.toFixed(3)}) scale(${k.toFixed(5)})`);
      const glyph = "#glyph-" + marker.state;
      if (node.lastChild.getAttribute("href") !== glyph) node.lastChild.setAttribute("href", glyph);
    }
    for (const cluster of clusters) {
      const node = this.layer.appendChild(document.createElementNS(svgns, "g"));
      node.setAttribute("class", cluster.sought ? "cluster sought" : "cluster");
      node.dataset.zone = cluster.zones[0];
      node.setAttribute("transform", `translate(${cluster.x.toFixed(3)} ${cluster.y.toFixed(3)}) scale(${k.toFixed(5)})`);
      const circle = node.appendChild(document.createElementNS(svgns, "circle"));
      circle.setAttribute("r", cluster.count > 99 ? 16 : 13);
      const text = node.appendChild(document.createElementNS(svgns, "text"));
      text.setAttribute("y", 4.5); text.setAttribute("font-size", 13);
      text.textContent = cluster.count;
    }
  }

  // -- hands --------------------------------------------------------------------------------
  zoom(factor, at) {
    const [x, y, w, h] = this.view;
    const limit = Math.min(Math.max(w * factor, this.fit[2] / 40), this.fit[2] * 1.5) / w;
    const [cx, cy] = at ?? [x + w / 2, y + h / 2];
    this.view = [cx - (cx - x) * limit, cy - (cy - y) * limit, w * limit, h * limit];
    this.draw();
  }
  pan(dx, dy) { this.view[0] += dx; this.view[1] += dy; this.draw(); }
  point(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [at.x, at.y];
  }
  showRoom(zone, closer) {
    const room = this.rooms.get(zone);
    if (!room) return;
    if (closer) {
      const w = Math.min(this.fit[2], Math.max(room.w * 6, this.fit[2] / 4)), h = w * this.fit[3] / this.fit[2];
      this.view = [inside(room.x, w, this.fit[0], this.fit[2]), inside(room.y, h, this.fit[1], this.fit[3]), w, h];
    }
    this.draw();
  }
  seek() {
    this.svg.classList.toggle("map-seeking", this.sought.size > 0);
    this.showRoom(this.soughtZone, true);
  }
  openRoom(link) {
    for (const other of this.svg.querySelectorAll("a.room.chosen")) other.classList.remove("chosen");
    link.classList.add("chosen");
    htmx.ajax("GET", this.root.dataset.room + link.dataset.zone + "/", { target: this.root.querySelector("[data-panel]"), swap: "innerHTML" });
  }
  closeRoom() {
    this.root.querySelector("[data-panel]").replaceChildren();
    const chosen = this.svg.querySelector("a.room.chosen");
    chosen?.classList.remove("chosen");
    chosen?.focus();
    this.sought.clear();
    this.soughtZone = "";
    this.svg.classList.remove("map-seeking");
    this.draw();
  }

  /** The slider of the last day. */
  earlier(place) {
    const slider = place.querySelector("input"), words = place.querySelector("[data-words-ago]");
    let soon = 0;
    const look = () => {
      this.ago = -slider.valueAsNumber;
      words.textContent = this.ago === 0 ? words.dataset.wordsNow
        : words.dataset.wordsAgo.replace("{h}", Math.floor(this.ago / 60)).replace("{min}", this.ago % 60);
      this.root.classList.toggle("map-then", this.ago > 0);
      clearTimeout(soon);
      soon = setTimeout(() => this.refresh(), 150);
    };
    slider.addEventListener("input", look);
    place.querySelector("[data-now]").addEventListener("click", () => { slider.value = 0; look(); });
  }

  hands() {
    const earlier = document.querySelector("[data-earlier]");
    if (earlier) this.earlier(earlier);
    const held = new Map();
    let moved = 0;
    this.svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 250), this.point(event));
    }, { passive: false });
    this.svg.addEventListener("pointerdown", (event) => {
      held.set(event.pointerId, event);
      moved = 0;
    });
    addEventListener("pointermove", (event) => {
      const before = held.get(event.pointerId);
      if (!before) return;
      const k = this.k, others = [...held.values()].filter((p) => p.pointerId !== event.pointerId);
      moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
      if (others.length === 1) {
        const [other] = others;
        const span = (p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY) || 1;
        const middle = { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 };
        held.set(event.pointerId, event);
        this.zoom(span(before) / span(event), this.point(middle));
      } else if (moved > 6) {
        this.svg.classList.add("held");
        held.set(event.pointerId, event);
        this.pan((before.clientX - event.clientX) * k, (before.clientY - event.clientY) * k);
      } else held.set(event.pointerId, event);
    });
    const release = (event) => { held.delete(event.pointerId); this.svg.classList.remove("held"); };
    addEventListener("pointerup", release);
    addEventListener("pointercancel", release);
    // A room that the keyboard reaches comes into view.
    this.svg.addEventListener("focusin", (event) => {
      const room = this.rooms.get(event.target.closest("a.room")?.dataset.zone);
      if (!room || !event.target.matches(":focus-visible")) return;
      const [x, y, w, h] = this.view;
      if (room.x < x || room.x > x + w || room.y < y || room.y > y + h) {
        this.view = [room.x - w / 2, room.y - h / 2, w, h];
        this.draw();
      }
      this.svg.parentElement.scrollTo(0, 0);
    });
    this.svg.addEventListener("dragstart", (event) => event.preventDefault());
    this.root.addEventListener("click", (event) => {
      const link = event.target.closest("a.room");
      if (link) { event.preventDefault(); if (moved <= 6) this.openRoom(link); moved = 0; }
      if (event.target.closest("[data-close]")) this.closeRoom();
      const zoom = event.target.closest("[data-zoom]")?.dataset.zoom;
      if (zoom === "fit") { this.view = [...this.fit]; this.draw(); }
      else if (zoom) this.zoom(zoom === "in" ? 0.7 : 1 / 0.7);
    });
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { this.closeRoom(); return; }
      if (!this.svg.contains(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = this.view[2] / 10;
      const act = {
        ArrowLeft: () => this.pan(-step, 0), ArrowRight: () => this.pan(step, 0),
        ArrowUp: () => this.pan(0, -step), ArrowDown: () => this.pan(0, step),
        "+": () => this.zoom(0.7), "=": () => this.zoom(0.7), "-": () => this.zoom(1 / 0.7),
        0: () => { this.view = [...this.fit]; this.draw(); },
      }[event.key];
      if (act) { event.preventDefault(); act(); }
    });
    document.querySelector("[data-layers]")?.addEventListener("change", (event) => {
      const { layer, state } = event.target.dataset;
      if (state) this.hidden[event.target.checked ? "delete" : "add"](state);
      if (layer) this.svg.classList.toggle("off-" + layer, !event.target.checked);
      this.draw();
    });
  }
}

function newMarker(asset) {
  const node = document.createElementNS(svgns, "g");
  node.dataset.asset = asset;
  const halo = node.appendChild(document.createElementNS(svgns, "circle"));
  halo.setAttribute("class", "halo");
  halo.setAttribute("r", 12);
  const doubt = node.appendChild(document.createElementNS(svgns, "text"));
  for (const [name, value] of Object.entries({ class: "doubt", x: 5, y: -3, "font-size": 12 })) doubt.setAttribute(name, value);
  doubt.textContent = "?";
  node.appendChild(document.createElementNS(svgns, "use"));
  return node;
}

/** Where a stretch of `length` around `middle` begins, kept within the whole where it fits. */
function inside(middle, length, start, whole) {
  return Math.max(start, Math.min(middle - length / 2, start + whole - length));
}

/** Clusters nearer than `reach` become one, with the sum of their counts. */
function merged(clusters, reach) {
  const out = [];
  for (const one of clusters.sort((a, b) => b.count - a.count)) {
    const near = out.find((other) => Math.hypot(one.x - other.x, one.y - other.y) < reach);
    if (!near) { out.push({ ...one, zones: [...one.zones] }); continue; }
    near.count += one.count; near.zones.push(...one.zones); near.sought ||= one.sought;
  }
  return out;
}

const maps = new Map();
function begin(root) {
  for (const place of [root, ...root.querySelectorAll("*")].filter((n) => n.matches?.("[data-map]"))) {
    if (!maps.has(place) && place.querySelector("svg[data-view]")) maps.set(place, new FloorMap(place));
  }
}
// A new state is asked for: whether a thing is overdue, say, only the server knows.
document.addEventListener("hims:asset", (event) => living().forEach((map) => { if (map.markers.has(event.detail.id)) map.refreshSoon(); }));
document.addEventListener("hims:staff_count", (event) => living().forEach((map) => { if (map.rooms.has(event.detail.zone)) map.refreshSoon(); }));
const living = () => [...maps].filter(([place]) => place.isConnected || !maps.delete(place)).map(([, map]) => map);
document.addEventListener("hims:position", (event) => living().forEach((map) => map.moved(event.detail)));
document.addEventListener("hims:engine", () => living().forEach((map) => { map.beat = performance.now() / 1000; }));
document.addEventListener("hims:reset", () => living().forEach((map) => map.refresh()));
document.addEventListener("htmx:load", (event) => begin(event.target));
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-goes]");
  if (form) form.requestSubmit();
});
begin(document.body);

// The last minutes told again: one moment at a time on the plan, by slider, buttons or by itself.
const playing_ms = 100;    // a moment of 2 s takes so long: ten minutes pass in half a minute
const weakest = -100, strongest = -40;

class Replay {
  constructor(root) {
    this.root = root;
    this.story = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    this.slider = root.querySelector("input[type='range']");
    this.button = root.querySelector("[data-play]");
    this.floors = [...root.querySelectorAll("[data-floor]")];
    this.running = null;
    root.hidden = false;
    this.hands();
    this.show(this.slider.valueAsNumber);
    new ResizeObserver(() => this.show(this.at)).observe(root);
  }

  hands() {
    this.slider.addEventListener("input", () => { this.stop(); this.show(this.slider.valueAsNumber); });
    this.root.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button === this.button) { this.running ? this.stop() : this.play(); return; }
      this.stop();
      if (button.dataset.by) this.show(this.at + Number(button.dataset.by));
      else this.show(this.nextChange());
    });
  }

  get last() { return this.story.moments.length - 1; }

  /** The next moment with another answer; at the end the story begins again. */
  nextChange() {
    const { moments } = this.story, from = this.at >= this.last ? 0 : this.at;
    for (let i = from + 1; i <= this.last; i += 1) if (moments[i].w !== moments[i - 1].w) return i;
    return this.at >= this.last ? 0 : this.last;
  }

  play() {
    if (this.at >= this.last) this.show(0);
    this.button.textContent = this.button.dataset.wordsStop;
    this.root.querySelector("[data-words]").setAttribute("aria-live", "off");
    this.running = setInterval(() => {
      if (!this.root.isConnected || this.at >= this.last) { this.stop(); return; }
      this.show(this.at + 1);
    }, playing_ms);
  }

  stop() {
    clearInterval(this.running);
    this.running = null;
    this.button.textContent = this.button.dataset.wordsPlay;
    this.root.querySelector("[data-words]").setAttribute("aria-live", "polite");
  }

  show(number) {
    this.at = Math.max(0, Math.min(this.last, number));
    const moment = this.story.moments[this.at];
    if (!moment) return;
    const ago = agoOf(moment.ago, this.slider.dataset);
    this.slider.value = this.at;
    this.slider.setAttribute("aria-valuetext", `${ago}: ${moment.w} ${moment.s}`);
    this.root.querySelector("[data-place]").textContent = moment.w;
    this.root.querySelector("[data-sure]").textContent = moment.s;
    this.root.querySelector("[data-time]").textContent = moment.t;
    this.root.querySelector("[data-ago]").textContent = ago;
    const shown = this.floors.find((one) => Number(one.dataset.floor) === moment.f) ?? this.floors.find((one) => !one.hidden);
    for (const floor of this.floors) floor.hidden = floor !== shown;
    if (shown) this.paint(shown, moment);
    this.list("[data-rooms]", moment.c.map(([zone, p]) => [this.story.zones[zone], p * 100, 0, 100, `${Math.min(99, Math.round(p * 100))} %`]));
    this.list("[data-ears]", moment.g.map(([ear, rssi]) => [this.story.ears[ear], rssi, weakest, strongest, dbm(rssi)]));
  }

  paint(floor, moment) {
    const svg = floor.querySelector("svg"), box = svg.getBoundingClientRect();
    const k = Math.max(svg.viewBox.baseVal.width / (box.width || 1), svg.viewBox.baseVal.height / (box.height || 1));
    const likely = new Map(moment.c), hearing = new Map(moment.g.map((one) => [one[0], one]));
    for (const room of svg.querySelectorAll(".replay-room")) {
      const p = likely.get(Number(room.dataset.zone)) ?? 0, name = room.querySelector("text");
      room.querySelector(".belief").setAttribute("fill-opacity", (0.55 * p).toFixed(3));
      name.setAttribute("font-size", (12 * k).toFixed(3));
      const height = Number(room.dataset.h);     // names stand at the upper edge, gateways in the middle
      if (height > 44 * k) name.setAttribute("y", (Number(room.dataset.y) - height / 2 + 15 * k).toFixed(3));
      const fits = name.textContent.length * 6.6 * k < Number(room.dataset.w) && height > 16 * k;
      name.setAttribute("visibility", fits || p >= 0.5 ? "visible" : "hidden");
    }
    for (const ear of svg.querySelectorAll(".replay-ear")) {
      const heard = hearing.get(Number(ear.dataset.ear)), words = ear.querySelector("text");
      const part = heard ? Math.max(0, Math.min(1, (heard[1] - weakest) / (strongest - weakest))) : 0;
      ear.classList.toggle("hears", Boolean(heard));
      ear.querySelector(".ear-dot").setAttribute("r", (3 * k).toFixed(3));
      ear.querySelector(".ear-ring").setAttribute("r", heard ? ((5 + 20 * part) * k).toFixed(3) : 0);
      words.textContent = heard ? dbm(heard[1]) : "";
      words.setAttribute("font-size", (11 * k).toFixed(3));
      words.setAttribute("y", ((16 + 20 * part) * k).toFixed(3));
    }
    const spot = svg.querySelector(".replay-spot"), known = moment.x !== undefined && Number(floor.dataset.floor) === moment.f;
    spot.toggleAttribute("hidden", !known);
    if (!known) return;
    spot.setAttribute("cx", moment.x);
    spot.setAttribute("cy", moment.y);
    spot.setAttribute("r", (7 * k).toFixed(3));
    spot.classList.toggle("unheard", !moment.h);
  }

  /** Rows of name, bar and number. */
  list(where, rows) {
    const list = this.root.querySelector(where);
    if (!rows.length && list.dataset.none) rows = [[list.dataset.none]];
    list.replaceChildren(...rows.map(([name, value, min, max, words]) => {
      const row = document.createElement("li");
      row.className = "ear";
      row.append(Object.assign(document.createElement("span"), { className: "ear-place", textContent: name }));
      if (words === undefined) return row;
      const bar = Object.assign(document.createElement("meter"), { min, max, value });
      bar.setAttribute("aria-hidden", "true");
      row.append(bar, Object.assign(document.createElement("span"), { className: "number", textContent: words }));
      return row;
    }));
  }
}

function dbm(rssi) { return `${Math.round(rssi)} dBm`.replace("-", "−"); }

function agoOf(seconds, words) {
  const form = seconds >= 60 ? words.agoMin : words.agoS;
  return form.replace("{min}", Math.floor(seconds / 60)).replace("{s}", seconds % 60);
}

function begin(root) {
  const places = [...root.querySelectorAll("[data-replay]"), ...(root.matches("[data-replay]") ? [root] : [])];
  for (const place of places) if (place.hidden) new Replay(place);
}
document.addEventListener("htmx:load", (event) => begin(event.target));
begin(document.body);

// The counter by keyboard and scanner alone: scans wait in line for one another and are never lost
// between two answers; the queue and the open supply follow what happens elsewhere.
const form = document.querySelector("form[data-counter-scan]");
const one = document.getElementById("one");
const queue = document.getElementById("queue");
const scans = [];
const own_ms = 1500;           // what we did ourselves has just been drawn
const slides_ms = 2500;
let busy = false, last_own = 0, later = 0, slide = 0;

const field = () => form.querySelector("[data-scan-field]");
const supply = () => one.querySelector("[data-supply]");

function fresh() {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// One after the other: what the second scan means depends on what the first one did.
async function work() {
  if (busy) return;
  busy = true;
  while (scans.length) {
    const code = scans.shift();
    const values = { code, key: fresh(), supply: supply()?.dataset.supply ?? "", label: supply()?.dataset.label ?? "" };
    await htmx.ajax("POST", form.action, { target: "#one", swap: "innerHTML", values });
  }
  busy = false;
}

form.addEventListener("submit", (event) => {
  if (!window.htmx) return;
  event.preventDefault();
  const code = field().value;
  field().value = "";
  if (code.trim()) { scans.push(code); work(); return; }
  one.querySelector("[data-main]:not([disabled])")?.focus();   // Enter, Enter: do the next thing
});

function show(url) {
  htmx.ajax("GET", url, { target: "#one", swap: "innerHTML" }).then(() => history.replaceState(null, "", url));
}

function mark() {
  const uid = supply()?.dataset.supply;
  document.querySelector(".counter").classList.toggle("chosen", Boolean(uid));
  for (const row of queue.querySelectorAll("[data-supply]"))
    row.classList.toggle("chosen-one", row.dataset.supply === uid);
}

function stage() { return queue.querySelector("[data-stage]")?.dataset.stage ?? "waiting"; }

function redraw() {
  clearTimeout(later);
  later = setTimeout(() => {
    const at = queue.contains(document.activeElement) ? document.activeElement.closest("[data-supply]")?.dataset.supply : "";
    htmx.ajax("GET", `${queue.dataset.url}?stage=${stage()}`, { target: "#queue", swap: "innerHTML" })
      .then(() => { if (at) queue.querySelector(`[data-supply="${at}"] a`)?.focus(); });
  }, 300);
}

// Somebody else changed what lies before us; what is half typed here is not thrown away.
function again() {
  const typed = [...one.querySelectorAll("input:not([type=hidden]), select")].some((input) =>
    input.type === "checkbox" ? input.checked !== input.defaultChecked
      : input.tagName === "SELECT" ? ![...input.options].every((option) => option.selected === option.defaultSelected || !input.name.startsWith("reason-"))
        : input.value !== input.defaultValue);
  if (typed || busy || performance.now() - last_own < own_ms) return;
  const url = supply()?.dataset.url;
  if (url) htmx.ajax("GET", url, { target: "#one", swap: "innerHTML" });
}

document.addEventListener("hims:dispense", (event) => {
  redraw();
  if (event.detail.id === supply()?.dataset.supply) setTimeout(again, 50);
});
document.addEventListener("hims:confirmation", (event) => {
  if (one.querySelector(`[data-confirmation="${event.detail.id}"]`) && event.detail.answered) { last_own = 0; again(); }
});
document.addEventListener("hims:reset", () => { redraw(); last_own = 0; again(); });

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "queue") { mark(); return; }
  if (event.detail.target.id !== "one") return;
  last_own = performance.now();
  mark();
  const url = supply()?.dataset.url;
  if (url && location.pathname !== url) history.replaceState(null, "", url);
  if (!one.contains(document.activeElement) || document.activeElement === document.body) field().focus();
  clearTimeout(slide);
  if (one.querySelector("[data-finished]"))       // finished work slides away by itself
    slide = setTimeout(() => { supply()?.classList.add("slides"); setTimeout(next, 200); }, slides_ms);
});

function next() {
  const rows = [...queue.querySelectorAll("li:not(.taken) [data-open-supply]")];
  const row = rows.find((link) => link.closest("li").dataset.supply !== supply()?.dataset.supply);
  if (row && matchMedia("(min-width: 60rem)").matches) show(row.href);
  else location.assign(form.dataset.home ?? "/pharmacy/");
}

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-open-supply]");
  if (row && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); show(row.href); }
  const choice = event.target.closest("[data-stage-choice]");
  if (choice) {
    event.preventDefault();
    htmx.ajax("GET", `${queue.dataset.url}?stage=${choice.dataset.stageChoice}`, { target: "#queue", swap: "innerHTML" });
  }
  // The label opens beside the page: soon after, its count stands here.
  if (event.target.closest("[data-print]")) setTimeout(() => { last_own = 0; again(); }, 1500);
});

// Up and down walk through the queue from the empty scan field.
document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const rows = [...queue.querySelectorAll("[data-open-supply]")];
  const at = rows.indexOf(document.activeElement);
  if (at < 0 && (document.activeElement !== field() || field().value)) return;
  event.preventDefault();
  const to = at + (event.key === "ArrowDown" ? 1 : -1);
  if (to < 0) field().focus(); else rows[Math.min(to, rows.length - 1)]?.focus();
});

mark();

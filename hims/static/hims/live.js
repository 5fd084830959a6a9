// The event stream of /api/events/: hands each row to the page and says on the status line
// whether what you see is live, late or offline. Events arrive at `document` as "hims:<name>".
const names = ["position", "asset", "staff_count", "engine", "duress", "alert", "room", "stock",
               "dispense", "confirmation", "appointment", "encounter", "reset"];
const silent_s = 20;         // the engine says every 5 s that it is alive, and how late it is
const late_from_s = 5;
let source = null, opened = 0, engine = 0, lag_s = 0, wait_ms = 1000, timer = 0;

const clock = () => performance.now() / 1000;

function say(state, n = 0) {
  const line = document.getElementById("status");
  if (line.dataset.live === state && state !== "late") return;
  line.dataset.live = state;
  const word = line.dataset["words" + state[0].toUpperCase() + state.slice(1)];
  line.querySelector("[data-status]").textContent = word.replace("{n}", n);
}

/** What you see is late when the engine says so, or says nothing: then nobody knows of any move. */
function sayHowLate() {
  if (source?.readyState !== EventSource.OPEN) return;
  const silent = clock() - Math.max(engine, opened);
  const late = silent > silent_s ? silent : lag_s;
  if (late > late_from_s) say("late", Math.round(late)); else say("live");
}

function heard(event) {
  wait_ms = 1000;
  if (event.type === "reset") document.dispatchEvent(new CustomEvent("hims:reset"));
  let rows = [];
  try { rows = JSON.parse(event.data).rows ?? []; } catch { return; }
  for (const row of rows) {
    if (event.type === "engine") { engine = clock(); lag_s = row.lag_s; }
    document.dispatchEvent(new CustomEvent("hims:" + event.type, { detail: row }));
  }
  sayHowLate();
}

function open() {
  clearTimeout(timer);
  source?.close();
  // A page that shows one floor hears of that floor only.
  const floor = document.querySelector(".map-page [data-map]")?.dataset.floor;
  let missed = source !== null;        // a stream begun anew does not know what the old one missed
  source = new EventSource("/api/events/" + (floor ? `?floor=${floor}` : ""));
  source.onopen = () => {
    opened = clock(); wait_ms = 1000; lag_s = 0; say("live");
    if (missed) document.dispatchEvent(new CustomEvent("hims:reset"));
    missed = false;
  };
  source.onerror = () => {
    say(navigator.onLine && clock() - opened < 5 ? "connecting" : "offline");
    if (source.readyState === EventSource.CLOSED) {   // the browser gave up; we do not
      timer = setTimeout(open, wait_ms + Math.random() * 500);
      wait_ms = Math.min(wait_ms * 2, 30000);
    }
  };
  for (const name of names) source.addEventListener(name, heard);
}

/** Open the stream while the page is seen; a page in the background holds none. */
export function listen() {
  open();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { source?.close(); clearTimeout(timer); }
    else open();
  });
  addEventListener("offline", () => say("offline"));
  addEventListener("online", open);
  setInterval(sayHowLate, 5000);
}

// The event stream of /api/events/: hands each row to the page and says on the status line
// whether what you see is live, late or offline. Events arrive at `document` as "hims:<name>".
const names = ["position", "asset", "staff_count", "duress", "alert", "room", "stock", "reset", "beat"];
const quiet_s = 40;          // the stream beats every 15 s; twice missed is offline
const late_from_s = 5;
let source = null, lastHeard = 0, lag = 0, wait_ms = 1000, timer = 0;

function say(state, n = 0) {
  const line = document.getElementById("status");
  if (line.dataset.live === state && state !== "late") return;
  line.dataset.live = state;
  const word = line.dataset["words" + state[0].toUpperCase() + state.slice(1)];
  line.querySelector("[data-status]").textContent = word.replace("{n}", n);
}

function heard(event) {
  lastHeard = performance.now();
  wait_ms = 1000;
  let data = null;
  try { data = event.data ? JSON.parse(event.data) : null; } catch { return; }
  if (event.type === "beat" && data && Number.isFinite(data.lag_s)) lag = data.lag_s;
  if (lag > late_from_s) say("late", Math.round(lag)); else say("live");
  if (event.type === "reset") document.dispatchEvent(new CustomEvent("hims:reset"));
  for (const row of data?.rows ?? [])
    document.dispatchEvent(new CustomEvent("hims:" + event.type, { detail: row }));
}

function open() {
  clearTimeout(timer);
  source?.close();
  source = new EventSource("/api/events/");
  source.onopen = () => { lastHeard = performance.now(); wait_ms = 1000; lag = 0; say("live"); };
  source.onerror = () => {
    say(navigator.onLine ? "connecting" : "offline");
    if (performance.now() - lastHeard > 5000) say("offline");
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
    else {
      open();
      document.dispatchEvent(new CustomEvent("hims:reset", { detail: null }));
    }
  });
  addEventListener("offline", () => say("offline"));
  addEventListener("online", open);
  setInterval(() => {
    if (!document.hidden && lastHeard && performance.now() - lastHeard > quiet_s * 1000) {
      say("offline");
      if (source.readyState === EventSource.OPEN) open();
    }
  }, 5000);
}

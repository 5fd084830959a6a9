// The page that tests scanners: it notes each key with the milliseconds since the one before, so
// that the answer can say what a scanner sends. A scan that does not end with Enter is sent anyway.
const form = document.getElementById("scanner-form");
const field = form.querySelector("[data-scan-field]");
const noted = form.querySelector("[name=keys]");
const waits_ms = 700;
const most = 2000;
let keys = [], last = 0, waiting = 0;

function name(event) {
  const pressed = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.metaKey && "Meta"].filter(Boolean);
  return pressed.length && event.key.length <= 2 ? [...pressed, event.key].join("+") : event.key;
}
function send() {
  if (field.value) form.requestSubmit();
}
// On the window: before scan.js, which sends the form when Enter comes.
window.addEventListener("keydown", (event) => {
  if (["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock"].includes(event.key)) return;
  const now = event.timeStamp;
  if (now - last > 2000) keys = [];
  if (keys.length < most) keys.push([name(event), Math.round(now - last)]);
  last = now;
  clearTimeout(waiting);
  if (event.key !== "Enter" && keys.length > 7) waiting = setTimeout(send, waits_ms);
}, true);
form.addEventListener("submit", () => { noted.value = JSON.stringify(keys); }, true);
form.addEventListener("htmx:afterRequest", () => {
  keys = []; clearTimeout(waiting); field.value = ""; field.focus();
});

// Rooms that stay current, and a patient who is dragged to a bed: the drop presses the same button
// that stands beside their name.
const fresh_ms = 400, at_least_ms = 30000;
let due = 0, waiting = false;

const root = () => document.querySelector("[data-rooms]");

/** Nothing is taken from under somebody's fingers: an open "More", a field, a drag. */
function busy() {
  const at = document.activeElement;
  return root().querySelector("details[open], .dragged") !== null
    || (root().contains(at) && at.matches("input:not([type=hidden]), select"));
}

function refresh() {
  due = 0;
  if (busy()) { waiting = true; return; }
  waiting = false;
  htmx.trigger(root(), "refresh");
}
function soon() { due ||= setTimeout(refresh, fresh_ms); }
function changed() {
  for (const open of root().querySelectorAll("details[open]")) open.open = false;
  document.activeElement?.blur?.();
  soon();
}

for (const name of ["hims:room", "hims:encounter", "hims:reset"]) document.addEventListener(name, soon);
document.addEventListener("hims:changed", changed);
// What was refused may be pressed again, with a reason or because things have changed.
document.addEventListener("hims:refused", (event) => {
  const key = event.target.closest("form")?.elements.key;
  if (key) key.value = key.value.slice(0, 68) + "." + Date.now().toString(36);
  soon();
});
document.addEventListener("toggle", () => { if (waiting) soon(); }, true);
document.addEventListener("focusout", () => { if (waiting) soon(); });
setInterval(soon, at_least_ms);

let dragged = null;
function spaces(mark) { for (const room of document.querySelectorAll("[data-drop]")) room.classList.toggle("may-drop", mark); }
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-visit]") ?? null;
  if (!dragged) return;
  event.dataTransfer.setData("text/plain", dragged.dataset.visit);
  event.dataTransfer.effectAllowed = "move";
  dragged.classList.add("dragged");
  spaces(true);
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("dragged");
  dragged = null;
  spaces(false);
  if (waiting) soon();
});
for (const name of ["dragover", "dragleave", "drop"]) document.addEventListener(name, (event) => {
  const room = event.target.closest?.("[data-drop]");
  if (!dragged || !room) return;
  room.classList.toggle("over", name === "dragover");
  if (name === "dragleave") return;
  event.preventDefault();
  if (name !== "drop") return;
  room.classList.remove("over");
  const form = dragged.querySelector("form.beds-give"), unfit = dragged.querySelector(".beds-unfit");
  form.elements.space.value = room.dataset.drop;
  if (form.elements.space.value) { form.requestSubmit(); return; }
  if (!unfit) return;
  unfit.open = true;                       // it lacks something: a person says why
  unfit.querySelector("select").value = room.dataset.drop;
  unfit.querySelector("input[name=reason]").focus();
});

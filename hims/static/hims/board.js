// The board keeps itself fresh: when something happened it asks for the rows that changed, and now
// and then for all of them, because waits grow without anything happening.
const gather_ms = 150;
const all_every_ms = 30000;
const most = 60;
const board = document.querySelector("[data-board]");
const panel = document.getElementById("panel");
let changed = new Set(), everything = false, timer = 0, busy = false;

function later(id) {
  if (id) changed.add(id); else everything = true;
  if (!timer) timer = setTimeout(fetchRows, gather_ms);
}

async function fetchRows() {
  timer = 0;
  if (busy) { timer = setTimeout(fetchRows, gather_ms); return; }
  const ids = everything || changed.size > most ? [] : [...changed];
  changed = new Set(); everything = false; busy = true;
  try {
    const only = ids.length ? "&only=" + ids.join(",") : "";
    const answer = await fetch(board.dataset.board + only, { headers: { "HX-Request": "true" } });
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"), !ids.length);
  } catch { /* the status line says that we are offline; the next round asks for all */ }
  busy = false;
}

function show(fresh, all) {
  const head = document.getElementById("board-head");
  const newHead = fresh.getElementById("board-head");
  if (newHead && !head.querySelector("details[open]")) put(head, newHead);
  const table = document.getElementById("board-table");
  const newTable = fresh.getElementById("board-table");
  if (!table || !newTable) return;
  const rows = new Map([...table.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row]));
  for (const row of newTable.querySelectorAll("[data-row]")) {
    const old = rows.get(row.dataset.row);
    const here = document.importNode(row, true);
    if (old) put(old, here, true);
    rows.set(row.dataset.row, here);
  }
  const order = newTable.dataset.order.split(" ").filter(Boolean);
  const body = table.tBodies[0];
  const kept = new Set(order);
  for (const [id, row] of rows) if (!kept.has(id)) row.remove();
  let place = body.firstElementChild;
  for (const id of order) {
    const row = rows.get(id);
    if (!row) { if (!all) later(""); continue; }   // new to us: ask for everything
    if (row === place) place = place.nextElementSibling;
    else body.insertBefore(row, place);
  }
  window.htmx?.process(body);
}

/** Put the fresh part in place of the old one; who had the focus in it keeps it. */
function put(old, fresh, adopted = false) {
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const part = adopted ? fresh : document.importNode(fresh, true);
  old.replaceWith(part);
  window.htmx?.process(part);
  part.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));   // ages begin to count
  if (focused) document.getElementById(focused)?.focus();
}

/** The row itself, and whoever was in that room until now. */
function touched(id) {
  for (const row of board.querySelectorAll(`[data-bed="${CSS.escape(id)}"]`)) later(row.dataset.row);
  later(id);
}

const mine = (row) => !row.department || row.department === board.dataset.department;
if (board) {
  for (const kind of ["encounter", "room"])
    document.addEventListener("hims:" + kind, (event) => { if (mine(event.detail)) touched(event.detail.id); });
  document.addEventListener("hims:board", (event) => later(event.detail.id));
  document.addEventListener("hims:reset", () => later(""));
  setInterval(() => { if (!document.hidden) later(""); }, all_every_ms);
}
if (panel) {
  panel.addEventListener("htmx:afterSwap", () => { panel.hidden = false; panel.focus(); });
  panel.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close-panel]")) return;
    event.preventDefault(); panel.hidden = true; panel.replaceChildren();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") panel.hidden = true; });
}

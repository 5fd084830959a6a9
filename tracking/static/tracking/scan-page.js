// The scanning page: first the room, then things; each scan is kept at once and sent when it can be.
import { keep } from "../hims/scan-queue.js";

const page = document.getElementById("scan-page");
const form = document.getElementById("scan-form");
const field = document.getElementById("code");
const list = document.getElementById("scanned");
const words = page.dataset;
const codes = new Map();
for (const room of page.querySelectorAll("data")) {
  codes.set(room.textContent.toLowerCase(), room);
  codes.set(room.value.toLowerCase(), room);
}
const roomOf = (text) => codes.get(text.replace(/^HIMS:ZONE:/i, "").trim().toLowerCase());
let here = null;

function line(text, mark) {
  const item = document.createElement("li");
  item.append(document.getElementById("word-" + mark).content.cloneNode(true));
  const said = item.appendChild(document.createElement("span"));
  said.textContent = text;
  item.appendChild(document.createElement("span")).className = "quiet";
  list.prepend(item);
  return item;
}
function set(item, text, mark) {
  item.replaceChild(document.getElementById("word-" + mark).content.cloneNode(true), item.firstElementChild);
  item.lastElementChild.textContent = text;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const code = field.value.trim();
  field.value = "";
  field.focus();
  if (!code) return;
  const room = roomOf(code);
  if (room) {
    here = room.value;
    document.getElementById("here").textContent = room.textContent;
    field.placeholder = words.wordsThing;
    return;
  }
  if (!here) { line(words.wordsFirst, "bad"); return; }
  const item = line(code.replace(/[\u0000-\u001f]/g, " "), "waiting");
  item.lastElementChild.textContent = words.wordsWaiting;
  item.dataset.key = await keep({ code, zone: here, at: new Date().toISOString(), scanner: "web" });
});

document.addEventListener("hims:scan-answered", (event) => {
  const { key, status, answer } = event.detail;
  // The answer may be there before keep() has told us the key: look again a moment later.
  const show = (tries) => {
    const item = list.querySelector(`[data-key="${key}"]`);
    if (!item) { if (tries) setTimeout(show, 50, tries - 1); return; }
    if (status >= 400) set(item, words.wordsRefused.replace("{why}", answer?.detail ?? status), "bad");
    else if (answer?.kind === "unknown") set(item, words.wordsUnknown.replace("{why}", answer.reason), "bad");
    else set(item, words.wordsSent.replace("{name}", answer?.subject?.name ?? answer?.kind ?? ""), "sent");
  };
  show(20);
});
document.addEventListener("hims:unsent", (event) => {
  const note = document.getElementById("others");
  note.parentElement.hidden = event.detail.others === 0;
  note.textContent = words.wordsOthers.replace("{n}", event.detail.others);
});

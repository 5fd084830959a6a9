// The frame of every page: looks, menus, ages that keep counting; starts the live line and scanning.
import { startCameras } from "./camera.js";
import { listen } from "./live.js";
import { startScanning } from "./scan.js";
import { sendWaiting } from "./scan-queue.js";

const year = 365 * 24 * 3600;

function remember(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=${value ? year : 0}; samesite=lax`;
  document.documentElement.dataset[name] = value;
}

function strongContrast() {
  const chosen = document.documentElement.dataset.contrast;
  return chosen ? chosen === "more" : matchMedia("(prefers-contrast: more)").matches;
}

function showLooks() {
  const look = document.documentElement.dataset.look || "";
  for (const button of document.querySelectorAll("[data-look-choice]"))
    button.setAttribute("aria-pressed", String(button.dataset.lookChoice === look));
  for (const button of document.querySelectorAll("[data-contrast-choice]"))
    button.setAttribute("aria-pressed", String(strongContrast()));
}

export function agoWords(seconds) {
  const words = document.body.dataset;
  const s = Math.max(0, Math.floor(seconds));
  const [form, n] = s < 5 ? ["agoNow", 0] : s < 60 ? ["agoS", s] : s < 3600 ? ["agoMin", Math.floor(s / 60)]
    : s < 172800 ? ["agoH", Math.floor(s / 3600)] : ["agoD", Math.floor(s / 86400)];
  return words[form].replace("{n}", n);
}

// A page left open must not go on saying "40 s ago". The server's clock rules: its answer carried
// the age at the time of the answer, so a phone with a wrong clock still counts right.
function keepAges(root) {
  for (const time of root.querySelectorAll("time[data-age]:not([data-read])")) {
    time.dataset.read = performance.now() / 1000 - Number(time.dataset.age);
  }
}
document.addEventListener("hims:engine", (event) => {
  for (const time of document.querySelectorAll("time[data-heard][data-read]"))
    time.dataset.read = performance.now() / 1000 - event.detail.lag_s;
});
function refreshAges() {
  for (const time of document.querySelectorAll("time[data-read]"))
    time.textContent = agoWords(performance.now() / 1000 - Number(time.dataset.read));
}

document.addEventListener("click", (event) => {
  const look = event.target.closest("[data-look-choice]");
  if (look) { remember("look", look.dataset.lookChoice); showLooks(); }
  if (event.target.closest("[data-contrast-choice]")) {
    remember("contrast", strongContrast() ? "normal" : "more"); showLooks();
  }
  for (const menu of document.querySelectorAll("details[data-menu][open]"))
    if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false; menu.querySelector("summary").focus();
  }
});
document.addEventListener("htmx:load", (event) => { keepAges(event.target); startCameras(event.target); });
document.addEventListener("htmx:sendError", () => sayFailed());
// A refusal is a sentence where all messages stand; what it was about stays as it was.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status < 400) return;
  if (!event.detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/html")) { sayFailed(); return; }
  event.detail.shouldSwap = true;
  event.detail.target = document.getElementById("messages");
  event.detail.swapOverride = "innerHTML";
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "messages") event.detail.target.scrollIntoView({ block: "center" });
});

// One sentence when a press came to nothing, in the place where all messages stand.
function sayFailed() {
  const place = document.getElementById("messages");
  const words = document.getElementById("words-failed");
  if (!place || !words) return;
  place.replaceChildren(words.content.cloneNode(true));
  place.scrollIntoView({ block: "nearest" });
}

// A call for help is on every open page at once, and leaves it when it is over.
document.addEventListener("hims:duress", (event) => {
  const words = document.getElementById("words-help");
  const place = document.getElementById("messages");
  place?.querySelector(`[data-call="${event.detail.id}"]`)?.remove();
  if (!words || !event.detail.open) return;
  const note = words.content.cloneNode(true).firstElementChild;
  note.dataset.call = event.detail.id;
  place.prepend(note);
  place.scrollIntoView({ block: "nearest" });
});

showLooks();
keepAges(document);
setInterval(refreshAges, 5000);
startScanning();
startCameras();
if (document.getElementById("status")) {
  listen();
  sendWaiting();
  addEventListener("online", sendWaiting);
}

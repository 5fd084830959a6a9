// Scanning anywhere: a wedge scanner types faster than a person and ends with Enter. What it types
// outside a field goes to the page's scan field; "/" goes there too.
const fast_ms = 50;
const shortest = 4;
let typed = "", last = 0;

// A question that is open on the page (which room?) is answered before anything is searched.
const field = () => document.querySelector("form.ask-room [data-scan-field]")
  ?? document.querySelector("[data-scan-field]:not([disabled])");
const typing = (node) => node?.closest?.("input, textarea, select, [contenteditable]");

function deliver(code) {
  const place = field();
  if (!place) return;
  place.value = code;
  place.focus();
  place.dispatchEvent(new Event("input", { bubbles: true }));
  const next = place.dataset.scanNext;
  if (next) document.getElementById(next)?.focus();
  else place.form?.requestSubmit();
}

export function startScanning() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const place = typing(event.target);
    if (event.key === "/" && !place && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const to = field();
      if (to && performance.now() - last > fast_ms) { event.preventDefault(); to.focus(); to.select(); return; }
    }
    if (place) {
      // A badge read in its own field must not send the form before the PIN.
      if (event.key === "Enter" && place.dataset.scanNext) {
        event.preventDefault(); document.getElementById(place.dataset.scanNext)?.focus();
      }
      return;
    }
    const now = performance.now();
    if (now - last > fast_ms) typed = "";
    last = now;
    if (event.key === "Enter") {
      if (typed.length >= shortest) { event.preventDefault(); event.stopPropagation(); deliver(typed); }
      typed = "";
    } else if (event.ctrlKey && event.key === "]") {
      event.preventDefault(); typed += "\u001d";        // how scanners send a GS1 group separator
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      typed += event.key;
      if (event.key === " " && typed.length > 1) event.preventDefault();
    }
  }, true);
}

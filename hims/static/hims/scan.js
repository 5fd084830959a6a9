// Scanning anywhere: a wedge scanner types faster than a person and ends with Enter. What it types
// outside a scan field goes to the page's scan field; "/" goes there too. The separator between the
// fields of a GS1 code survives: scanners send it as Ctrl+] or F8, which a browser would swallow.
const fast_ms = 50;
const shortest = 4;
const longest_number = 8;      // so many keys in one burst are no quantity that somebody typed, nor
                               // are they words if there is a digit and no space among them
const separator = "\u001d";

let typed = "", last = 0, before = null;

// A question that is open on the page (which room?) is answered before anything is searched, and
// the page's own box before the search of the frame.
const field = () => document.querySelector("form.ask-room [data-scan-field]")
  ?? document.querySelector("main [data-scan-field]:not([disabled])")
  ?? document.querySelector("[data-scan-field]:not([disabled])");
const typing = (node) => node?.closest?.("input, textarea, select, [contenteditable]");
const separates = (event) => (event.ctrlKey && (event.key === "]" || event.key === separator)) || event.key === "F8"
  || event.key === separator;

/** Put a code into `place` as if it had been scanned there: its form is sent, or the next field
    takes the focus. */
export function deliver(code, place = field()) {
  if (!place) return;
  place.value = code;
  place.focus();
  place.dispatchEvent(new Event("input", { bubbles: true }));
  const next = place.dataset.scanNext;
  if (next) document.getElementById(next)?.focus();
  else if (!("scanFill" in place.dataset)) place.form?.requestSubmit();
}

function insert(place, text) {
  place.setRangeText(text, place.selectionStart, place.selectionEnd, "end");
  place.dispatchEvent(new Event("input", { bubbles: true }));
}

function putBack() {
  if (!before) return;
  before.place.value = before.value;
  before.place.dispatchEvent(new Event("input", { bubbles: true }));
}

// What is typed into another field at a scanner's pace was meant for the scan field: a quantity
// with a barcode in it is put back to what it was.
const reads_like_code = (text) => text.length >= longest_number && /^(HIMS:\S+|\S*\d\S*)$/i.test(text);
const stray = (place) => place.matches("input:not([type=password], [type=checkbox], [type=radio], [type=range], [type=file]), select");

export function startScanning() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const place = typing(event.target);
    const scan = place?.matches("[data-scan-field]");
    if (event.key === "/" && !place && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const to = field();
      if (to && event.timeStamp - last > fast_ms) { event.preventDefault(); to.focus(); to.select(); return; }
    }
    if (scan) {
      if (typed) {                    // the focus came here in the middle of a scan: its head follows
        if (event.timeStamp - last <= fast_ms) { putBack(); insert(place, typed); }
        typed = "";
      }
      if (separates(event)) { event.preventDefault(); insert(place, separator); }
      // A badge read in its own field must not send the form before the PIN.
      if (event.key === "Enter" && place.dataset.scanNext) {
        event.preventDefault(); document.getElementById(place.dataset.scanNext)?.focus();
      }
      return;
    }
    if (place && !(stray(place) && document.querySelector("main [data-scan-field]:not([disabled])"))) return;
    const now = event.timeStamp;       // when the key was pressed, however busy the page is
    if (now - last > fast_ms) { typed = ""; before = place ? { place, value: place.value } : null; }
    last = now;
    if (event.key === "Enter") {
      if (place ? reads_like_code(typed) : typed.length >= shortest) {
        event.preventDefault(); event.stopPropagation();
        putBack();
        deliver(typed);
      }
      typed = "";
    } else if (separates(event)) {
      event.preventDefault(); typed += separator;
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      typed += event.key;
      if (event.key === " " && !place && typed.length > 1) event.preventDefault();
    }
  }, true);
}

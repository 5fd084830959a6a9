// A text area that takes scans, one on each line: the Enter that a scanner sends begins the next.
const area = document.querySelector("[data-scan-lines]");
const GS = "\x1d";
if (area) {
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  area.addEventListener("keydown", (event) => {
    // Ctrl+] is how many wedge scanners send the separator; browsers would drop it.
    if ((event.ctrlKey && event.key === "]") || event.key === "F8") {
      event.preventDefault();
      area.setRangeText(GS, area.selectionStart, area.selectionEnd, "end");
    }
  });
}

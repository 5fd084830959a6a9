// The locator's cards stay true while they are looked at: a card whose thing moved asks for itself.
const soon_ms = 400, read_ms = 10000;   // so long is our answer to somebody's press left to be read
const waiting = new Map();

function changed(event) {
  const asset = event.detail?.id;
  const card = asset && document.getElementById("find-" + asset);
  if (!card || waiting.has(asset)) return;
  // Never take a form or an open explanation from under somebody's hands.
  waiting.set(asset, setTimeout(() => {
    waiting.delete(asset);
    const now = document.getElementById("find-" + asset);
    if (now && !now.querySelector("details[open], form.ask-room") && !now.contains(document.activeElement))
      htmx.trigger(now, "moved");
  }, card.querySelector(".find-reply .note") ? read_ms : soon_ms));
}
document.addEventListener("hims:position", changed);
document.addEventListener("hims:asset", changed);
document.addEventListener("hims:reset", () => {
  const form = document.getElementById("ask");
  if (form && !document.querySelector(".find details[open], .find form.ask-room")) htmx.trigger(form, "submit");
});

// The locator's cards stay true while they are looked at: a card whose thing moved asks for itself.
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
  }, 400));
}
document.addEventListener("hims:position", changed);
document.addEventListener("hims:asset", changed);
document.addEventListener("hims:reset", () => {
  const form = document.getElementById("ask");
  if (form && !document.querySelector(".find details[open], .find form.ask-room")) htmx.trigger(form, "submit");
});

// Alerts on every page: a high one that calls you is said at once, and leaves when somebody has it.
// A sound, only where somebody switched it on for this browser.
const kept = "hims-alert-sound";

const soundOn = () => localStorage.getItem(kept) === "on";

function showSound() {
  for (const button of document.querySelectorAll("[data-sound]"))
    button.setAttribute("aria-pressed", String(soundOn()));
}

// Two short tones for high, one for the others; nothing goes on ringing.
function ring(priority) {
  if (!soundOn()) return;
  const audio = new AudioContext();
  const times = priority === "high" ? [0, 0.3] : [0];
  for (const start of times) {
    const tone = audio.createOscillator(), volume = audio.createGain();
    tone.frequency.value = priority === "high" ? 880 : 523;
    volume.gain.value = 0.2;
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + 0.18);
  }
  setTimeout(() => audio.close(), 1000);
}

document.addEventListener("hims:alert", (event) => {
  const row = event.detail, place = document.getElementById("messages");
  const words = document.getElementById("words-alert");
  if (row.status !== "raised") place?.querySelector(`[data-alert="${row.id}"]`)?.remove();
  if (!row.yours || row.status !== "raised") return;
  ring(row.priority);
  if (!words || row.priority !== "high" || place.querySelector(`[data-alert="${row.id}"]`)) return;
  const note = words.content.cloneNode(true).firstElementChild;
  note.dataset.alert = row.id;
  note.querySelector("a").href += row.id + "/";
  place.prepend(note);
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-sound]")) return;
  localStorage.setItem(kept, soundOn() ? "off" : "on");
  showSound();
  ring("low");
});
showSound();

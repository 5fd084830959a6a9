// The wait of a survey stop: the form is held back while the surveyor stands still, then sent.
const form = document.getElementById("stand");
if (form) {
  const field = form.querySelector("#room");
  const counter = form.querySelector("[data-countdown]");
  const said = form.querySelector("[data-said]");
  let timer = null, ready = false;

  function stop() {
    clearInterval(timer);
    timer = null;
    counter.hidden = true;
    form.querySelector("[data-asks]").hidden = false;
    field.focus();
  }
  form.addEventListener("submit", (event) => {
    if (ready) return;
    event.preventDefault();
    if (timer) return;
    const chosen = event.submitter?.name === "room" ? event.submitter : null;
    if (chosen) field.value = chosen.value;
    if (!field.value.trim()) { field.focus(); return; }
    const until = performance.now() + 1000 * Number(form.dataset.wait);
    const left = counter.querySelector("[data-left]");
    counter.querySelector("[data-where]").textContent = chosen?.dataset.name ?? field.value.replace(/^HIMS:ZONE:/i, "");
    counter.hidden = false;
    form.querySelector("[data-asks]").hidden = true;
    counter.scrollIntoView({ block: "center" });
    said.textContent = said.dataset.wordsWait;
    const count = () => {
      const seconds = Math.ceil((until - performance.now()) / 1000);
      left.textContent = Math.max(0, seconds);
      if (seconds > 0) return;
      clearInterval(timer);
      ready = true;
      form.requestSubmit();
    };
    timer = setInterval(count, 200);
    count();
  });
  form.querySelector("[data-leave]").addEventListener("click", () => { field.value = ""; stop(); });
}

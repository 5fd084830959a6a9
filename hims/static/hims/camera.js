// The camera of a scan box: a photo goes to /api/scans/image/. A code that is certain is delivered
// as if it had been scanned; one that is not is shown, and never acted upon.
import { deliver } from "./scan.js";

const widest_px = 2400;    // a phone's photo is made smaller before it is sent; a code needs far less
const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

async function smaller(file) {
  if (!file.type.startsWith("image/") || file.size < 2 ** 20) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, widest_px / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return await new Promise((resolve) => canvas.toBlob((made) => resolve(made ?? file), "image/jpeg", 0.92));
  } catch { return file; }       // the server says what is wrong with it
}

function say(box, kind, text, more = []) {
  const place = box.querySelector("[data-camera-said]");
  place.replaceChildren();
  place.hidden = !kind;
  if (!kind) return;
  place.append(box.querySelector(`template[data-camera-${kind}]`).content.cloneNode(true));
  place.querySelector("span").textContent = text;
  place.append(...more);
}

// What people can read of a code: the control characters between its fields are not for the eye.
const legible = (text) => text.replace(/[\u0000-\u001f]/g, " ");

function choice(box, barcode, field) {
  const button = box.querySelector("template[data-camera-choice]").content.cloneNode(true).firstElementChild;
  const name = barcode.subject?.name ?? barcode.subject?.product?.name;
  button.textContent = name ? `${name} · ${legible(barcode.text)}` : legible(barcode.text);
  button.addEventListener("click", () => { say(box); deliver(barcode.code, field); });
  return button;
}

// A pack often carries its article number twice, in bars and in a symbol that also names the lot:
// the one that says more stands for both.
function distinct(barcodes) {
  const gtins = new Set(barcodes.map((one) => one.parsed.gtin));
  if (gtins.size !== 1 || gtins.has(null)) return barcodes;
  return [barcodes.reduce((most, one) => (one.text.length > most.text.length ? one : most))];
}

async function read(box, file) {
  const words = box.dataset, field = box.querySelector("[data-scan-field]");
  say(box, "busy", words.wordsReading);
  let answer, told;
  try {
    const form = new FormData();
    form.append("image", await smaller(file), file.name || "photo");
    answer = await fetch("/api/scans/image/", {
      method: "POST", credentials: "same-origin", body: form, headers: { "X-CSRFToken": token() },
    });
    told = await answer.json();
  } catch { say(box, "note", words.wordsFailed); return; }
  if (!answer.ok) { say(box, "note", told.detail ?? words.wordsFailed); return; }
  const certain = distinct(told.barcodes.filter((barcode) => barcode.confirmed));
  if (certain.length === 1) { say(box); deliver(certain[0].code, field); return; }
  if (certain.length > 1) { say(box, "note", words.wordsChoose, certain.map((one) => choice(box, one, field))); return; }
  if (told.barcodes.length === 0) { say(box, "note", words.wordsNone); return; }
  say(box, "note", told.barcodes.map((one) => `${legible(one.text)}: ${one.reason ?? ""}`).join(" · ")
    + " " + words.wordsUnsure);
}

export function startCameras(root = document) {
  for (const box of root.querySelectorAll("[data-scan-box]:not([data-camera-ready])")) {
    box.dataset.cameraReady = "";
    const file = box.querySelector("[data-camera-file]"), button = box.querySelector("[data-camera]");
    button.hidden = false;
    button.addEventListener("click", () => file.click());
    file.addEventListener("change", async () => {
      const photo = file.files[0];
      if (!photo) return;
      button.disabled = true;
      await read(box, photo);
      button.disabled = false;
      file.value = "";
    });
  }
}

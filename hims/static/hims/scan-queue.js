// Location scans that wait in the browser while there is no network. Each carries its own
// Idempotency-Key from the moment of scanning, so sending twice counts once, and belongs to the
// person who scanned: it is sent only while that person is signed in. Nothing but location scans
// may wait like this, never a dispense or a dose.
const store = "scans";
let opening = null, sending = false;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("hims", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(store, { keyPath: "key" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opening;
}
async function within(mode, use) {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, mode);
    const asked = use(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(asked?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** A UUID of version 7: 48 bits of milliseconds, then random bits (RFC 9562, 5.7). */
export function uuid7(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(now / 2 ** (8 * (5 - i))) & 0xff;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const user = () => document.body.dataset.user;
const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

/** Keep a scan (code, zone, at) and send it as soon as may be; resolves to its key. */
export async function keep(scan) {
  const key = uuid7();
  await within("readwrite", (scans) => scans.add({ key, user: user(), body: scan }));
  await showUnsent();
  sendWaiting();
  return key;
}

async function showUnsent() {
  const place = document.querySelector("[data-unsent]");
  if (!place) return;
  const all = await within("readonly", (scans) => scans.getAll());
  place.hidden = all.length === 0;
  place.textContent = document.getElementById("status").dataset.wordsUnsent.replace("{n}", all.length);
  document.dispatchEvent(new CustomEvent("hims:unsent", {
    detail: { mine: all.filter((s) => s.user === user()), others: all.filter((s) => s.user !== user()).length },
  }));
}

/** Send what waits and is ours, oldest first; stops at the first failure of the network. */
export async function sendWaiting() {
  if (sending || !("indexedDB" in window)) return;
  sending = true;
  try {
    for (const scan of await within("readonly", (scans) => scans.getAll())) {
      if (scan.user !== user()) continue;
      const answer = await fetch("/api/scans/", {
        method: "POST", credentials: "same-origin", redirect: "error", body: JSON.stringify(scan.body),
        headers: { "Content-Type": "application/json", "X-CSRFToken": token(), "Idempotency-Key": scan.key },
      });
      // 401, 403: signed out or another session; 409: still being answered; 429, 5xx: later.
      if ([401, 403, 409, 429].includes(answer.status) || answer.status >= 500) break;
      const said = await answer.json().catch(() => null);
      await within("readwrite", (scans) => scans.delete(scan.key));
      document.dispatchEvent(new CustomEvent("hims:scan-answered", {
        detail: { key: scan.key, status: answer.status, answer: said, body: scan.body },
      }));
    }
  } catch { /* no network: what is kept waits, and the count says so */ }
  finally { sending = false; await showUnsent().catch(() => {}); }
}
if ("indexedDB" in window && document.querySelector("[data-unsent]")) setInterval(sendWaiting, 15000);

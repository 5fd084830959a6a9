// Working pages of the stock: Enter in the empty scan field goes to the big button, so that scanner
// and keyboard alone can do the whole job; a second Enter presses it.
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || field.id !== "scan" || field.value.trim() !== "") return;
  event.preventDefault();
  document.querySelector("[data-work][data-filled] [data-go]")?.focus();
}, true);
// A number is replaced, not added to.
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("[data-work] input.number")) event.target.select();
});

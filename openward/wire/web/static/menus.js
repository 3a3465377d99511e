// Small menus close when one clicks elsewhere or presses Escape; without this module their button closes them.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.pick[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.pick[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});

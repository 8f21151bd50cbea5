// "?" opens the sheet of keys, as in most programs: it presses the help button that is on the page.
document.addEventListener("keydown", (event) => {
  if (event.key !== "?" && event.key !== "？") return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = event.target instanceof Element ? event.target : document.body;
  if (at.closest('input, textarea, select, [contenteditable="true"], [role="dialog"]')) return;
  const help = document.querySelector(".st-key-quick_help button");
  if (help) {
    event.preventDefault();
    help.click();
  }
});

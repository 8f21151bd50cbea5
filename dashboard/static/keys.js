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

// Sheets and popovers stand beside the page, not in it: they take the page's theme, dark or light, when they open.
const follow = () => {
  const page = document.querySelector(".stApp");
  if (page) document.documentElement.style.colorScheme = getComputedStyle(page).colorScheme;
};
new MutationObserver(follow).observe(document.body, { childList: true });

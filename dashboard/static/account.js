// The theme that was chosen on the desk holds here too; without one, the system's.
try {
  const chosen = JSON.parse(localStorage.getItem("stActiveTheme-/-v2") || "null");
  if (chosen === "Light" || chosen === "Dark") document.documentElement.style.colorScheme = chosen.toLowerCase();
} catch {
  // an unreadable store means no choice
}

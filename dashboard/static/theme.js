// Streamlit keeps the chosen theme per page address; set it for every page of the desk, then go back.
const theme = { light: "Light", dark: "Dark" }[document.body.dataset.theme];
for (const page of JSON.parse(document.body.dataset.pages)) {
  const key = `stActiveTheme-${page}-v2`;
  if (theme) localStorage.setItem(key, JSON.stringify(theme));
  else localStorage.removeItem(key);
}
location.replace(document.body.dataset.back);

// Says Streamlit's own words in the desk's language. SAID stands above: by language, what Streamlit writes and what the desk says.
const LABELS = ["aria-label", "aria-valuetext", "placeholder", "title"];
// What we, or strangers, wrote: pages, options, labels of our own. Streamlit's own among them: the label
// of an upload button, and the option that stands for none (it has no box of its own).
const OURS = '[data-testid="stHtml"], [role="option"]:not([style*="contents"]), [data-testid="stMarkdownContainer"], textarea';
const THEIRS = '[data-testid="stFileUploader"] button';
const ICON = '[data-testid="stIconMaterial"]';
const rules = {};
const before = new WeakMap(); // node → by label (or "" for a text): what Streamlit wrote, and what we made of it
let spoken = "en";

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
for (const [language, pairs] of Object.entries(SAID)) {
  rules[language] = pairs.map(([theirs, ours]) => {
    const pattern = theirs.split(/\{(\w+)\}/).map((part, n) => (n % 2 ? `(?<${part}>[^]{1,200}?)` : escaped(part)));
    return [new RegExp(`^${pattern.join("")}$`), ours];
  });
}

const told = (name, value) => {
  const form = { date: { dateStyle: "long" }, month: { month: "long" } }[name];
  const date = form && new Date(name === "month" ? `${value} 1, 2000` : value);
  return date && !isNaN(date) ? date.toLocaleDateString(spoken, form) : value;
};

const translated = (text) => {
  const wanted = text.trim();
  for (const [pattern, ours] of rules[spoken] ?? []) {
    const found = pattern.exec(wanted);
    if (found) return ours.replace(/\{(\w+)\}/g, (_, name) => told(name, found.groups[name]));
  }
  return text;
};

const say = (node, label, now, put) => {
  if (now === null || now.length > 400) return;
  const kept = before.get(node) ?? {};
  const theirs = kept[label]?.ours === now ? kept[label].theirs : now;
  const ours = translated(theirs);
  if (ours !== now) put(ours);
  if (ours !== theirs) before.set(node, { ...kept, [label]: { theirs, ours } });
};

const isTheirs = (element) => element.closest(THEIRS) || !element.closest(OURS);
const text = (node) => {
  if (node.parentElement && isTheirs(node.parentElement)) say(node, "", node.nodeValue, (ours) => (node.nodeValue = ours));
};
const labels = (element) => {
  if (element.matches(ICON)) element.lang = "en"; // the icons are ligatures of names, which their font has in no Chinese
  if (element.closest('[data-testid="stHtml"]')) return;
  for (const label of LABELS) say(element, label, element.getAttribute(label), (ours) => element.setAttribute(label, ours));
};

const all = (root) => {
  if (root.nodeType === Node.TEXT_NODE) return text(root);
  if (!(root instanceof Element) || root.closest('[data-testid="stHtml"]')) return;
  labels(root);
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) walk.currentNode.nodeType === Node.TEXT_NODE ? text(walk.currentNode) : labels(walk.currentNode);
};

const speak = (wanted) => {
  if (!wanted || wanted === spoken) return false;
  spoken = wanted;
  document.documentElement.lang = wanted;
  all(document.body);
  return true;
};

// The page comes in the browser's language; its style tells another choice, which is said everywhere, back to English too.
const chosen = () => getComputedStyle(document.documentElement).getPropertyValue("--desk-language").trim();
const watched = { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: LABELS };
new MutationObserver((changes) => {
  if (speak(chosen())) return;
  for (const change of changes) {
    if (change.type === "childList") change.addedNodes.forEach(all);
    else if (change.type === "characterData") text(change.target);
    else labels(change.target);
  }
}).observe(document.documentElement, watched);
speak(document.documentElement.lang);

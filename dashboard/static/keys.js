const WANTED = ["b", "l", "p", "Escape", "ArrowLeft", "ArrowRight", "0", "1", "2", "3", "4", "5"]
const ON_MAP = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "=", "-", "_", "Home", "Enter"]

// the output of a notebook's cell, shadow roots or not; null on a page of our own
const cellOf = (node) => {
  while (node && !node.classList?.contains("jp-OutputArea")) node = node.parentNode ?? node.host
  return node ?? null
}

export function render({ model }) {
  const place = document.createElement("span")
  let pointed = true // no Tab since the pointer was used: arrows go on walking through the gallery
  const typing = (target) => ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) || target.isContentEditable
  const point = () => { pointed = true }
  const listen = (event) => {
    const path = event.composedPath(), target = path[0], key = event.key, cell = cellOf(place)
    if (cell && !path.includes(cell)) return // the notebook's own keys
    if (key === "Tab") pointed = false
    if (event.ctrlKey || event.metaKey || event.altKey || typing(target)) return
    if (target.getAttribute?.("role")?.match(/combobox|option|slider|listbox|tab|menuitem/)) return
    if (!pointed && key.startsWith("Arrow") && target.closest?.(".MuiToggleButtonGroup-root")) return // they walk through it
    const map = pointed || !ON_MAP.includes(key) ? "" : path.find((node) => node.dataset?.map)?.dataset.map ?? ""
    if (map) event.preventDefault()
    if (map || WANTED.includes(key)) model.send_msg({ key, map })
  }
  document.addEventListener("keydown", listen)
  document.addEventListener("pointerdown", point, true)
  model.on("remove", () => {
    document.removeEventListener("keydown", listen)
    document.removeEventListener("pointerdown", point, true)
  })
  model.on("after_render", () => cellOf(place)?.setAttribute("data-lm-suppress-shortcuts", "true")) // ours, not the notebook's
  return place
}

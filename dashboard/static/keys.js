const WANTED = ["b", "l", "p", "Escape", "ArrowLeft", "ArrowRight", "0", "1", "2", "3", "4", "5"]
const ON_MAP = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "=", "-", "_", "Home", "Enter"]
const SELECT = "s" // with Shift an S, with Alt whatever the layout makes of it

export function render({ model }) {
  const place = document.createElement("span")
  let pointed = true // no Tab since the pointer was used: arrows go on walking through the gallery
  const point = () => { pointed = true }
  const listen = (event) => {
    const path = event.composedPath(), target = path[0]
    if (!isOurs(event, place)) return
    const select = event.key === "S" || (event.altKey && event.code === "KeyS")
    const key = select ? SELECT : event.key
    if (key === "Tab") pointed = false
    const takesAway = event.altKey && [SELECT, "Enter"].includes(key)
    if (event.ctrlKey || event.metaKey || (event.altKey && !takesAway) || isTyped(event)) return
    if (target.getAttribute?.("role")?.match(/combobox|option|slider|listbox|tab|menuitem/)) return
    if (!pointed && key.startsWith("Arrow") && target.closest?.(".MuiToggleButtonGroup-root")) return // they walk through it
    const moves = !pointed && ON_MAP.includes(key)
    const map = moves || key === SELECT ? path.find((node) => node.dataset?.map)?.dataset.map ?? "" : ""
    if (map) event.preventDefault()
    const mode = takesAway ? "subtract" : event.shiftKey ? "add" : "replace"
    if (map || WANTED.includes(key)) model.send_msg({ key, map, mode })
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

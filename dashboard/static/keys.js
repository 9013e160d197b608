const WANTED = ["b", "l", "p", "Escape", "ArrowLeft", "ArrowRight"]

export function render({ model }) {
  const typing = (target) => ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) || target.isContentEditable
  const listen = (event) => {
    const target = event.composedPath()[0]
    if (event.ctrlKey || event.metaKey || event.altKey || typing(target)) return
    if (target.getAttribute?.("role")?.match(/combobox|option|slider|listbox/)) return
    if (WANTED.includes(event.key)) model.send_msg(event.key)
  }
  document.addEventListener("keydown", listen)
  model.on("remove", () => document.removeEventListener("keydown", listen))
  return document.createElement("span")
}

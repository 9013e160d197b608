export function render({ model }) {
  const root = document.createElement("div")
  const draw = () => {
    const held = root.getRootNode().activeElement?.dataset?.press // the keyboard stays where it is
    root.innerHTML = model.object
    if (held !== undefined) [...root.querySelectorAll("[data-press]")].find((part) => part.dataset.press === held)?.focus()
  }
  root.onclick = (event) => {
    const part = event.target.closest("[data-press]")
    if (!part) return
    const mode = event.shiftKey ? "add" : event.ctrlKey || event.altKey || event.metaKey ? "subtract" : "replace"
    model.send_msg({ press: part.dataset.press, mode })
  }
  model.on("object", draw)
  draw()
  return root
}

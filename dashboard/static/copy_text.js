export function render({ model, el }) {
  const text = document.createElement("input")
  const button = document.createElement("button")
  text.readOnly = true
  text.setAttribute("aria-label", model.label)
  text.onfocus = () => text.select()
  button.type = "button"
  const draw = () => {
    text.value = model.value
    button.textContent = "copy"
    el.style.display = model.value ? "" : "none"
  }
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(model.value)
    } catch { // no clipboard without https
      text.select()
      document.execCommand("copy")
    }
    button.textContent = "copied"
  }
  model.on("value", draw)
  draw()
  const row = document.createElement("div")
  row.append(text, button)
  return row
}

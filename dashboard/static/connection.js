const STYLE = `
  position: fixed; left: 50%; top: 8px; transform: translateX(-50%); z-index: 2000; max-width: 92vw; padding: 8px 16px;
  border-radius: 4px; color: #fff; background: #8c2f00; font: 13px/19px Roboto, "Helvetica Neue", Arial, sans-serif;
  display: flex; gap: 12px; align-items: center;`
const BUTTON = "font: inherit; color: #8c2f00; background: #fff; border: 0; border-radius: 3px; padding: 2px 10px; cursor: pointer;"

function banner(text, actions) {
  document.getElementById("pz-connection")?.remove()
  const node = document.createElement("div")
  node.id = "pz-connection"
  node.setAttribute("role", "alert")
  node.style.cssText = STYLE
  node.append(text)
  for (const [label, act] of actions) {
    const button = document.createElement("button")
    button.style.cssText = BUTTON
    button.textContent = label
    button.onclick = act
    node.append(button)
  }
  document.body.append(node)
}

function watch(doc) {
  let again = () => {}
  doc.on_event("connection_lost", (_, event) => {
    again = () => event.reconnect()
    const wait = event.timeout === null ? "" : ` Trying again${event.timeout > 999 ? ` in ${Math.round(event.timeout / 1000)} s` : ""}…`
    const actions = [["Reconnect", again], ["Load anew", () => location.reload()]]
    banner(`The server does not answer. What you see stays; what you do now is not seen by it.${wait}`, actions)
  })
  doc.on_event("client_reconnected", () => {
    again = () => {}
    document.getElementById("pz-connection")?.remove()
  })
  addEventListener("online", () => again())
}

export function render({ view }) {
  const doc = view.model.document
  if (doc && !doc.pz_watched) { // it outlives this component, which a reconnection makes anew
    doc.pz_watched = true
    watch(doc)
  }
  return document.createElement("span")
}

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

// Bokeh 3.9 pulls the session's document anew but drops its binary buffers, and fails where there are arrays
function mend(connection, doc) {
  if (!connection?._pull_doc_json) return
  connection._receiver = new connection._receiver.constructor() // half a message may have arrived
  if (connection.pz_mended) return
  connection.pz_mended = true
  const pull = connection._pull_doc_json.bind(connection)
  let buffers
  connection._pull_doc_json = async () => {
    const pulled = await pull()
    buffers = pulled.buffers
    return pulled
  }
  doc.replace_with_json = (json) => doc.constructor.from_json(json, [], buffers).destructively_move(doc)
}

function watch(doc) {
  let again = () => {}
  doc.on_event("connection_lost", (_, event) => {
    mend(event.connection?.deref?.(), doc)
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

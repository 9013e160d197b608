// One row a job, made once and then only written to: bars move, nothing flickers.
export function render({ model, el }) {
  const page = document.createElement("div")
  page.tabIndex = 0 // it scrolls, by keys too
  page.setAttribute("role", "region")
  page.setAttribute("aria-label", "Trainings")
  const root = document.createElement("div")
  const empty = document.createElement("p")
  const more = document.createElement("button")
  more.className = "more"
  more.onclick = () => model.send_msg({ action: "older", id: "" })
  const rows = new Map()

  const make = (tag, name, parent) => {
    const node = document.createElement(tag)
    node.className = name
    parent.append(node)
    return node
  }
  const build = (id) => {
    const sweep = id.startsWith("sweep-")
    const row = make("div", sweep ? "job sweep" : "job", root)
    row.setAttribute("role", "listitem")
    row.dataset.run = id
    const part = { row }
    part.name = make(sweep ? "span" : "button", "name", row)
    if (!sweep) {
      part.name.title = "show its losses"
      part.name.onclick = () => model.send_msg({ action: "show", id })
    }
    part.state = make("span", "state", row)
    part.bar = make("div", "bar", row)
    part.bar.setAttribute("role", "progressbar")
    part.bar.setAttribute("aria-label", "progress")
    part.fill = make("i", "", part.bar)
    part.text = make("span", "text", row)
    part.loss = make("span", "loss", row)
    part.actions = make("span", "actions", row)
    part.error = make("details", "trouble", row)
    part.brief = make("summary", "", part.error)
    part.log = make("pre", "", part.error)
    return part
  }
  const act = (part, id, actions) => {
    if (part.known === String(actions)) return
    part.known = String(actions)
    part.actions.replaceChildren(...actions.map((action) => {
      const button = document.createElement("button")
      button.textContent = button.dataset.action = action
      button.onclick = () => model.send_msg({ action, id })
      return button
    }))
  }
  const write = (part, job) => {
    part.row.classList.toggle("on", job.id === model.current)
    part.row.setAttribute("aria-label", job.name)
    part.name.textContent = job.name
    part.state.textContent = job.state
    part.state.dataset.state = job.state
    part.bar.setAttribute("aria-valuenow", String(Math.round(100 * job.share)))
    part.fill.style.width = `${100 * job.share}%`
    part.text.textContent = job.text
    part.loss.textContent = job.loss
    part.error.hidden = !job.error
    part.brief.textContent = job.error
    part.log.textContent = job.log
    act(part, job.id, job.actions)
  }
  const draw = () => {
    const wanted = model.rows.map((job) => job.id)
    for (const [id, part] of rows) {
      if (!wanted.includes(id)) { part.row.remove(); rows.delete(id) }
    }
    model.rows.forEach((job, i) => {
      if (!rows.has(job.id)) rows.set(job.id, build(job.id))
      const part = rows.get(job.id)
      write(part, job)
      if (root.children[i] !== part.row) root.insertBefore(part.row, root.children[i] ?? null)
    })
    root.setAttribute("role", wanted.length ? "list" : "note") // a list without items is none
    empty.textContent = model.empty
    if (!wanted.length) root.append(empty)
    else empty.remove()
    more.textContent = model.more
    more.hidden = !model.more
  }
  model.on(["rows", "current", "empty", "more"], draw)
  page.append(root, more)
  draw()
  return page
}

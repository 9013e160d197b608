const DONE = "photoz-tour"
const PATIENCE = 5000 // ms for a step's place to appear

function find(selector, root = document) {
  for (const node of root.querySelectorAll(selector)) if (node.getClientRects().length) return node
  for (const node of root.querySelectorAll("*")) {
    const found = node.shadowRoot && find(selector, node.shadowRoot)
    if (found) return found
  }
  return null
}

const make = (tag, name, text, parent) => {
  const node = document.createElement(tag)
  node.className = name
  node.textContent = text
  parent.append(node)
  return node
}

function skipLink() {
  const link = make("a", "pz-skip", "Skip to the maps", document.body)
  link.href = "#maps"
  link.onclick = (event) => {
    event.preventDefault()
    const map = find("[data-map]")
    const inside = map && find(".bk-events", map.shadowRoot)
    const main = find("main")
    main?.setAttribute("tabindex", "-1")
    ;(inside ?? main)?.focus()
  }
  document.body.prepend(link)
  return link
}

function tour(steps, css) {
  const host = make("div", "pz-tour", "", document.body), root = host.attachShadow({ mode: "open" })
  make("style", "", css, root)
  const ring = make("div", "ring", "", root), box = make("div", "box", "", root)
  box.setAttribute("role", "dialog")
  box.setAttribute("aria-labelledby", "title")
  const title = make("b", "", "", box), text = make("p", "", "", box), row = make("div", "row", "", box)
  title.id = "title"
  text.setAttribute("aria-live", "polite")
  const count = make("small", "", "", row), back = make("button", "", "Back", row)
  const next = make("button", "main", "Next", row), close = make("button", "", "Close", row)
  const before = document.activeElement
  let at = 0
  const place = () => {
    const anchor = find(steps[at].at)
    const spot = anchor?.getBoundingClientRect() ?? { left: 0, top: 0, right: 0, bottom: 0, width: 0, height: 0 }
    Object.assign(ring.style, { left: `${spot.left - 4}px`, top: `${spot.top - 4}px`, width: `${spot.width + 8}px`, height: `${spot.height + 8}px` })
    const size = box.getBoundingClientRect()
    const below = spot.bottom + size.height + 16 < innerHeight
    const beside = spot.right + size.width + 16 < innerWidth
    const left = below || !beside ? spot.left : spot.right + 12
    const top = below ? spot.bottom + 12 : beside ? spot.top : spot.top - size.height - 12
    box.style.left = `${Math.max(8, Math.min(left, innerWidth - size.width - 8))}px`
    box.style.top = `${Math.max(8, Math.min(top, innerHeight - size.height - 8))}px`
  }
  const show = (step) => {
    const way = step < at ? -1 : 1
    while (step >= 0 && step < steps.length && !find(steps[step].at)) step += way
    if (step >= steps.length) return end()
    if (step < 0) return
    at = step
    title.textContent = steps[at].title
    text.textContent = steps[at].text
    count.textContent = `${at + 1} of ${steps.length}`
    back.disabled = at === 0
    next.textContent = at === steps.length - 1 ? "Done" : "Next"
    place()
    next.focus()
  }
  const end = () => {
    localStorage.setItem(DONE, "done")
    removeEventListener("resize", place)
    host.remove()
    before?.focus?.()
    document.dispatchEvent(new Event("pz-tour-over"))
  }
  back.onclick = () => show(at - 1)
  next.onclick = () => show(at + 1)
  close.onclick = end
  root.addEventListener("keydown", (event) => {
    event.stopPropagation() // the page has keys of its own
    if (event.key === "Escape") end()
    else if (event.key === "ArrowRight") show(at + 1)
    else if (event.key === "ArrowLeft") show(at - 1)
  })
  addEventListener("resize", place)
  show(0)
}

export function render({ model, el }) {
  const root = document.createElement("div")
  let link = null
  const offer = make("div", "offer", "", root)
  const take = make("button", "", "New here? Take the tour", offer), no = make("button", "quiet", "no, thanks", offer)
  const update = () => {
    offer.hidden = model.page !== "Explore" || location.search !== "" || localStorage.getItem(DONE) !== null
  }
  const start = (since = performance.now()) => {
    offer.hidden = true
    if (find("[data-map]") || performance.now() - since > PATIENCE) tour(model.steps, model.css)
    else requestAnimationFrame(() => start(since))
  }
  const begin = () => start()
  const keys = (event) => {
    if (isTyped(event) || !isOurs(event, root)) return // Alt and a digit write brackets on some keyboards
    if (event.altKey && /^Digit[1-9]$/.test(event.code)) {
      event.preventDefault()
      model.send_msg({ page: Number(event.code.at(-1)) - 1 })
    } else if (event.key === "?") model.send_msg({ page: "Help" })
  }
  take.onclick = begin
  no.onclick = () => { localStorage.setItem(DONE, "declined"); update() }
  model.on("page", update)
  document.addEventListener("keydown", keys)
  document.addEventListener("pz-tour", begin)
  document.addEventListener("pz-tour-over", update)
  model.on("remove", () => {
    link?.remove()
    document.removeEventListener("keydown", keys)
    document.removeEventListener("pz-tour", begin)
    document.removeEventListener("pz-tour-over", update)
  })
  model.on("after_render", () => { if (!cellOf(root)) link ??= skipLink() }) // a notebook's first stop is its own
  if (matchMedia("(max-width: 640px)").matches) model.send_msg({ phone: true })
  update()
  return root
}

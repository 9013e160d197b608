export function render({ model, el }) {
  const root = document.createElement("div")
  const draw = () => {
    const side = `${model.tile}px`
    root.className = model.sheet ? "tiles" : "tiles bare"
    root.style.setProperty("--sheet", model.sheet ? `url(${model.sheet})` : "none")
    root.style.setProperty("--tile", side)
    root.style.setProperty("--all", `${model.tile * model.names.length}px`)
    root.replaceChildren(...model.names.map((name, i) => {
      const tile = document.createElement("button")
      tile.dataset.name = name
      tile.title = model.captions[i] && model.captions[i] !== name ? `${name} · ${model.captions[i]}` : name
      const image = document.createElement("i")
      image.style.backgroundPositionX = `-${model.tile * i}px`
      const caption = document.createElement("small")
      caption.textContent = model.captions[i] ?? ""
      tile.append(image, caption)
      tile.onclick = () => model.send_msg(name)
      return tile
    }))
    mark()
  }
  const mark = () => {
    for (const tile of root.children) {
      const on = tile.dataset.name === model.current
      tile.classList.toggle("on", on)
      tile.setAttribute("aria-current", String(on))
    }
  }
  const measure = () => {
    const box = root.getBoundingClientRect(), gap = 3, caption = 13
    const across = Math.floor((box.width + gap) / (model.tile + gap))
    const down = Math.floor((box.height + gap) / (model.tile + caption + gap))
    if (across > 0) model.capacity = across * Math.max(down, 1)
  }
  model.on(["names", "sheet", "captions", "tile"], draw)
  model.on("current", mark)
  new ResizeObserver(measure).observe(root)
  draw()
  return root
}

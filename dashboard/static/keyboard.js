// What every part that listens to the keyboard asks: whose key it is.

// the output of a notebook's cell, shadow roots or not; null on a page of our own
const cellOf = (node) => {
  while (node && !node.classList?.contains("jp-OutputArea")) node = node.parentNode ?? node.host
  return node ?? null
}
// in a notebook only what is pressed in the cell of `place` is ours
const isOurs = (event, place) => {
  const cell = cellOf(place)
  return !cell || event.composedPath().includes(cell)
}
const isTyped = (event) => {
  const target = event.composedPath()[0]
  return ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) || target.isContentEditable
}

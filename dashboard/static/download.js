export function render({ model }) {
  model.on("msg:custom", ([name, data]) => {
    const link = document.createElement("a")
    link.href = URL.createObjectURL(new Blob([data], { type: "application/octet-stream" }))
    link.download = name
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60000)
  })
  return document.createElement("span")
}

"""Waits until what a browser shows stands still: a page that is just laid out moves under the mouse."""

STILL = """async figures => {
    const places = () => figures.map(one => Object.values(one.getBoundingClientRect().toJSON())).join()
    let before = "", since = performance.now()
    while (performance.now() - since < 500) {
        await new Promise(requestAnimationFrame)
        const now = places()
        if (now !== before) [before, since] = [now, performance.now()]
    }
}"""


def settle(page) -> None:
    """Wait until all figures have been in their places for half a second."""
    page.locator(".bk-Figure").evaluate_all(STILL)

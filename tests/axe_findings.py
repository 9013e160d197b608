"""What axe-core finds on a page that is ours to mend."""

import re

from axe_playwright_python.sync_playwright import Axe

LIBRARY = {  # faults of Bokeh and panel-material-ui that nothing outside it can mend: rule and what its nodes look like
    # + and − of a number field, ↑ and ↓ do the same; our own buttons have no <svg>; axe cuts long nodes short
    "button-name": r'MuiIconButton-sizeSmall css-[\w-]+" tabindex="0" type="button">(<svg|$)',
    "aria-input-field-name": "noUi-handle",  # Bokeh's slider, of the transition between two maps
    "aria-prohibited-attr": r'sx="\[object Object\]"',  # the sign beside a label that shows its description
}
NOTHING = r"(?!)"  # is found nowhere


def settled(page) -> None:
    """Wait until the browser has drawn all it knows, and nothing fades."""
    page.wait_for_function("Bokeh.index.roots.every(root => root.is_idle)")
    page.wait_for_function("document.getAnimations().every(a => a.playState !== 'running')")


def found_by_axe(page, tries: int = 8) -> list[str]:
    """Serious and critical findings that are ours, and stay: a control that was made in the other theme fades."""
    for _ in range(tries):
        settled(page)
        if not (found := findings(page)):
            break
    return found


def findings(page) -> list[str]:
    """Serious and critical findings of this moment that are ours."""
    found = []
    for rule in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]:
        if rule["impact"] not in ("serious", "critical"):
            continue
        for node in rule["nodes"]:
            place = f"{node['target']} {node['html']}"
            if not re.search(LIBRARY.get(rule["id"], NOTHING), place):
                found.append(
                    f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]} {str(node['target'])[-160:]}"
                )
    return found

"""The shape of the house: who may import whom, how long a file or function may be, what nobody may call."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("photoz_core", "train", "dashboard", "benchmarks", "tests")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LINES, FUNCTION_LINES = 250, 40
SCREEN = {"panel", "param", "bokeh", "holoviews", "panel_material_ui", "datashader", "dashboard", "train"}
METHOD_MAY = ("losses", "nets", "augment", "features", "posterior", "inverse", "options", "errors")
METHOD_MAY += ("methods.base", "methods._")
DANGEROUS = {"eval", "exec", "pickle", "cPickle", "dill", "joblib", "marshal", "shelve"}


def name_of(path):
    return str(path.relative_to(ROOT))


def tree_of(path):
    return ast.parse(path.read_text(), name_of(path))


def imports(path):
    """Dotted names that a file imports anywhere, ``from a import b`` as ``a.b``."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name_of(path)}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def of(package):
    return [path for path in FILES if path.is_relative_to(ROOT / package)]


def packages_of(path):
    return {name.split(".")[0] for name in imports(path)}


def test_the_engine_knows_no_screen():
    found = {name_of(path): packages_of(path) & SCREEN for path in of("photoz_core")}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_dashboard_knows_no_command_line_and_its_state_no_widgets():
    assert [name_of(path) for path in of("dashboard") if "train" in packages_of(path)] == []
    assert packages_of(ROOT / "dashboard/state.py") & {"panel", "bokeh", "holoviews", "panel_material_ui"} == set()


def test_the_command_line_meets_the_dashboard_only_where_it_serves_it_lets_people_in_or_prints_its_maps():
    meeting = {name_of(path) for path in of("train") if "dashboard" in packages_of(path)}
    assert meeting == {"train/serving.py", "train/commands/access.py", "train/commands/report.py"}


@pytest.mark.parametrize("path", of("photoz_core/methods"), ids=lambda path: path.name)
def test_a_method_knows_formulas_and_networks_only(path):
    own = {name.removeprefix("photoz_core.") for name in imports(path) if name.startswith("photoz_core.")}
    assert {name for name in own if not name.startswith(METHOD_MAY)} == set()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_and_functions_fit_a_screen(path):
    assert len(path.read_text().splitlines()) <= LINES
    functions = (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    lengths = {node.name: node.end_lineno - node.lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", [path for path in FILES if "tests" not in path.parts], ids=name_of)
def test_nothing_runs_what_a_file_or_a_user_says(path):
    assert packages_of(path) & DANGEROUS == set()
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call):
            continue
        where, called = f"{name_of(path)}:{node.lineno}", ast.unparse(node.func)
        arguments = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        assert called not in (*DANGEROUS, "os.system", "os.popen"), where
        assert arguments.get("shell", "False") == arguments.get("allow_pickle", "False") == "False", where
        assert called != "np.load" or "allow_pickle" in arguments, where
        assert called != "torch.load" or arguments.get("weights_only") == "True", where

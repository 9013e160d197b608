"""`photoz data`: import, simulate, list, show, validate, delete."""

import json

from photoz_core.dataset import Dataset
from photoz_core.home import Home
from photoz_core.pipeline import create_run
from photoz_core.recipe import load_recipe


def test_data_list_and_show(photoz, tiny_home, tmp_path):
    code, out, _ = photoz(tiny_home, "data", "list")
    assert code == 0 and "tiny" in out and "120" in out
    _, out, _ = photoz(tiny_home, "data", "list", "--json")
    assert json.loads(out)[0]["objects"] == 120
    _, out, _ = photoz(tiny_home, "data", "show", "tiny")
    assert "image (120, 4, 32, 32) [uJy]" in out and "FWHM [arcsec]" in out
    _, out, _ = photoz(tiny_home, "data", "show", "tiny", "--json")
    assert json.loads(out)["columns"]["fwhm"]["unit"] == "arcsec"
    code, out, _ = photoz(Home(tmp_path / "empty"), "data", "list")
    assert code == 0 and "photoz data simulate" in out


def test_data_names_unknown_datasets_and_surveys(photoz, tiny_home):
    code, _, err = photoz(tiny_home, "data", "show", "huge")
    assert code == 1 and "unknown dataset 'huge'; known: tiny" in err
    code, _, err = photoz(tiny_home, "data", "import", "mine", "--survey", "lsst")
    assert code == 1 and "unknown dataset 'lsst'; known: " in err and "table" in err


def test_data_validate_names_defects_and_ends_with_1(photoz, home):
    code, out, _ = photoz(home, "data", "validate", "tiny")
    assert (code, out) == (0, "tiny is sound\n")
    image = Dataset(home.dataset("tiny")).folder / "image.npy"
    image.write_bytes(image.read_bytes()[:-1])
    code, out, _ = photoz(home, "data", "validate", "tiny", "--json")
    assert code == 1 and "image.npy" in json.loads(out)["defects"][0]


def test_data_delete_asks_and_spares_what_is_trained_on(photoz, home):
    code, _, err = photoz(home, "data", "delete", "tiny")
    assert code == 1 and "--yes" in err
    run = create_run(home, load_recipe("tiny_mlp", home))
    code, _, err = photoz(home, "data", "delete", "tiny", "--yes")
    assert code == 1 and run.name in err
    run.cancel()
    code, _, _ = photoz(home, "data", "delete", "tiny", "--yes")
    assert code == 0 and list(home.datasets.iterdir()) == []


def test_data_import_takes_the_options_of_its_survey(photoz, home, tmp_path):
    catalog = tmp_path / "mine.csv"
    rows = [f"a{i},{20 + i / 10},{21 + i / 10},{i / 20}" for i in range(30)]
    catalog.write_text("\n".join(["id,mag_g,mag_r,z_spec", *rows]))
    code, out, err = photoz(home, "data", "import", "mine", "--catalog", str(catalog), "--yes")
    assert code == 0 and "30 objects" in out
    assert "z_spec" in err  # the mapping is shown
    assert Dataset(home.dataset("mine")).bands == ["g", "r"]
    code, _, err = photoz(home, "data", "import", "mine", "--catalog", str(catalog))
    assert code == 1 and "'mine' exists already" in err
    code, _, err = photoz(home, "data", "import", "other", "--catalog", str(tmp_path / "none.csv"))
    assert code == 1 and "none.csv" in err


def test_data_import_shows_the_options_of_a_survey(photoz, tiny_home):
    code, out, _ = photoz(tiny_home, "data", "import", "--help")
    assert code == 0 and "--catalog" in out and "surveys:\n" in out
    code, out, _ = photoz(tiny_home, "data", "import", "x", "--survey", "zfourge", "--help")
    assert code == 0 and "--redshifts" in out
    surveys = out.partition("surveys:\n")[2].splitlines()
    assert any(line.startswith("  lens_challenge  ") for line in surveys)  # a long name does not touch its words


def test_data_simulate_makes_the_mock_survey(photoz, tmp_path):
    home = Home(tmp_path)
    code, out, err = photoz(home, "data", "simulate", "few", "--n", "20", "--seed", "5", "--workers", "1")
    assert code == 0 and "20 objects" in out and "20.0/20.0 galaxies" in err
    assert Dataset(home.dataset("few")).meta.simulated
    code, _, err = photoz(home, "data", "simulate", "none", "--n", "0")
    assert code == 1 and "'n'" in err and home.dataset_names() == ["few"]


def test_data_simulate_makes_lenses(photoz, tmp_path):
    home = Home(tmp_path)
    simulate = ("data", "simulate", "--survey", "lenses", "--n", "3", "--workers", "1", "--options.side=24")
    code, out, err = photoz(home, *simulate, "--options.lens_light=false", "--options.image_share", "0")
    assert code == 0 and "3 objects" in out and "3.00/3.00 lenses" in err
    dataset = Dataset(home.dataset("lenses-mock"))
    assert dataset.array("pair").shape == (3, 1, 24, 24)
    options = dataset.meta.provenance["options"]
    assert (options["lens_light"], options["image_share"], options["seed"]) == (False, 0.0, 0)
    code, _, err = photoz(home, "data", "simulate", "x", "--survey", "lenses", "--options.lens_lights=false")
    assert code == 1 and "lens_lights" in err and "lens_light" in err
    code, _, err = photoz(home, "data", "simulate", "x", "--survey", "stars")
    assert code == 1 and "'stars'" in err and "galaxies, lenses" in err
    assert home.dataset_names() == ["lenses-mock"]


def test_data_simulate_makes_the_mock_of_splus(photoz, tmp_path):
    home = Home(tmp_path)
    simulate = ("data", "simulate", "--survey", "splus", "--n", "6", "--workers", "1")
    code, out, _ = photoz(home, *simulate)
    assert code == 0 and "6 objects" in out and set(Dataset(home.dataset("splus-mock")).column("class")) == {""}
    code, _, _ = photoz(home, *simulate[:2], "splus-sgq", *simulate[2:], "--options.role=sgq")
    assert code == 0 and set(Dataset(home.dataset("splus-sgq")).column("class")) == {"star", "galaxy", "quasar"}
    code, _, err = photoz(home, "data", "simulate", "x", "--survey", "splus", "--options.role=rings")
    assert code == 1 and "unknown role 'rings'; known: pretext, sg, sgq" in err

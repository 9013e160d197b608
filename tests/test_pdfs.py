"""Redshift PDFs: densities, quantiles and their inverse, the file that qp reads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from photoz_core.errors import PhotozError
from photoz_core.pdfs import Pdfs, summary

EDGES = np.linspace(0, 4, 801)
MU, SIGMA = np.array([0.5, 1.2, 2.9]), np.array([0.05, 0.1, 0.2])
UNEVEN = np.array([0.0, 0.1, 0.3, 0.35, 1.0, 2.5])


def gaussians(mu=MU, sigma=SIGMA, edges=EDGES):
    return Pdfs.from_cdf(edges, stats.norm.cdf(edges, np.asarray(mu)[:, None], np.asarray(sigma)[:, None]))


def test_densities_integrate_to_one_also_where_the_edges_cut_the_tails():
    pdfs = gaussians([0.0, 1, 4.2], [0.3, 0.1, 0.5])
    assert np.allclose((pdfs.density * np.diff(EDGES)).sum(1), 1, atol=1e-6)
    mass = np.random.default_rng(0).random((5000, 5))
    many = Pdfs.from_cdf(UNEVEN, np.pad(np.cumsum(mass, 1), ((0, 0), (1, 0))))  # in float32 a few do not sum to 1
    assert (many.cumulative[:, 0] == 0).all() and (many.cumulative[:, -1] == 1).all()
    half = stats.halfnorm(scale=0.3)
    assert pdfs.cdf(np.array([0.3, 1, 4]))[0] == pytest.approx(half.cdf(0.3), abs=1e-5)


def test_no_probability_between_the_edges_is_no_pdf():
    cdf = np.stack([np.ones(len(EDGES)), np.full(len(EDGES), np.nan), stats.norm.cdf(EDGES, 1, 0.1)])
    pdfs = Pdfs.from_cdf(EDGES, cdf)
    assert np.isnan(pdfs.density).all(1).tolist() == [True, True, False]
    for found in (pdfs.cdf(np.ones(3)), pdfs.at(np.ones(3)), pdfs.at(np.full(3, 9.0)), *summary(pdfs).values()):
        assert np.isfinite(found).tolist() == [False, False, True]


def test_cdf_and_density_equal_the_gaussian():
    pdfs, z = gaussians(), MU + 0.7 * SIGMA
    assert np.allclose(pdfs.cdf(z), stats.norm.cdf(0.7), atol=1e-4)
    assert np.allclose(pdfs.at(z), stats.norm.pdf(z, MU, SIGMA), rtol=0.05)


def test_beyond_the_edges_and_without_a_redshift():
    pdfs = gaussians()
    assert pdfs.cdf(np.array([-1, 5, np.nan])) == pytest.approx([0, 1, np.nan], nan_ok=True, abs=0)
    assert pdfs.at(np.array([-1, 5, np.nan])) == pytest.approx([0, 0, np.nan], nan_ok=True, abs=0)
    assert pdfs.cdf(np.array([0, 4, np.inf])) == pytest.approx([0, 1, np.nan], nan_ok=True, abs=0)


def test_a_redshift_on_an_edge_belongs_to_the_bin_above_it():
    pdfs = Pdfs(np.array([0.0, 1, 2]), np.array([[0.25, 0.75]] * 3, np.float32))
    assert pdfs.at(np.array([0.0, 1, 2])).tolist() == [0.25, 0.75, 0.75]
    assert pdfs.cdf(np.array([0.5, 1, 1.5])).tolist() == [0.125, 0.25, 0.625]


@given(arrays(float, 5, elements=st.floats(0.01, 1)), st.floats(0.001, 0.999))
def test_quantile_and_cdf_are_each_others_inverse(mass, level):
    pdfs = Pdfs.from_cdf(UNEVEN, np.append(0, np.cumsum(mass))[None])
    assert pdfs.cdf(pdfs.quantile(level)[:, 0]) == pytest.approx(level, abs=2e-6)
    z = np.array([UNEVEN[-1] * level])
    assert pdfs.quantile(float(pdfs.cdf(z)[0]))[0] == pytest.approx(z, abs=1e-4)


@given(arrays(float, 5, elements=st.sampled_from([0.0, 0.0, 0.3, 1.0])).filter(np.any))
def test_quantiles_rise_within_the_edges_and_skip_empty_bins(mass):
    pdfs = Pdfs.from_cdf(UNEVEN, np.append(0, np.cumsum(mass))[None])
    found = pdfs.quantile(0, 0.01, 0.2, 0.5, 0.8, 0.99, 1)[0]
    assert found[0] == 0 and (np.diff(found) >= 0).all()
    for z in found[1:-1]:
        bin_ = min(np.searchsorted(UNEVEN, z, "left"), 5) - 1  # a quantile on an edge closes the bin below it
        assert mass[bin_] > 0
    last = UNEVEN[np.flatnonzero(mass)[-1] + 1]
    assert found[-1] == pytest.approx(last, abs=1e-5)


def test_quantiles_of_more_objects_than_fit_a_block(monkeypatch):
    mu = np.linspace(0.5, 3.5, 50)
    whole = gaussians(mu, np.full(50, 0.1))
    expected = summary(whole)
    monkeypatch.setattr("photoz_core.pdfs.CHUNK", 7 * len(EDGES))
    for name, values in summary(gaussians(mu, np.full(50, 0.1))).items():
        assert np.allclose(values, expected[name], rtol=1e-12, atol=0), name
    assert np.allclose(expected["z_phot"], mu, atol=1e-3)


def test_summary_of_gaussians():
    found = summary(gaussians())
    for name, expected in (
        ("z_phot", MU),
        ("z_mean", MU),
        ("z_low_68", MU + stats.norm.ppf(0.16) * SIGMA),
        ("z_high_68", MU + stats.norm.ppf(0.84) * SIGMA),
        ("z_low_95", MU + stats.norm.ppf(0.025) * SIGMA),
        ("z_high_95", MU + stats.norm.ppf(0.975) * SIGMA),
        ("pdf_width", stats.norm.ppf(0.84) * SIGMA),
    ):
        assert np.allclose(found[name], expected, atol=1e-3), name
    assert np.allclose(found["z_mode"], MU, atol=0.0051)  # a bin


def test_mode_is_the_densest_bin_not_the_heaviest():
    pdfs = Pdfs.from_cdf(UNEVEN, np.array([[0, 0.1, 0.2, 0.4, 0.4, 1.0]]))
    assert pdfs.mode() == pytest.approx([0.325])


def test_taking_rows_keeps_the_bins():
    pdfs = gaussians()
    assert np.array_equal(pdfs.take(np.array([True, False, True])).density, pdfs.density[[0, 2]])
    assert np.array_equal(pdfs.take([2, 0]).quantile(0.5), pdfs.quantile(0.5)[[2, 0]])
    none = pdfs.take(np.zeros(3, bool))
    assert len(none) == 0 and all(values.shape == (0,) for values in summary(none).values())


def test_round_trip(tmp_path):
    pdfs = gaussians()
    pdfs.density[1] = np.nan
    pdfs.save(tmp_path / "pdf.hdf5", np.array(["a", "ß", "c"]))
    found = Pdfs.open(tmp_path / "pdf.hdf5")
    assert np.array_equal(found.edges, EDGES) and np.array_equal(found.density, pdfs.density, equal_nan=True)
    assert [path.name for path in tmp_path.iterdir()] == ["pdf.hdf5"]


def test_qp_reads_the_same_distributions(tmp_path):
    import qp

    pdfs = gaussians()
    pdfs.save(tmp_path / "pdf.hdf5", np.array(["a", "ß", "c"]))
    ensemble = qp.read(tmp_path / "pdf.hdf5")
    z = np.linspace(0.011, 3.99, 57)
    for row in range(3):
        one = pdfs.take(np.full(57, row))
        assert np.allclose(ensemble[row].cdf(z), one.cdf(z), atol=1e-6)
        assert np.allclose(ensemble[row].pdf(z), one.at(z), rtol=1e-6)
    assert np.allclose(ensemble.ppf([0.16, 0.5, 0.84]), pdfs.quantile(0.16, 0.5, 0.84), atol=1e-5)
    assert list(ensemble.ancil["object_id"]) == ["a", "ß", "c"]


def test_what_qp_wrote_opens(tmp_path):
    import qp

    pdfs = gaussians()
    ensemble = qp.Ensemble(qp.hist, data={"bins": EDGES, "pdfs": pdfs.density})
    ensemble.write_to(str(tmp_path / "qp.hdf5"))
    found = Pdfs.open(tmp_path / "qp.hdf5")
    assert np.allclose(found.density, pdfs.density, rtol=1e-6) and np.allclose(found.edges, EDGES)


@pytest.mark.parametrize("kept", [0, 100, 2000, 10_000])
def test_a_truncated_file_is_named(tmp_path, kept):
    path = tmp_path / "pdf.hdf5"
    gaussians().save(path, np.array(["a", "b", "c"]))
    content = path.read_bytes()
    assert len(content) > kept
    path.write_bytes(content[:kept])
    with pytest.raises(PhotozError, match=r"pdf\.hdf5"):
        Pdfs.open(path)


def test_a_file_that_is_missing_or_holds_something_else_is_named(tmp_path):
    import h5py

    with pytest.raises(PhotozError, match=r"none\.hdf5"):
        Pdfs.open(tmp_path / "none.hdf5")
    for name, contents in (
        ("other", {"data/yvals": np.ones((2, 3))}),
        ("folder", {"meta/bins/deep": EDGES, "data/pdfs": np.ones((3, 800))}),
        ("shape", {"meta/bins": EDGES[None], "data/pdfs": np.ones((3, 801))}),
        ("flat", {"meta/bins": EDGES[None], "data/pdfs": np.ones(800)}),
        ("order", {"meta/bins": EDGES[None, ::-1], "data/pdfs": np.ones((3, 800))}),
    ):
        with h5py.File(tmp_path / f"{name}.hdf5", "w") as file:
            for key, value in contents.items():
                file[key] = value
        with pytest.raises(PhotozError, match=rf"{name}\.hdf5"):
            Pdfs.open(tmp_path / f"{name}.hdf5")

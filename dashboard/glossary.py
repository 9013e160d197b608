"""What each number of the dashboard means: its definition, formula and source, for tooltips and for the help page."""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Term:
    """A metric, or a word that the pages use.

    Parameters
    ----------
    label : str
        As a page writes it.
    words : str
        What it says, and of which value it is good.
    formula : str
        Empty where the words are the definition.
    source : str
        Paper, or the convention that it comes from.
    """

    label: str
    words: str
    formula: str = ""
    source: str = ""

    @property
    def hint(self) -> str:
        """All of it on one line."""
        return " · ".join(part for part in (self.words, self.formula, self.source) if part)


DELTA = "Δz = (z_spec − z_phot) / (1 + z_spec)"
POINT = {
    "delta_z": Term("Δz", "residual of a photometric redshift, normalised", DELTA, "the sign is RAIL's turned round"),
    "bias": Term("bias", "mean residual; 0 is unbiased", "mean Δz", "RAIL: the median; Graham: the mean in the IQR"),
    "scatter": Term(
        "σ_NMAD", "spread of the residuals that outliers do not inflate; lower is better",
        "1.4826 × median |Δz − median Δz|", "Hoaglin, Mosteller & Tukey 1983; in photo-z Brammer et al. 2008",
    ),
    "sigma_iqr": Term(
        "σ_IQR", "spread of the residuals from their quartiles; lower is better",
        "(75th − 25th percentile of Δz) / 1.349", "the LSST Science Requirements; Graham et al. 2018",
    ),
    "outliers": Term(
        "outliers", "share of the objects far off; one without a z_phot counts; lower is better",
        "share with |Δz| > 0.15 (SDSS: 0.05; RAIL: max(0.06, 3 σ_IQR); Graham: min(0.06, 3 σ_IQR))",
        "Hildebrandt et al. 2010",
    ),
    "missing": Term("missing", "objects with z_spec for which the run gives no z_phot or no PDF"),
    "bootstrap": Term(
        "± error", "spread of the metric over samples drawn from the objects, with replacement", "", "Efron 1979"
    ),
}  # fmt: skip
PDF = {
    "pit": Term(
        "PIT", "probability that the PDF puts below z_spec; of honest PDFs uniform from 0 to 1",
        "∫ p(z) dz up to z_spec", "Dawid 1984; Polsterer, D'Isanto & Gieseke 2016",
    ),
    "ks": Term("KS", "largest distance of the PIT's distribution from uniform; 0 is perfect", "sup |F(PIT) − PIT|",
               "Kolmogorov 1933"),
    "ks_p": Term("p of KS", "probability of so large a KS if the PDFs were honest", "", "Kolmogorov 1933"),
    "cvm": Term("Cramér–von Mises", "integrated squared distance of the PIT's distribution from uniform; honest: 0.17",
                "N ∫ (F(u) − u)² du", "Cramér 1928, von Mises 1931"),
    "ad": Term("Anderson–Darling", "as Cramér–von Mises, with weight on the tails; honest: 1",
               "N ∫ (F(u) − u)² / (u (1 − u)) du", "Anderson & Darling 1954"),
    "qq_rmse": Term("QQ RMSE", "distance of the QQ line from its diagonal; 0 is perfect",
                    "root of the mean of (quantile of PIT − level)²"),
    "coverage_68": Term("inside 68 %", "coverage: share with z_spec in the central 68 % of the PDF; honest: 68 %",
                        "share with |PIT − 0.5| ≤ 0.34"),
    "coverage_95": Term("inside 95 %", "coverage: share with z_spec in the central 95 % of the PDF; honest: 95 %",
                        "share with |PIT − 0.5| ≤ 0.475"),
    "pdf_outliers": Term("outside 3σ", "share with z_spec outside the central 99.73 % of the PDF; honest: 0.27 %"),
    "pit_outliers": Term("PIT outliers", "share with a PIT below 0.0001 or above 0.9999; honest: 0.02 %", "",
                         "qp, Schmidt et al. 2020"),
    "cde_loss": Term("CDE loss", "how far the PDFs are from the true densities, but for a constant; lower is better",
                     "mean of ∫ p² dz − 2 p(z_spec)", "Izbicki & Lee 2017"),
    "crps": Term("CRPS", "honest and sharp in one number, in redshift; lower is better",
                 "mean of ∫ (CDF(z) − [z ≥ z_spec])² dz", "Matheson & Winkler 1976"),
    "doubt": Term("P(catastrophic)", "how probable the PDF itself, without a z_spec, has it that z_phot is far off",
                  "P(|z − z_phot| / (1 + z) > 0.15), z_phot the median", "akin to 1 − odds, Benítez 2000"),
    "log_score": Term("log score", "surprise at z_spec; lower is better", "mean of −ln p(z_spec)", "Good 1952"),
    "brier": Term("Brier score", "squared error of the probabilities of the bins, 0 to 2; lower is better",
                  "mean of Σ (probability of a bin − [z_spec is in it])²", "Brier 1950"),
}  # fmt: skip
LATENT = {
    "latents": Term("latents", "the numbers that a run's encoder makes of an object; a map shows them in the plane"),
    "map": Term(
        "map, projection", "latents laid out in the plane; nearness means likeness, axes and far distances nothing",
        "", "PCA; UMAP: McInnes et al. 2018; t-SNE: van der Maaten & Hinton 2008",
    ),
    "knn_r2": Term(
        "kNN R²", "how much of a property the latents know: 1 all of it, 0 nothing, on the test split",
        "R² of the mean of the 10 nearest training objects in latent space", "Cover & Hart 1967",
    ),
    "knn_accuracy": Term(
        "kNN accuracy", "share of test objects whose class is that of most of the 10 nearest training objects"
    ),
    "linear_r2": Term("linear probe R²", "how much of a property a straight line reads off the latents",
                      "R² of a ridge regression", "Alain & Bengio 2016"),
    "trustworthiness": Term(
        "trustworthiness", "whether neighbours on the map are so in latent space; 1 is perfect, about 0.5 random",
        "1 − 2 / (N k (2N − 3k − 1)) Σ Σ (rank − k), k = 15", "Venna & Kaski 2001",
    ),
    "overlap": Term(
        "neighbour overlap", "what share of an object's neighbours two runs agree on; 1 the same, 0 none",
        "Jaccard index |A ∩ B| / |A ∪ B| of the nearest in both latent spaces", "Jaccard 1912",
    ),
    "displacement": Term(
        "displacement", "how far an object moves from one run's map to another's, in rms radii of the map",
        "distance after the rotation, reflection, scale and shift that bring them nearest", "Procrustes, Gower 1975",
    ),
    "knn_distance": Term("kNN distance", "how lonely an object is in latent space", "distance to the k-th nearest",
                         "Ramaswamy, Rastogi & Shim 2000"),
    "isolation_forest": Term("isolation forest", "how few random cuts separate an object; 1 is odd", "2^(−depth / c)",
                             "Liu, Ting & Zhou 2008"),
}  # fmt: skip
CLASS = {
    "accuracy": Term("accuracy", "share of the objects whose class is right"),
    "majority": Term("majority class", "accuracy of always saying the commonest class: what there is to beat"),
    "macro_f1": Term("macro-F1", "mean over the classes, so that a rare class counts as much as a common one",
                     "mean of 2 TP / (2 TP + FP + FN)", "van Rijsbergen 1979"),
    "r2": Term("R²", "share of a property's variance that is explained; 1 is perfect, 0 as good as the mean",
               "1 − Σ (true − estimate)² / Σ (true − mean)²"),
    "labels": Term("labels", "training objects whose z_spec, class or property the training was told"),
}  # fmt: skip
GROUPS = {"Redshifts": POINT, "Redshift PDFs": PDF, "Latents and maps": LATENT, "Classes and properties": CLASS}
TERMS = POINT | PDF | LATENT | CLASS


def title(name: str) -> str:
    """A ``title`` attribute that says what a metric means, with a space before it; nothing for an unknown one."""
    return f' title="{escape(TERMS[name].hint)}"' if name in TERMS else ""


def glossary_html() -> str:
    """All terms, group by group."""
    return "".join(f"<h3>{escape(name)}</h3><dl>{_terms(terms)}</dl>" for name, terms in GROUPS.items())


def _terms(terms: dict[str, Term]) -> str:
    return "".join(
        f"<div id='term-{name}'><dt>{escape(term.label)}</dt><dd>{escape(term.words)}."
        f"{f' <code>{escape(term.formula)}</code>' if term.formula else ''}"
        f"{f' <small>{escape(term.source)}</small>' if term.source else ''}</dd></div>"
        for name, term in terms.items()
    )

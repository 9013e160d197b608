"""PhotoVAEz: a semi-supervised variational autoencoder of photometry and redshift (the SDGM of Maaløe et al. 2016)."""

import torch
from torch import Tensor, nn

from photoz_core.errors import PhotozError
from photoz_core.features import feature_pairs, vae_features
from photoz_core.methods._photovaez_config import Config
from photoz_core.methods._sdgm import Sdgm, draw
from photoz_core.methods.base import Batch, DataSpec, Method
from photoz_core.posterior import LogNormalMixture, grid_cdf, normal_draws

ACTIVATIONS = {"tanh": nn.Tanh, "silu": nn.SiLU}
NUMBERS = 1 << 24  # floats that one layer's output may take at inference: 64 MB
GRID = 200  # redshifts, evenly in ln z, of the importance-sampled posterior


class Model(Method):
    """Three terms: the bound on log p(x, z) of labelled objects, that on log p(x) of the others, −log q(z|x)."""

    needs = ("magnitude", "magnitude_error", "covariate", "label")
    uses_unlabelled = True
    gives_pdf = True
    positive_labels = True
    spaces = ("b",)

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        if not spec.statistics["label_share"][0]:
            raise PhotozError("photovaez: no training row has a visible label; give a larger label fraction")
        for name in ("feature_mean", "feature_std", "log_label_mean", "log_label_std"):
            self.register_buffer(name, spec.statistic(name))
        self.register_buffer("step", torch.zeros(()))
        self.share = spec.statistics["label_share"][0]
        features = len(feature_pairs(spec.bands)[0]) + len(spec.covariates)
        sizes = (2 * features if config.flags else features, features, config.latent, config.auxiliary)
        components = 3 if config.head == "mixture" else 1
        self.sdgm = Sdgm(*sizes, config.hidden, ACTIVATIONS[config.activation], components)

    # --- training ---------------------------------------------------------------------------------------------------

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """J/(N_s + N_p) in its mini-batch form: (N_s/N) mean_s S + (N_p/N) mean_p P + α mean_s(−log q(z|b,x))."""
        features = self.features(batch, self.config.resample if self.training else 0.0)
        labelled = batch["label"][:, 0] > 0  # NaN is not
        log_z = batch["label"][labelled, 0].log()
        if self.config.objective == "supervised":
            return {"redshift": -_mean(self.predictive(features[labelled], log_z))}
        bound, log_q = self.bound(features[labelled], log_z)
        unlabelled, _ = self.bound(features[~labelled])
        return {
            "redshift": -self.config.alpha * _mean(log_q),
            "labelled": -self.share * _mean(bound),
            "unlabelled": -(1 - self.share) * _mean(unlabelled),
        }

    def after_step(self) -> None:
        self.step += 1

    def features(self, batch: Batch, resample: float = 0.0) -> Tensor:
        """Standardised features (B, D), NaN where missing; magnitudes drawn anew from `resample` times their errors."""
        error = batch["magnitude_error"]
        magnitude = torch.where(error.isinf(), torch.nan, batch["magnitude"])
        if resample:
            error = error.nan_to_num(nan=0.0).clamp(0, self.config.max_error)
            magnitude = magnitude + resample * error * torch.randn_like(error)
        features = vae_features(magnitude, batch["covariate"], self.spec.bands)
        return (features - self.feature_mean) / self.feature_std

    def remarks(self) -> list[str]:
        known = self.spec.statistics.get("error_share", [])
        without = [band for band, share in zip(self.spec.bands, known, strict=False) if share == 0]
        if not self.config.resample or not without:
            return []
        return [f"no magnitude errors in {', '.join(without)}: taken as exact, not drawn anew"]

    def read(self, features: Tensor) -> Tensor:
        """x (…, inputs) as the networks read it: a missing feature is 0, the mean, and flagged."""
        x = features.nan_to_num(nan=0.0)
        return torch.cat([x, features.isnan().to(x)], -1) if self.config.flags else x

    def bound(self, features: Tensor, log_z: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Lower bound (B,) on log p(x, z), or on log p(x) without `log_z`, and log q(z|b,x) (B,) of the labels.

        Draft eqs. 3 and 6 with N_MC = `samples`; features are standardised, redshifts are not: the densities of z
        hold the Jacobian of the logarithm.
        """
        net, config = self.sdgm, self.config
        x = self.read(features).expand(config.samples, len(features), -1)
        b, log_q_b = draw(*net.gaussian("q_b", x))
        q_z = net.redshift(b, x)
        t = q_z.sample() if log_z is None else self.standardised(log_z).expand(b.shape[:-1])
        log_q_z = q_z.log_prob_log(t)
        a, log_q_a = draw(*net.gaussian("q_a", b, x, t[..., None]))
        likelihood, prior = self.sdgm.generative(features, a, b, t)
        beta = (self.step / config.kl_warmup).clamp(max=1) if config.kl_warmup else 1.0
        if log_z is None:
            return (likelihood + beta * (prior - log_q_a - log_q_b - log_q_z)).mean(0), log_q_z.mean(0)
        jacobian = -(self.log_label_std.log() + log_z)
        bound = likelihood + beta * (prior + jacobian - log_q_a - log_q_b)
        return bound.mean(0), (log_q_z + jacobian).mean(0)

    def predictive(self, features: Tensor, log_z: Tensor) -> Tensor:
        """log q(z|b,x) (B,) at b ~ q(b|x): all that the supervised predictor learns from."""
        x = self.read(features).expand(self.config.samples, len(features), -1)
        b, _ = draw(*self.sdgm.gaussian("q_b", x))
        log_q = self.sdgm.redshift(b, x).log_prob_log(self.standardised(log_z).expand(b.shape[:-1]))
        return log_q.mean(0) - self.log_label_std.log() - log_z

    def standardised(self, log_z: Tensor) -> Tensor:
        """t of ln z."""
        return (log_z - self.log_label_mean) / self.log_label_std

    # --- inference --------------------------------------------------------------------------------------------------

    def encode(self, batch: Batch) -> Tensor:
        """Mean of a at the means of b and of z."""
        x = self.read(self.features(batch))
        b = self.sdgm.gaussian("q_b", x)[0]
        q_z = self.sdgm.redshift(b, x)
        t = (q_z.weights.exp() * q_z.mean).sum(-1, keepdim=True)
        return self.sdgm.gaussian("q_a", b, x, t)[0]

    def encode_spaces(self, batch: Batch) -> dict[str, Tensor]:
        return {"b": self.sdgm.gaussian("q_b", self.read(self.features(batch)))[0]}

    def predict(self, batch: Batch) -> Tensor:
        """Median of the predictive mixture (B, 1)."""
        return self.mixture(self.features(batch)).quantile(0.5)[:, None]

    def mixture(self, features: Tensor) -> LogNormalMixture:
        """q(z|x), the equal-weight mixture over draws b ~ q(b|x) (draft eq. 22), in ln z; (B, N_MC × components)."""
        x = self.read(features)
        mean, log_var = self.sdgm.gaussian("q_b", x)
        noise = normal_draws(self.config.inference_samples, self.config.auxiliary, x.device)
        b = mean[:, None] + (0.5 * log_var[:, None]).exp() * noise
        q_z = self.sdgm.redshift(b, x[:, None])
        log_weight = (q_z.weights - torch.log(torch.tensor(float(len(noise))))).flatten(1)
        mean = self.log_label_mean + self.log_label_std * q_z.mean
        return LogNormalMixture(mean.flatten(1), (q_z.log_var + 2 * self.log_label_std.log()).flatten(1), log_weight)

    def cdf(self, batch: Batch, edges: Tensor) -> Tensor:
        if self.config.posterior == "predictive":
            return self._in_parts(batch, 1, lambda features: self.mixture(features).cdf(edges))
        log_z = torch.linspace(edges[1:2].log().item() - 2, edges[-1:].log().item(), GRID, device=edges.device)
        return self._in_parts(batch, GRID, lambda features: grid_cdf(self.log_joint(features, log_z), log_z, edges))

    def scores(self, batch: Batch) -> dict[str, Tensor]:
        """``anomaly``: −log p(x), importance-weighted; not defined without a generative model."""
        if self.config.objective == "supervised":
            return {}
        return {"anomaly": -self._in_parts(batch, 1, self.log_evidence)}

    def log_evidence(self, features: Tensor) -> Tensor:
        """ln p(x) (B,) of the standardised features by importance sampling (Burda et al. 2016)."""
        count, config, x = self.config.evidence_samples, self.config, self.read(features)
        noise = normal_draws(count, config.auxiliary + config.latent + 2, x.device)[:, None]
        eps_b, eps_a, eps_z, u = noise.split((config.auxiliary, config.latent, 1, 1), -1)
        b, log_q_b = draw(*self.sdgm.gaussian("q_b", x[None]), eps_b)
        q_z = self.sdgm.redshift(b, x[None])
        t = q_z.draw(torch.special.ndtr(u), eps_z)
        a, log_q_a = draw(*self.sdgm.gaussian("q_a", b, x[None], t[..., None]), eps_a)
        log_weight = sum(self.sdgm.generative(features, a, b, t)) - log_q_a - log_q_b - q_z.log_prob_log(t)
        return torch.logsumexp(log_weight, 0) - torch.log(torch.tensor(float(count)))

    def log_joint(self, features: Tensor, log_z: Tensor) -> Tensor:
        """ln p(x, z) (B, G) at the redshifts of `log_z` (G,) or (B, G), by importance sampling (draft eqs. 24, 25).

        The random numbers are the same at every redshift, so that the curve is smooth.
        """
        count, config, x = self.config.evidence_samples, self.config, self.read(features)
        noise = normal_draws(count, config.auxiliary + config.latent, x.device)[:, None, None]
        eps_b, eps_a = noise.split((config.auxiliary, config.latent), -1)
        x, features, log_z = x[:, None], features[:, None], log_z.expand(len(x), -1)
        b, log_q_b = draw(*self.sdgm.gaussian("q_b", x), eps_b)
        t = self.standardised(log_z).expand(count, *log_z.shape)
        a, log_q_a = draw(*self.sdgm.gaussian("q_a", b, x, t[..., None]), eps_a)
        log_weight = sum(self.sdgm.generative(features, a, b, t)) - log_q_a - log_q_b
        jacobian = -(self.log_label_std.log() + log_z)
        return torch.logsumexp(log_weight, 0) - torch.log(torch.tensor(float(count))) + jacobian

    def _in_parts(self, batch: Batch, factor: int, work) -> Tensor:
        """`work` of the batch, a few objects at a time: N_MC samples of all at once would not fit."""
        samples = max(self.config.inference_samples if factor == 1 else 1, self.config.evidence_samples) * factor
        size = max(1, NUMBERS // (samples * max(self.config.hidden)))
        return torch.cat([work(part) for part in self.features(batch).split(size)])

    def simulate(self, count: int) -> tuple[Tensor, Tensor]:
        """Features (count, D) and redshifts (count,) drawn from the generative model."""
        like = self.feature_mean.new_zeros(count)
        t = self.sdgm.prior(like).sample()
        a = torch.randn(count, self.config.latent, device=like.device)
        b, _ = draw(*self.sdgm.gaussian("p_b", a, t[:, None]))
        features, _ = draw(*self.sdgm.gaussian("p_x", a, b, t[:, None]))
        return features, (self.log_label_mean + self.log_label_std * t).exp()


def _mean(value: Tensor) -> Tensor:
    """Mean over objects; 0 (with a graph) for none."""
    return value.sum() / max(len(value), 1)

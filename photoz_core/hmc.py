"""PhotoVAEz's redshift posterior drawn by Hamiltonian Monte Carlo, the draft's way (section 3.4), with BlackJAX."""

from dataclasses import dataclass

import numpy as np
import torch

from photoz_core.errors import PhotozError
from photoz_core.methods._sdgm import LOG_VAR, draw
from photoz_core.methods.base import Batch
from photoz_core.posterior import normal_draws

STEPS, TARGET = 2, 0.8  # leapfrog steps a draw, and the acceptance that their size is tuned to: about a quarter of an
# orbit in one dimension, after which draws are independent; most effective draws a gradient on skewed densities, too
JITTER = 0.3  # each draw's step size is multiplied by 1 ± this: no orbit comes back to where it started
NUMBERS = 1 << 22  # floats that one layer's output may take: 16 MB


@dataclass(frozen=True, eq=False)
class Samples:
    """Draws from p(z|x) of N objects.

    Parameters
    ----------
    z : (N, chains, samples)
        Redshifts.
    acceptance : (N,)
        Mean acceptance probability of an object's draws, warm-up not counted.
    rhat : (N,)
        Split R̂ of ln z (Gelman et al. 2013, section 11.4): above about 1.05 the chains disagree, as they do where the
        posterior has several maxima, and the draws must not be used. NaN where no chain moved.
    """

    z: np.ndarray
    acceptance: np.ndarray
    rhat: np.ndarray


def sample_redshifts(model, batch: Batch, chains: int = 4, warmup: int = 300, samples: int = 500, seed=0) -> Samples:
    """Draw from p(z|x) ∝ p̂(x, z) (draft eqs. 23–25) of each object.

    y = ln z is sampled, with density p̂(x, e^y) e^y. The numbers behind the importance sampling in p̂ are those of
    `Model.log_joint`, the same at every y: with new ones at each step the sampler would not keep its distribution.
    Chains start at quantiles of the predictive mixture; each finds its own step size and scale in the warm-up.

    Parameters
    ----------
    model : photoz_core.methods.photovaez.Model
        Trained, in eval mode.
    batch : Batch
        Of N objects, on the model's device; the sampling itself runs on the CPU.
    chains, warmup, samples : int
        Chains of an object, and draws of a chain: thrown away, and kept.
    seed : int
        An object's random numbers are made of it and of the object's place in the batch.

    Raises
    ------
    PhotozError
        If BlackJAX is missing, the model has no p(x, z), or there are fewer than 4 draws (R̂ needs two halves of two).
    """
    if model.config.objective == "supervised":
        raise PhotozError("a supervised PhotoVAEz has no p(x, z) to sample; train it with objective = 'semi'")
    if min(chains, warmup) < 1 or samples < 4:
        raise PhotozError(f"chains {chains}, warmup {warmup}, samples {samples}: give at least 1, 1 and 4")
    features, jax = model.features(batch), _import_jax()
    with jax.default_device(jax.devices("cpu")[0]):
        run, parts = _of_block(model, warmup, samples), []
        for rows in _blocks(len(features), chains, model.config):
            keys = jax.vmap(jax.random.fold_in, (None, 0))(jax.random.key(seed), rows.numpy())
            part = frames(model, features[rows]), starts(model, features[rows], chains)
            parts.append(jax.device_get(run(networks(model), *part, keys)))
    log_z, acceptance, rhat = (np.concatenate(value)[: len(features)] for value in zip(*parts, strict=True))
    return Samples(np.exp(log_z), acceptance, rhat)


def _of_block(model, warmup: int, samples: int):
    """`run_chains` compiled for a block of objects: a function of networks, frames, starts and keys."""
    import jax

    density = log_density(model)

    def of_object(nets, frame, start, key):
        return run_chains(lambda log_z: density(nets, frame, log_z), start, key, warmup, samples)

    return jax.jit(jax.vmap(of_object, (None, 0, 0, 0)))


def run_chains(log_density, start, key, warmup: int, samples: int):
    """Chains of one object, in one dimension: draws (chains, samples), mean acceptance and split R̂.

    Parameters
    ----------
    log_density : callable
        ln p(y), up to a constant, of a JAX scalar.
    start : (chains,)
    key : JAX random key
    """
    import blackjax
    from jax import lax, random, vmap

    density = lambda position: log_density(position[0])  # noqa: E731
    adaptation = blackjax.window_adaptation(
        blackjax.hmc, density, initial_step_size=0.1, target_acceptance_rate=TARGET, num_integration_steps=STEPS
    )
    kernel = blackjax.hmc.build_kernel()

    def chain(start, key):
        key_warmup, key_draws = random.split(key)
        (state, tuned), _ = adaptation.run(key_warmup, start[None], warmup)

        def draw(state, key):
            key_size, key = random.split(key)
            size = tuned["step_size"] * random.uniform(key_size, minval=1 - JITTER, maxval=1 + JITTER)
            state, info = kernel(key, state, density, size, tuned["inverse_mass_matrix"], STEPS)
            return state, (state.position[0], info.acceptance_rate)

        return lax.scan(draw, state, random.split(key_draws, samples))[1]

    y, acceptance = vmap(chain)(start, random.split(key, len(start)))
    halves = y[:, : samples // 2 * 2].reshape(2 * len(start), -1)
    return y, acceptance.mean(), blackjax.diagnostics.potential_scale_reduction(halves)


# --- PhotoVAEz in JAX -----------------------------------------------------------------------------------------------


def log_density(model):
    """ln p(y|x) = ln p̂(x, e^y) + y, up to a constant, as a JAX function of (networks, one object's frame, y)."""
    joint = log_joint(model)
    return lambda nets, frame, log_z: joint(nets, frame, log_z) + log_z


def log_joint(model):
    """`Model.log_joint` in JAX, of (networks, one object's frame, ln z): one object and one redshift."""
    import jax.numpy as jnp
    from jax.nn import logsumexp

    count, config = model.config.evidence_samples, model.config
    eps_a = normal_draws(count, config.auxiliary + config.latent, torch.device("cpu"))[:, config.auxiliary :].numpy()
    mean, std = model.log_label_mean.item(), model.log_label_std.item()
    prior = model.sdgm.prior_mean.item(), model.sdgm.prior_log_var.clamp(*LOG_VAR).item()
    gaussian = _gaussian(config)

    def log_normal(value, mean, log_var, known=True):
        term = -0.5 * (jnp.log(2 * jnp.pi) + log_var + (value - mean) ** 2 / jnp.exp(log_var))
        return jnp.where(known, term, 0).sum(-1)

    def joint(nets, frame, log_z):
        t = ((log_z - mean) / std)[None]
        a_mean, a_log_var = gaussian(nets["q_a"], frame["b"], frame["x"], t)
        a = a_mean + jnp.exp(0.5 * a_log_var) * eps_a
        log_weight = log_normal(frame["features"], *gaussian(nets["p_x"], a, frame["b"], t), frame["known"])
        log_weight += log_normal(frame["b"], *gaussian(nets["p_b"], a, t)) - frame["log_q_b"]
        log_weight += log_normal(a, 0.0, jnp.zeros(1)) - log_normal(a, a_mean, a_log_var)
        return logsumexp(log_weight) - jnp.log(count) + log_normal(t, *prior) - jnp.log(std) - log_z

    return joint


def _gaussian(config):
    """`Sdgm.gaussian` in JAX, of a network's layers and its inputs, broadcast over the samples and joined."""
    import jax
    import jax.numpy as jnp

    activation = {"tanh": jnp.tanh, "silu": jax.nn.silu}[config.activation]

    def gaussian(layers, *inputs):
        count = config.evidence_samples
        out = jnp.concatenate([jnp.broadcast_to(value, (count, value.shape[-1])) for value in inputs], -1)
        for weight, bias in layers[:-1]:
            out = activation(out @ weight + bias)
        out = out @ layers[-1][0] + layers[-1][1]
        return out[:, :-1], jnp.clip(out[:, -1:], *LOG_VAR)

    return gaussian


def networks(model) -> dict[str, list[tuple[np.ndarray, np.ndarray]]]:
    """Weights (inputs, outputs) and biases of the layers of the three networks that know z."""
    layers = lambda net: [layer for layer in net if isinstance(layer, torch.nn.Linear)]  # noqa: E731
    plain = lambda value: value.detach().cpu().numpy()  # noqa: E731
    return {
        name: [(plain(layer.weight.T), plain(layer.bias)) for layer in layers(getattr(model.sdgm, name))]
        for name in ("q_a", "p_x", "p_b")
    }


@torch.no_grad()
def frames(model, features: torch.Tensor) -> dict[str, np.ndarray]:
    """What p̂(x, z) needs of each object and z does not change: x, the features, b and ln q(b|x) of its draws."""
    count, config, x = model.config.evidence_samples, model.config, model.read(features)
    eps_b = normal_draws(count, config.auxiliary + config.latent, x.device)[:, : config.auxiliary]
    b, log_q_b = draw(*(value[:, None] for value in model.sdgm.gaussian("q_b", x)), eps_b)
    found = {"x": x, "features": features.nan_to_num(nan=0.0), "known": features.isfinite(), "b": b, "log_q_b": log_q_b}
    return {name: value.cpu().numpy() for name, value in found.items()}


@torch.no_grad()
def starts(model, features: torch.Tensor, chains: int) -> np.ndarray:
    """ln z (B, chains) at evenly spread quantiles of the predictive mixture."""
    mixture = model.mixture(features)
    levels = [(chain + 0.5) / chains for chain in range(chains)]
    return torch.stack([mixture.quantile(level).log() for level in levels], 1).cpu().numpy()


def _blocks(count: int, chains: int, config) -> list[torch.Tensor]:
    """Rows of equal blocks, the last one filled up with the last row: another shape would be compiled anew."""
    widest = max(config.hidden)
    size = max(1, NUMBERS // (widest * max(chains * config.evidence_samples, config.inference_samples)))
    blocks = -(-count // size)
    size = -(-count // max(1, blocks))
    return [torch.arange(block * size, (block + 1) * size).clamp(max=count - 1) for block in range(blocks)]


def _import_jax():
    try:
        import blackjax  # noqa: F401
        import jax
    except ImportError as error:
        raise PhotozError(f"HMC needs BlackJAX ({error}): pip install 'photoz[hmc]'") from None
    return jax

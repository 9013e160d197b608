"""Options of PhotoVAEz."""

from typing import Literal

from photoz_core.options import NonNegative, NonNegativeInt, Positive, PositiveFloat, options


@options
class Config:
    """Options of PhotoVAEz; each gap of the draft is one, with the recommended default.

    Parameters
    ----------
    hidden : tuple of int
        Hidden layers of each of the five networks.
    latent, auxiliary : int
        Dimensions of a and b.
    activation : {"tanh", "silu"}
        The draft names none, the author's code has tanh.
    head : {"lognormal", "mixture"}
        q(z|b,x): log-normal (draft) or a mixture of three (code).
    objective : {"semi", "supervised"}
        ``supervised`` trains q(b|x) and q(z|b,x) alone, by the predictive term alone: the same predictor without the
        generative model.
    alpha : float
        Weight of the predictive term in units of the draft's (N_s + N_p)/N_s, which gives it weight one in the mean.
    flags : bool
        Tell the networks which features are missing; without, a missing one just reads as the mean.
    bands : tuple of str
        Bands read; all of the dataset's by default.
    nonpositive : {"error", "drop"}
        What to do with training objects whose redshift is labelled ≤ 0 and has no logarithm (stars, failed fits): stop
        and name them, or leave them out.
    resample : float
        At every step draw the magnitudes anew from their errors times this, then form colors, then standardise. 1 is
        the draft's; observed magnitudes carry their noise already, and 0 does not add it a second time.
    max_error : float
        Larger errors are taken for this [mag]: a magnitude of ±5 is not known to be 10 mag brighter.
    samples, inference_samples : int
        N_MC in training and at inference.
    evidence_samples : int
        Importance samples of log p(x), the anomaly score.
    posterior : {"predictive", "importance"}
        Which p(z|x) is kept: the mixture of q(z|b,x) over b, or importance sampling of the generative model.
    calibrate : bool
        Raise the PDFs of a run to the power 1/T; T is learned from the validation labels that the run may see. With few
        labels the predictor grows too sure of itself, and one number cures most of that.
    kl_warmup : int
        Steps over which the Kullback–Leibler terms grow to their full weight.
    """

    hidden: tuple[int, ...] = (512, 256, 128)
    latent: Positive = 10
    auxiliary: Positive = 10
    activation: Literal["tanh", "silu"] = "tanh"
    head: Literal["lognormal", "mixture"] = "lognormal"
    objective: Literal["semi", "supervised"] = "semi"
    alpha: PositiveFloat = 1.0
    flags: bool = True
    bands: tuple[str, ...] = ()
    nonpositive: Literal["error", "drop"] = "error"
    resample: NonNegative = 1.0
    max_error: PositiveFloat = 1.0
    samples: Positive = 1
    inference_samples: Positive = 1000
    evidence_samples: Positive = 100
    posterior: Literal["predictive", "importance"] = "predictive"
    calibrate: bool = True
    kl_warmup: NonNegativeInt = 0

"""The frozen generator as matrix products: codes to spectra, and gradients back to codes, without autograd."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from photoz_core.nets.spectra import SLOPE

MANY = 16  # rows from which copying to oneDNN and back pays


def product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b (…, M) of x (…, K), all in float32.

    Many rows on a CPU go through oneDNN, which uses AVX-512 on every maker's cores. MKL, which `F.linear` takes, does
    not on AMD's: 100 GFLOP/s a core instead of 215 (measured). To copy x costs a hundredth of that.
    """
    if x.device.type == "cpu" and x[..., 0].numel() >= MANY and torch.backends.mkldnn.is_available():
        return F.linear(x.to_mkldnn(), weight, bias).to_dense()
    return F.linear(x, weight, bias)


class Network:
    """Linear layers with LeakyReLU between them; the last one is linear.

    Parameters
    ----------
    frozen : nn.Sequential
        Linear, LeakyReLU, …, Linear, as `SpectrumGenerator.frozen` makes it.

    Attributes
    ----------
    last : nn.Linear
        h (…, H) → spectra (…, L) in model units.
    """

    def __init__(self, frozen: nn.Sequential):
        *self._hidden, self.last = frozen[::2]
        self._transposed = [layer.weight.T.contiguous() for layer in self._hidden]

    @torch.no_grad()
    def __call__(self, z: Tensor) -> Tensor:
        """Spectra (…, L) in model units of codes z (…, D)."""
        with torch.autocast(z.device.type, enabled=False):
            return product(self._outputs(z)[-1], self.last.weight, self.last.bias)

    @torch.no_grad()
    def gradient(self, z: Tensor, by_input: Callable[[Tensor], Tensor]) -> Tensor:
        """Of a loss by the codes z (…, D), `by_input` being its gradient (…, H) by the last layer's input h (…, H)."""
        with torch.autocast(z.device.type, enabled=False):
            outputs = self._outputs(z)
            gradient = by_input(outputs[-1])
            for weight, h in zip(reversed(self._transposed), reversed(outputs), strict=True):
                # torch.where takes thirty times as long, and the sign of h is that of what went into it
                gradient = product(torch.ops.aten.leaky_relu_backward(gradient, h, SLOPE, True), weight)
            return gradient

    def _outputs(self, z: Tensor) -> list[Tensor]:
        """What each LeakyReLU gives (…, H), H its width."""
        outputs = [z]
        for layer in self._hidden:
            outputs.append(F.leaky_relu_(product(outputs[-1], layer.weight, layer.bias), SLOPE))
        return outputs[1:]

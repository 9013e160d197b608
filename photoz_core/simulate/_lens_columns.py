"""Names, units and meanings of the lens parameters, for simulated and imported lenses alike."""

from photoz_core.columns import Column


def lens_columns() -> dict[str, Column]:
    """Columns of a catalog of lenses, in lenstronomy's parameters; the last four describe a simulated image."""
    return {
        "object_id": Column("object", "", "name of the lens", "id"),
        "theta_E": Column("θ_E", "arcsec", "Einstein radius"),
        "e1": Column("e₁", "", "ellipticity of the mass, (1 − q) / (1 + q) cos 2φ"),
        "e2": Column("e₂", "", "ellipticity of the mass, (1 − q) / (1 + q) sin 2φ"),
        "center_x": Column("x", "arcsec", "center of the mass"),
        "center_y": Column("y", "arcsec", "center of the mass"),
        "gamma": Column("γ", "", "slope of the density, 2 for an isothermal one"),
        "gamma1": Column("γ₁", "", "external shear along the axes"),
        "gamma2": Column("γ₂", "", "external shear along the diagonals"),
        "source": Column("source", "", "what is lensed in the first image", "category"),
        "second_source": Column("second source", "", "what merges with it, if anything", "category"),
        "light_ratio": Column("log light / arcs", "", "log10 of the lens light's maximum over that of the arcs"),
        "noise_rms": Column("log noise", "", "log10 of the noise's rms over the image's maximum"),
    }

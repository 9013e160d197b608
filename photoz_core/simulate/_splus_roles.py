"""What the datasets of the S-PLUS mock are for, and who is in them."""

CLASSES = ("star", "galaxy", "quasar")
ROLES = ("pretext", "sg", "sgq")
SHARES = {"sg": (27981 / 50090, 22109 / 50090, 0.0), "sgq": (1 / 3, 1 / 3, 1 / 3)}  # of the classes, as published
# Faintest true r. The published SGQ is said to be fainter than SG, by how much is not; pretext: well beyond its cut.
LIMIT = {"pretext": 20.5, "sg": 18.5, "sgq": 20.5}

"""Scores of a run as columns: which there are, how they rank."""

import numpy as np
import pandas as pd

from dashboard.similar_scores import Score, own_scores
from photoz_core.columns import Column


def test_a_score_ranks_the_known_and_shares_are_of_them():
    score = Score.of(Column("odd"), np.array([1, np.nan, 3, 2, np.inf, 3]))
    assert score.order.tolist() == [2, 5, 3, 0]  # equals in the order of the rows
    assert score.top(50).tolist() == [2, 5] and score.top(0.1).tolist() == [2] and len(score.top(100)) == 4
    assert Score.of(Column("none"), np.full(3, np.nan)) is None and Score.of(Column(), np.zeros(0)) is None


def test_own_scores_are_all_predictions_that_are_no_estimate():
    names = ["object_id", "z_phot", "z_low_68", "pit", "theta_E_pred", "p_star", "anomaly", "oddness"]
    table = pd.DataFrame({name: ["a"] if name == "object_id" else [0.0] for name in names})
    assert own_scores(table) == ["anomaly", "oddness"]

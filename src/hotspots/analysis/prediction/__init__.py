"""Does it predict? Accuracy measures, targeting surfaces, and their evaluation on months they were not made from."""

from hotspots.analysis.prediction.accuracy import chosen_shares, hit_rate, most_possible, pai, pei, rri
from hotspots.analysis.prediction.evaluation import EVALUATION_COLUMNS, Evaluation, evaluate_hotspots
from hotspots.analysis.prediction.targeting import COUNTING, DEFAULT, TargetingSpec

__all__ = [
    "COUNTING",
    "DEFAULT",
    "EVALUATION_COLUMNS",
    "Evaluation",
    "TargetingSpec",
    "chosen_shares",
    "evaluate_hotspots",
    "hit_rate",
    "most_possible",
    "pai",
    "pei",
    "rri",
]

"""CascadeNER, the method of the paper: one small language model, an extractor and a classifier.

from cascadener_models import CascadeNER

ner = CascadeNER.from_pretrained()
for entity in ner("Marie Curie moved to Paris.", types=["scientist", "city"]):
print(entity.start, entity.end, entity.text, entity.type)
"""

from cascadener_models.cascade import CascadeNER
from cascadener_models.options import Options
from cascadener_models.results import Cost, Entity, Prediction

__all__ = ["CascadeNER", "Cost", "Entity", "Options", "Prediction"]

"""Classification without the sentence on a local model (the paper's Table 10); a server's is in ``chat``."""

from __future__ import annotations

from cascadener_models.backends.base import Question
from cascadener_models.backends.local.scoring import Scorer, Scoring
from cascadener_models.prompts import check_span, context_free_classification_prompt, offered, shown_list


class ContextFreeScorer(Scorer):
    """Scores the types of a mention that stands alone; to be put in the place of a local back end's scorer."""

    def prepare(self, question: Question) -> Scoring:
        """Tokenise a question.

        Raises:
            InputError: If span or list are unsound.
        """
        text, span, types, zero_shot = question
        check_span(text, *span)
        vocabulary = self.template.vocabulary
        shown = shown_list(types, zero_shot)
        prompt = context_free_classification_prompt(text[slice(*span)], types, zero_shot=zero_shot)
        names = offered(types, zero_shot)
        stem = vocabulary.encode(prompt.removesuffix(shown))
        scoring = Scoring(question, stem, self.template.prompt_tokens(shown), names, self.trie(names))
        scoring.saved = self.stems.get(scoring.key)
        return scoring

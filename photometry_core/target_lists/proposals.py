"""Which column is what, how sure that is and why, and what only a person can say."""

from __future__ import annotations

from photometry_core.target_lists.answers import answer
from photometry_core.target_lists.question import Question
from photometry_core.target_lists.questions import questions
from photometry_core.target_lists.roles import Proposal, best_table, propose
from photometry_core.target_lists.scoring import Candidate

__all__ = ["Candidate", "Proposal", "Question", "answer", "best_table", "propose", "questions"]

"""What can be wrong with a signature."""

from __future__ import annotations

import enum


class Problem(enum.StrEnum):
    """Why a signature is not accepted. A station answers each of them with FAILED_SignatureError."""

    MISSING_SIGNATURE = "the message has no signature"
    NOTHING_TO_SIGN = "the message has nothing that can be signed"
    MISSING_ID = "an element to be signed has no Id"
    AMBIGUOUS_ID = "two elements to be signed have the same Id"
    MISSING_REFERENCE = "an element is not covered by the signature"
    SURPLUS_REFERENCE = "the signature refers to something that is not to be signed"
    DUPLICATE_REFERENCE = "the signature refers to an element twice"
    UNSUPPORTED_ALGORITHM = "an algorithm that may not be used here"
    DIGEST_MISMATCH = "an element is not the one that was signed"
    WRONG_KEY = "a key that does not go with the algorithm"
    INVALID_SIGNATURE = "the signature was not made by this key over these references"


class SignatureError(ValueError):
    """A signature that is not accepted, or cannot be made. Holds no key and no signed content.

    `problem` is the reason, `detail` the element, reference or algorithm it is about.
    """

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}" if detail else str(problem))
        self.problem, self.detail = problem, detail

    def __reduce__(self) -> tuple[type[SignatureError], tuple[Problem, str]]:
        return type(self), (self.problem, self.detail)

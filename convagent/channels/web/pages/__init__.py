"""The pages: from a visit to an answer, as functions of values."""

# SPDX-License-Identifier: Apache-2.0
"""How a case may end other than well."""

SLOW = 5  # seconds within which anything is answered, also by a slow build on a loaded machine


class Failed(Exception):
    """What a case found wrong, as a sentence."""


class Skipped(Exception):
    """Why a case can't be run."""

"""What the third floor remembers."""

from .dispensing import BasketItem, Clarification, Dispense, DispenseLine
from .formulary import Ingredient, Medicine, Strength
from .knowledge import DoseLimit, Interaction, KnowledgeSource, RuleFiring
from .orders import Allergy, AllergyStatement, MedicationOrder, Weight

__all__ = [
    "Allergy",
    "AllergyStatement",
    "BasketItem",
    "Clarification",
    "Dispense",
    "DispenseLine",
    "DoseLimit",
    "Ingredient",
    "Interaction",
    "KnowledgeSource",
    "MedicationOrder",
    "Medicine",
    "RuleFiring",
    "Strength",
    "Weight",
]

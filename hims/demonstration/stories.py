"""What to try at the demonstration's counter: each thing with where to find it, the code to scan,
and what should be seen. Codes are made from the lots that lie there."""

from django.utils.translation import gettext as _

from inventory.models import Lot, Pack

from .store import DOUBTFUL, EXACTLY, EXPIRED, RECALLED
from .story import Story

AMOXICILLIN = ("DISP", "AMOXICILLIN-500-CAPSULE")


def stories() -> list[Story]:
    """All of them, or none where there is no stock of the demonstration."""
    known = _Codes()
    if not known.there(AMOXICILLIN[1], _number(AMOXICILLIN)):
        return []
    return [*_about_scans(known), *_about_prescriptions(known), *_about_stock(known)]


def _number(what: tuple[str, str]) -> str:
    exact = EXACTLY[what]
    return exact[1] if exact else ""


def _about_scans(known: "_Codes") -> list[Story]:
    amoxicillin = known.whole(AMOXICILLIN[1], _number(AMOXICILLIN))
    lost = known.without_separator(AMOXICILLIN[1], _number(AMOXICILLIN))
    return [
        Story(
            _("A scanner that drops the separator"),
            _("Scan both codes for the order of amoxicillin 500 mg. It is the same pack twice."),
            _(
                "The first is refused: lot and expiry run into each other, and the page says what "
                "to set on the scanner. It is never taken for a lot of that name. The second is "
                "taken."
            ),
            ((_("separator lost"), lost), (_("as it should be"), amoxicillin)),
        ),
        Story(
            _("The same pack twice"),
            _("Scan this pack, which has a serial number, two times for amoxicillin 500 mg."),
            _("The second scan is refused: a pack with a serial number leaves once."),
            (
                (
                    _("with a serial number"),
                    known.whole(AMOXICILLIN[1], _number(AMOXICILLIN), serial="S70001"),
                ),
            ),
        ),
    ]


def _about_prescriptions(known: "_Codes") -> list[Story]:
    return [
        Story(
            _("A ten-fold dose"),
            _("Open digoxin 125 microgram tablets: 1,250 microgram once a day."),
            _("A stop that names the slip. No reason passes it: ask the prescriber."),
        ),
        Story(
            _("An allergy that was told later"),
            _("Open co-amoxiclav. The patient told a nurse of penicillins after the order."),
            _("A stop: amoxicillin is one of the penicillins, and the reaction was severe."),
        ),
        Story(
            _("Two medicines that should not meet"),
            _("Open clarithromycin. The patient takes simvastatin."),
            _("A stop, with the list that says so and its date; and that no match is not safe."),
        ),
        Story(
            _("Names that look alike"),
            _("Open hydralazine and scan hydroxyzine, which the same patient takes."),
            _("The wrong one is refused, and both names are written so that they differ."),
            ((_("hydroxyzine"), known.first("HYDROXYZINE-25-TABLET")),),
        ),
        Story(
            _("A child's weight of last year"),
            _("Open paracetamol 120 mg/5 ml."),
            _("The dose is checked per kilogram, and the weight is too old for this age: weigh."),
        ),
        Story(
            _("A question to the prescriber"),
            _("Trimethoprim waits for an answer. Sign in as physician to give it."),
            _("It comes back into the queue with the answer, or leaves it."),
        ),
    ]


def _about_stock(known: "_Codes") -> list[Story]:
    meropenem = ("DISP", "MEROPENEM-1G-VIAL")
    inhaler = ("DISP", "SALBUTAMOL-100MCG-BA-INHALER")
    return [
        Story(
            _("The last vial at two counters"),
            _(
                "Two patients wait for meropenem and one vial is here. Sign in as pharmacist and, "
                "in another browser, as pharmacy-technician; both scan it and press at once."
            ),
            _("One gets it. The other is told where more lies and how far that is."),
            ((_("the vial"), known.whole(meropenem[1], _number(meropenem))),),
        ),
        Story(
            _("A substitute on the shelf"),
            _("Open the salbutamol inhaler: there is none in the dispensary."),
            _("The breath-actuated one is offered by the formulary's rule, with what lies there."),
            ((_("breath-actuated"), known.whole(inhaler[1], _number(inhaler))),),
        ),
        Story(
            _("Part now, the rest owed"),
            _("Flucloxacillin: 28 are wanted and 20 are here."),
            _("Give 20; the queue keeps the 8 that are owed."),
            ((_("flucloxacillin"), known.first("FLUCLOXACILLIN-500-CAPSULE", "FX310")),),
        ),
        Story(
            _("A second person"),
            _(
                "Enoxaparin is a high-alert medicine, morphine a controlled one. Ask for a second "
                "person; somebody else says yes in their own browser."
            ),
            _("Nothing leaves without it, and the yes is good once, for exactly this."),
            (
                (_("enoxaparin"), known.first("ENOXAPARIN-40-SYRINGE")),
                (_("morphine"), known.first("MORPHINE-10-5ML-LIQUID")),
            ),
        ),
        Story(
            _("Lots that may not leave"),
            _("Scan these for ibuprofen and for enoxaparin."),
            _("One has expired, the other is in quarantine: both are refused, with the reason."),
            (
                (_("expired"), known.whole(EXPIRED[1], EXPIRED[3])),
                (_("in quarantine"), known.whole(DOUBTFUL[1], DOUBTFUL[3])),
            ),
        ),
        Story(
            _("A recall under way"),
            _("Open the recall “%(name)s”.") % {"name": RECALLED[0]},
            _("Each place that holds the lot has a task; the report accounts for every unit."),
        ),
    ]


class _Codes:
    """Texts of codes as they stand on packs, for the lots that are there."""

    def __init__(self) -> None:
        wanted = (
            {product for _place, product in EXACTLY}
            | {EXPIRED[1], DOUBTFUL[1]}
            | {
                *("HYDROXYZINE-25-TABLET", "ENOXAPARIN-40-SYRINGE", "MORPHINE-10-5ML-LIQUID"),
            }
        )
        self.gtins: dict[str, str] = {}
        for product, gtin in (
            Pack.objects.filter(product__code__in=wanted, gtin__isnull=False)
            .order_by("units")
            .values_list("product__code", "gtin")
        ):
            self.gtins.setdefault(product, gtin or "")
        self.lots: dict[str, dict[str, str]] = {}
        for product, number, expiry in (
            Lot.objects.filter(product__code__in=wanted, expiry__isnull=False)
            .order_by("status", "-expiry")
            .values_list("product__code", "number", "expiry")
        ):
            self.lots.setdefault(product, {})[number] = f"{expiry:%y%m%d}"

    def there(self, product: str, number: str) -> bool:
        return product in self.gtins and number in self.lots.get(product, {})

    def whole(self, product: str, number: str, serial: str = "") -> str:
        """In brackets, as printed below a Data Matrix; "" for a lot that is not there."""
        if not self.there(product, number):
            return ""
        day = self.lots[product][number]
        text = f"(01){self.gtins[product]}(17){day}(10){number}"
        return f"{text}(21){serial}" if serial else text

    def without_separator(self, product: str, number: str) -> str:
        """As a keyboard scanner sends it that leaves out GS after the lot."""
        return f"01{self.gtins[product]}10{number}17{self.lots[product][number]}"

    def first(self, product: str, number: str = "") -> str:
        """A lot of the product that lasts, or the one of that number."""
        lots = [one for one in self.lots.get(product, {}) if one not in (EXPIRED[3], DOUBTFUL[3])]
        return self.whole(product, number or (lots[0] if lots else ""))

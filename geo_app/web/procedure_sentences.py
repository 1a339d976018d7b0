"""Sentences of the project library and the asset ledger, as `sentences` recognises and says them in the reader's language."""

from __future__ import annotations


def _(text: str) -> str:
    """Mark a text for the catalogue; it is looked up when it is said."""
    return text


FORMS = (
    _("Sign in first."),
    _("No project of the library is there to give out."),
    _("A project has no field %(name)s"),
    _("%(field)s is written by the procedure; leave it out"),
    _("%(field)s: there is no area with the code %(name)s"),
    _("There is no move %(name)s; there are: %(names)s"),
    _(
        "The annual plan is drawn up by the rural revitalisation bureau or the leading group of the county; your "
        "account has neither role there."
    ),
    _("A year from %(first)s to %(last)s was expected, found %(found)s"),
    _("A project stands twice in the order of the plan"),
    _("These are no candidates of this plan: %(names)s"),
    _("A fund source code S01–S11 was expected, found %(found)s"),
    _("The plan cannot be compiled yet: no project is in it."),
    _("The plan cannot be compiled yet: %(found)s."),
    _("The plan is not compiled yet; compile it first."),
    _("An address such as https://… was expected, found %(found)s"),
    _("%(name)s: its works have begun; it stays in the plan."),
    _("Only the rural revitalisation bureau takes a workbook into the project library (role revitalisation)."),
    _('The recipe has no [[feed]] with layer = "projects".'),
    _("The sheet has no column %(name)s; its columns are: %(names)s."),
    _("units.%(name)s: one of %(names)s was expected, found %(found)s."),
    _("The geometry of %(name)s is broken; repair it and send the file again."),
    _("There is no photograph %(name)s."),
    _("The photograph %(name)s has no picture here."),
    _("stage: one of %(names)s was expected, found %(found)s"),
    _("At most %(most)s photographs are kept of a project; remove one first"),
    _("surveyed_on: a day not after %(day)s was expected"),
    _("The works as built need a geometry: draw them, send a file, or name a feature of a layer"),
    _("The geometry is not valid: %(found)s"),
    _("layer: one of %(names)s was expected, found %(found)s"),
    _("The layer %(name)s has no row %(found)s"),
    _("There is no step %(name)s of the asset ledger; there are: %(names)s."),
    _("%(layer)s %(feature)s: the version that was seen is missing. Read the asset again and send its version."),
    _("%(layer)s %(feature)s: the version that was seen is missing. Read the ledger again and send its version."),
    _("%(name)s: the version that was seen is missing. Read the list again and send its version."),
    _("There is no level %(name)s; the levels are: %(names)s."),
    _("A ledger of a sector names its county and sector as county:sector; the sectors are: %(names)s."),
    _("There is no step %(name)s of a ledger; there are: %(names)s."),
    _("The step %(step)s takes no %(names)s; it takes: %(known)s."),
    _("Fewer than two ledgers of %(year)s cover the area %(name)s; build those of village, township, sector and county first."),
    _("An asset that is formed takes no %(names)s."),
    _(
        "The file has no rule. Write each as [[rule]] (of the ledger: [[ledger_rule]]) with key, value, scope, "
        "valid_from and certainty."
    ),
    _("%(name)s: certainty is one of %(names)s, found %(found)s"),
    _("%(name)s: valid_from is a day such as 2026-01-01, found %(found)s"),
    _('%(name)s: scope is the code of an area in quotes, such as "430424", found %(found)s'),
    _("certainty: one of %(names)s was expected, found %(found)s."),
    _("valid_from: a day from %(first)s to %(last)s was expected, found %(found)s."),
    _("%(name)s: a value of the certainty %(found)s names the document in which it stands."),
    _("area: the code of an area of the store was expected, or %(name)s for everywhere; found %(found)s."),
    _("%(name)s: at most %(most)s characters were expected, found %(count)s."),
)
"""Forms of whole messages; narrower ones stand before wider ones."""

"""What each role of the seller's staff may do. The groups are made from this table."""

from collections.abc import Iterable, Mapping
from typing import Final

from django.contrib.auth.models import Group, Permission

from partners.roles import Role

FACTS: Final = (
    "partners.view_partner",
    "partners.view_tag",
    "partners.view_partnermerge",
    "partners.view_member",
    "partners.view_invitation",
    "partners.view_activity",
    "partners.view_activityline",
    "partners.view_waitingreference",
    "partners.view_ownkind",
    "partners.view_exchangerate",
    "partners.view_event",
)
# Who is on a team and in which role: change_member decides, add_invitation invites and withdraws.
# change_earningconsent withdraws a consent to personal earning; only companies give one.
TEAMS: Final = (
    "partners.change_member",
    "partners.add_invitation",
    "rewards.change_earningconsent",
)
BOOKS: Final = (
    "ledger.view_unit",
    "ledger.view_account",
    "ledger.view_transfer",
    "ledger.view_lot",
    "ledger.view_lotuse",
    "ledger.view_lotextension",
    "ledger.view_hold",
    "ledger.view_holdslice",
    "ledger.view_correction",
    "ledger.view_correctionreason",
    "ledger.view_correctionlimit",
    "ledger.view_accountcode",
    "ledger.view_seal",
)
# How the ledger's accounts are called in the seller's books.
CODES: Final = ("ledger.add_accountcode", "ledger.change_accountcode")
LOYALTY: Final = (
    "rewards.view_programme",
    "rewards.view_programmeversion",
    "rewards.view_campaignbudget",
    "rewards.view_segment",
    "rewards.view_segmentplace",
    "rewards.view_standing",
    "rewards.view_tierchange",
    "rewards.view_award",
    "rewards.view_clawback",
    "rewards.view_reward",
    "rewards.view_redemption",
    "rewards.view_redemptionmove",
    "rewards.view_share",
    "rewards.view_sharepart",
    "rewards.view_entitlement",
    "rewards.view_earningapprover",
    "rewards.view_earningconsent",
)
CLAIMS: Final = ("partners.view_selloutclaim", "partners.view_claimmove")
INTAKE: Final = (
    "partners.view_matchingrule",
    "partners.view_importrun",
    "partners.view_importrow",
    "partners.view_parkeddocument",
    "partners.view_jobrun",
)

# add_importrun uploads files of activities and partners and takes them in.
# Approving is one duty, handing over another: change_redemption decides, add_redemptionmove
# hands over. add_correction asks for corrections and frees what waits or is held, and
# decide_correction decides about those of others. Nobody else moves anything, and nobody is given
# the rows of the ledger beyond reading.
PERMISSIONS: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.LOYALTY_MANAGER: (
        *FACTS,
        *BOOKS,
        *LOYALTY,
        *INTAKE,
        *CLAIMS,
        "partners.add_importrun",
        # Saying whose documents of the inbox are, and deciding about claims.
        "partners.change_parkeddocument",
        "partners.add_matchingrule",
        "partners.change_matchingrule",
        "partners.change_selloutclaim",
        "partners.add_partner",
        "partners.change_partner",
        "partners.add_tag",
        # Own kinds of activities, rates, and an end to waiting for what never comes.
        "partners.add_ownkind",
        "partners.change_ownkind",
        "partners.add_exchangerate",
        "partners.change_waitingreference",
        "partners.change_tag",
        # Making one company of two, and two of one again.
        "partners.add_partnermerge",
        *TEAMS,
        "partners.view_person",
        "partners.add_person",
        "partners.change_person",
        "partners.delete_person",
        "partners.view_erasure",
        # Lets a paused key go on, and revokes one; making them stays with administrators.
        "partners.view_apikey",
        "partners.change_apikey",
        # Programmes, their rules, and the lists of partners that rules ask for.
        "rewards.add_programme",
        "rewards.change_programme",
        "rewards.add_segment",
        "rewards.change_segment",
        "rewards.add_segmentplace",
        "rewards.change_segmentplace",
        "rewards.add_programmeversion",
        "rewards.change_programmeversion",
        "rewards.add_reward",
        "rewards.change_reward",
        "rewards.change_redemption",
        "rewards.add_redemptionmove",
        "ledger.add_correction",
        "ledger.decide_correction",
    ),
    Role.ACCOUNT_MANAGER: (*FACTS, *BOOKS, *LOYALTY, *CLAIMS, *TEAMS),
    Role.FULFILMENT: (
        "partners.view_partner",
        "partners.view_member",
        "rewards.view_reward",
        "rewards.view_redemption",
        "rewards.view_redemptionmove",
        "rewards.view_entitlement",
        "rewards.add_redemptionmove",
    ),
    Role.FINANCE: (*FACTS, *BOOKS, *LOYALTY, *CLAIMS, *INTAKE, *CODES),
    Role.AUDITOR: (
        *FACTS,
        *BOOKS,
        *LOYALTY,
        *INTAKE,
        *CLAIMS,
        "partners.view_person",
        "partners.view_erasure",
        "partners.view_apikey",
        "auth.view_group",
        "admin.view_logentry",
    ),
    Role.ADMINISTRATOR: (
        *FACTS,
        *BOOKS,
        *LOYALTY,
        *INTAKE,
        *CLAIMS,
        "partners.view_person",
        "partners.add_person",
        "partners.change_person",
        "partners.delete_person",
        "partners.view_erasure",
        "partners.view_apikey",
        "partners.add_apikey",
        "partners.change_apikey",
        "auth.view_group",
        "admin.view_logentry",
        "ledger.add_correctionreason",
        "ledger.change_correctionreason",
        "ledger.add_correctionlimit",
        "ledger.change_correctionlimit",
        *CODES,
    ),
}


class PermissionMissing(LookupError):
    """The table names a permission that no model has; the database may not be migrated yet."""


def load_roles() -> dict[Role, int]:
    """
    Make every group hold exactly the permissions of the table; return how many each holds.

    Run it again after an upgrade: it changes only what differs.

    :raises PermissionMissing: If a permission does not exist.
    """
    known = read_permissions()
    held = {}
    for role, wanted in PERMISSIONS.items():
        group, _is_new = Group.objects.get_or_create(name=role.value)
        group.permissions.set(find(wanted, known))
        held[role] = len(wanted)
    return held


def read_permissions() -> dict[str, Permission]:
    rows = Permission.objects.select_related("content_type")
    return {f"{row.content_type.app_label}.{row.codename}": row for row in rows}


def find(wanted: Iterable[str], known: Mapping[str, Permission]) -> list[Permission]:
    try:
        return [known[name] for name in wanted]
    except KeyError as error:
        raise PermissionMissing(f"There is no permission {error.args[0]}.") from error

"""
Who gets which answer where. Every route of the site stands here, or the suite fails.

Each cell holds one status, or three: for an own thing, somebody else's, and one that is not there.
"Own" is the Corner Shop's, which the head buyer, the buyer and the viewer belong to; "other" is
the other partner's, which ``other`` is the head buyer of and ``key_other`` is limited to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.routes.world import ROLES


@dataclass(frozen=True)
class Row:
    """One route and method, an address for it, and the statuses by role."""

    route: str
    address: str
    cells: Mapping[str, str]
    method: str = "GET"
    body: Mapping[str, Any] = field(default_factory=dict)

    def expected(self, role: str) -> list[int]:
        return [int(status) for status in self.cells[role].split()]


def cells(**by_role: str) -> dict[str, str]:
    assert set(by_role) == set(ROLES), set(ROLES) ^ set(by_role)
    return by_role


# ------------------------------------------------------------------------ portal


def portal(  # who is not signed in is sent to the door, staff to the admin
    *, head_buyer: str, buyer: str, viewer: str, other: str
) -> dict[str, str]:
    return cells(
        anonymous="302",
        head_buyer=head_buyer,
        buyer=buyer,
        viewer=viewer,
        other=other,
        manager="302",
        key="302",
        key_without="302",
        key_other="302",
        deactivated="302",
    )


FOR_ALL = portal(head_buyer="200", buyer="200", viewer="200", other="200")
FOR_HEADS = portal(head_buyer="200", buyer="403", viewer="403", other="200")
FOR_SELLERS = portal(head_buyer="200", buyer="200", viewer="403", other="200")
# The buyer of the Corner Shop filed its claim.
CLAIMED_BY_BUYERS = portal(
    head_buyer="200 404 404", buyer="200 404 404", viewer="403 403 403", other="404 200 404"
)
OF_THE_SHOP = portal(
    head_buyer="200 404 404", buyer="404 404 404", viewer="200 404 404", other="404 200 404"
)
NOT_BY_GET = cells(**dict.fromkeys(ROLES, "405"))


def managed_page(status: str) -> dict[str, str]:
    """What a head buyer does about their own team."""
    return portal(
        head_buyer=f"{status} 404 404",
        buyer="403 403 403",
        viewer="403 403 403",
        other=f"404 {status} 404",
    )


OF_THE_HEAD = managed_page("302")


TEAMS = ("head_buyer", "buyer", "viewer", "other")
SIGNED_IN = (*TEAMS, "manager")


def door(*, stranger: str, known: str) -> dict[str, str]:
    """A key is no sign-in, and somebody deactivated is a stranger."""
    return {role: known if role in SIGNED_IN else stranger for role in ROLES}


PORTAL = [
    Row("metrics:home", "/", FOR_ALL),
    Row("rewards:ways-to-earn", "/earn/", FOR_ALL),
    Row("rewards:earned", "/earn/{activity}/", OF_THE_SHOP),
    Row("rewards:catalogue", "/catalogue/", FOR_ALL),
    Row(
        "rewards:reward",
        "/catalogue/{reward}/",
        portal(
            head_buyer="200 200 404", buyer="200 200 404", viewer="200 200 404", other="200 200 404"
        ),
    ),
    Row("rewards:redemptions", "/redemptions/", FOR_ALL),
    Row("rewards:redemption", "/redemptions/{redemption}/", OF_THE_SHOP),
    Row("rewards:redemption-cancel", "/redemptions/{redemption}/cancel/", NOT_BY_GET),
    Row(
        "rewards:redemption-cancel",
        "/redemptions/{redemption}/cancel/",
        portal(
            head_buyer="302 404 404", buyer="404 404 404", viewer="403 403 403", other="404 302 404"
        ),
        method="POST",
    ),
    Row("rewards:claims", "/claims/", FOR_SELLERS),
    Row("rewards:claim-new", "/claims/new/", FOR_SELLERS),
    Row("rewards:claim", "/claims/{claim}/", CLAIMED_BY_BUYERS),
    Row("rewards:claim-proof", "/claims/{claim}/proofs/{claim_proof}/", CLAIMED_BY_BUYERS),
    Row("rewards:claim-withdraw", "/claims/{claim}/withdraw/", NOT_BY_GET),
    Row(
        "rewards:claim-withdraw",
        "/claims/{claim}/withdraw/",
        portal(
            head_buyer="302 404 404", buyer="302 404 404", viewer="403 403 403", other="404 302 404"
        ),
        method="POST",
    ),
    Row("rewards:claim-appeal", "/claims/{claim}/appeal/", NOT_BY_GET),
    Row(
        "rewards:claim-appeal",
        "/claims/{claim}/appeal/",
        portal(
            head_buyer="422 404 404", buyer="422 404 404", viewer="403 403 403", other="404 422 404"
        ),
        method="POST",
    ),
    Row("rewards:share", "/share/", FOR_HEADS),
    Row("rewards:share-receipt", "/share/{share}/", OF_THE_SHOP | {"buyer": "200 404 404"}),
    Row("rewards:share-undo", "/share/{share}/undo/", NOT_BY_GET),
    Row(
        "rewards:share-undo",
        "/share/{share}/undo/",
        portal(
            head_buyer="302 404 404", buyer="403 403 403", viewer="403 403 403", other="404 302 404"
        ),
        method="POST",
    ),
    Row("rewards:shares", "/shares/", FOR_ALL),
    Row("rewards:my-data", "/my-data/", FOR_ALL),
    Row("rewards:my-data-download", "/my-data/download/", FOR_ALL),
    Row("rewards:my-data-erase", "/my-data/erase/", FOR_ALL),
    # Whoever does it signs in once more.
    Row(
        "rewards:my-data-erase",
        "/my-data/erase/",
        portal(head_buyer="302", buyer="302", viewer="302", other="302"),
        method="POST",
    ),
    Row("rewards:team", "/team/", FOR_ALL),
    Row("rewards:invite", "/team/invite/", FOR_HEADS),
    Row("rewards:invitation-resend", "/team/invitations/{invitation}/resend/", NOT_BY_GET),
    Row(
        "rewards:invitation-resend",
        "/team/invitations/{invitation}/resend/",
        OF_THE_HEAD,
        method="POST",
    ),
    Row("rewards:invitation-withdraw", "/team/invitations/{invitation}/withdraw/", NOT_BY_GET),
    Row(
        "rewards:invitation-withdraw",
        "/team/invitations/{invitation}/withdraw/",
        OF_THE_HEAD,
        method="POST",
    ),
    Row("rewards:member", "/team/{member}/", managed_page("200")),
    Row("rewards:personal-earning", "/team/personal-earning/", FOR_ALL),
    Row("rewards:approver", "/team/personal-earning/approver/", NOT_BY_GET),
    Row(
        "rewards:approver",
        "/team/personal-earning/approver/",
        portal(head_buyer="422", buyer="403", viewer="403", other="422"),
        method="POST",
    ),
    # The head buyer is the approver, who does not agree to their own earning.
    Row(
        "rewards:personal-earning-agree",
        "/team/personal-earning/{member}/agree/",
        OF_THE_HEAD,
    ),
    Row(
        "rewards:personal-earning-withdraw",
        "/team/personal-earning/{member}/withdraw/",
        OF_THE_HEAD,
    ),
    Row("rewards:gifts", "/team/gifts/", FOR_HEADS),
    Row("rewards:gifts-csv", "/team/gifts.csv", FOR_HEADS),
    Row("rewards:gifts-xlsx", "/team/gifts.xlsx", FOR_HEADS),
    # To oneself: back to one's own page. Who is no head buyer may be one who pressed twice.
    Row(
        "rewards:hand-over",
        "/team/{member}/hand-over/",
        managed_page("302") | {"buyer": "403 404 404", "viewer": "403 404 404"},
    ),
    Row("rewards:leave", "/team/{member}/leave/", managed_page("200")),
    # Whoever holds the link; for who is signed in it is somebody else's.
    Row("partners:invitation", "/invitation/{token}/", dict.fromkeys(ROLES, "200 200 404")),
    Row(
        "partners:invitation",
        "/invitation/{token}/",
        door(stranger="422 422 404", known="200 200 404"),
        method="POST",
    ),
    Row("ledger:statement", "/statement/", FOR_ALL),
    Row("ledger:statement-pdf", "/statement.pdf", FOR_ALL),
    Row("ledger:statement-xlsx", "/statement.xlsx", FOR_ALL),
    Row("ledger:statement-csv", "/statement.csv", FOR_ALL),
    Row("ledger:statement-json", "/statement.json", FOR_ALL),
    Row("ledger:expiry", "/statement/expiry/", FOR_ALL),
    Row("partners:company", "/company/details/", FOR_ALL),
    Row("partners:choose-company", "/company/", FOR_ALL | {"manager": "403"}),
    Row("set-language", "/language/", NOT_BY_GET),
]

# ----------------------------------------------------------------- signing in (allauth)

ACCOUNTS = [
    Row("account_login", "/accounts/login/", door(stranger="200", known="302")),
    Row("account_logout", "/accounts/logout/", door(stranger="302", known="200")),
    Row("account_inactive", "/accounts/inactive/", door(stranger="200", known="200")),
    # Nobody signs up: people are invited.
    Row("account_signup", "/accounts/signup/", door(stranger="200", known="302")),
    Row("account_reauthenticate", "/accounts/reauthenticate/", door(stranger="302", known="200")),
    Row("account_email", "/accounts/email/", door(stranger="302", known="200")),
    Row(
        "account_email_verification_sent",
        "/accounts/confirm-email/",
        door(stranger="200", known="200"),
    ),
    Row("account_confirm_email", "/accounts/confirm-email/x-1/", door(stranger="200", known="200")),
    Row(
        "account_change_password",
        "/accounts/password/change/",
        door(stranger="302", known="200"),
    ),
    Row("account_set_password", "/accounts/password/set/", door(stranger="302", known="302")),
    Row("account_reset_password", "/accounts/password/reset/", door(stranger="200", known="200")),
    Row(
        "account_reset_password_done",
        "/accounts/password/reset/done/",
        door(stranger="200", known="200"),
    ),
    Row(
        "account_reset_password_from_key",
        "/accounts/password/reset/key/1-set/",
        door(stranger="200", known="200"),
    ),
    Row(
        "account_reset_password_from_key_done",
        "/accounts/password/reset/key/done/",
        door(stranger="200", known="200"),
    ),
    Row(
        "account_confirm_login_code",
        "/accounts/login/code/confirm/",
        door(stranger="302", known="302"),
    ),
    Row("mfa_index", "/accounts/2fa/", door(stranger="302", known="200")),
    Row("mfa_authenticate", "/accounts/2fa/authenticate/", door(stranger="302", known="302")),
    Row("mfa_reauthenticate", "/accounts/2fa/reauthenticate/", door(stranger="302", known="302")),
    Row("mfa_activate_totp", "/accounts/2fa/totp/activate/", door(stranger="302", known="302")),
    Row("mfa_deactivate_totp", "/accounts/2fa/totp/deactivate/", door(stranger="302", known="404")),
    Row(
        "mfa_view_recovery_codes",
        "/accounts/2fa/recovery-codes/",
        door(stranger="302", known="404"),
    ),
    Row(
        "mfa_generate_recovery_codes",
        "/accounts/2fa/recovery-codes/generate/",
        door(stranger="302", known="302"),
    ),
    Row(
        "mfa_download_recovery_codes",
        "/accounts/2fa/recovery-codes/download/",
        door(stranger="302", known="404"),
    ),
    Row("mfa_list_webauthn", "/accounts/2fa/webauthn/", door(stranger="302", known="200")),
    Row("mfa_add_webauthn", "/accounts/2fa/webauthn/add/", door(stranger="302", known="302")),
    Row(
        "mfa_reauthenticate_webauthn",
        "/accounts/2fa/webauthn/reauthenticate/",
        door(stranger="302", known="302"),
    ),
    Row(
        "mfa_remove_webauthn",
        "/accounts/2fa/webauthn/keys/1/remove/",
        door(stranger="302", known="302"),
    ),
    Row(
        "mfa_edit_webauthn",
        "/accounts/2fa/webauthn/keys/1/edit/",
        door(stranger="302", known="302"),
    ),
]

# --------------------------------------------------------------------------- API


def api(
    *,
    key: str,
    key_other: str,
    head_buyer: str = "403",
    buyer: str = "403",
    viewer: str = "403",
    other: str = "403",
) -> dict[str, str]:
    """A scope comes before the thing: without it, every thing answers the same."""
    return cells(
        anonymous="401",
        head_buyer=head_buyer,
        buyer=buyer,
        viewer=viewer,
        other=other,
        manager="403",
        key=key,
        key_without="403",
        key_other=key_other,
        deactivated="401",
    )


def listed(*, buyer: str = "403") -> dict[str, str]:
    return api(key="200", key_other="200", head_buyer="200", buyer=buyer, viewer="200", other="200")


def read(*, buyer: str = "403 403 403") -> dict[str, str]:
    """One thing of a partner: there for its own, nowhere for everybody else."""
    return api(
        key="200 200 404",
        key_other="404 200 404",
        head_buyer="200 404 404",
        buyer=buyer,
        viewer="200 404 404",
        other="404 200 404",
    )


def decided(status: str) -> dict[str, str]:
    """What systems of the seller decide, and members never do."""
    return api(key=f"{status} {status} 404", key_other=f"404 {status} 404")


def waiting(status: str) -> dict[str, str]:
    """What waits in the inbox: for systems that see every partner."""
    return api(key=f"{status} {status} 404", key_other="404 404 404")


def managed(status: str) -> dict[str, str]:
    """What systems of the seller and head buyers decide about a team."""
    return decided(status) | {
        "head_buyer": f"{status} 404 404",
        "other": f"404 {status} 404",
    }


# A claim: its company's head buyer, and the buyer who filed it.
OF_A_SELLER = read(buyer="200 404 404") | {"viewer": "403 403 403"}
FOR_EVERYBODY = api(
    key="200 200 404",
    key_other="200 200 404",
    head_buyer="200 200 404",
    buyer="200 200 404",
    viewer="200 200 404",
    other="200 200 404",
)
PERIOD = "?from=2026-01-01T00:00:00Z&until=2026-12-31T00:00:00Z"

API = [
    Row("api:partner-list", "/api/v1/partners", listed(buyer="200")),
    Row("api:partner-detail", "/api/v1/partners/{partner}", read(buyer="200 404 404")),
    # A key of one partner enrols nobody, and edits nobody else.
    Row(
        "api:partner-list",
        "/api/v1/partners",
        api(key="400", key_other="403"),
        method="POST",
    ),
    Row("api:partner-detail", "/api/v1/partners/{partner}", decided("428"), method="PATCH"),
    Row("api:partner-merge", "/api/v1/partners/{partner}/merge", decided("400"), method="POST"),
    Row(
        "api:partner-undo-merge",
        "/api/v1/partners/{partner}/undo-merge",
        decided("400"),
        method="POST",
    ),
    Row("api:member-list", "/api/v1/members", listed()),
    Row("api:member-detail", "/api/v1/members/{member}", read()),
    Row("api:member-detail", "/api/v1/members/{member}", managed("428"), method="PATCH"),
    # The only head buyer stays.
    Row(
        "api:member-deactivate",
        "/api/v1/members/{member}/deactivate",
        managed("409"),
        method="POST",
    ),
    Row(
        "api:member-hand-over",
        "/api/v1/members/{member}/hand-over",
        managed("400"),
        method="POST",
    ),
    # People may be on other teams too: only for systems that see every partner.
    Row(
        "api:member-export",
        "/api/v1/members/{member}/export",
        api(key="200 200 404", key_other="403 403 403"),
    ),
    Row(
        "api:member-erase",
        "/api/v1/members/{member}/erase",
        # The only head buyer stays.
        api(key="409 409 404", key_other="403 403 403"),
        method="POST",
    ),
    Row("api:invitation-list", "/api/v1/invitations", listed()),
    Row(
        "api:invitation-list",
        "/api/v1/invitations",
        api(key="400", key_other="400", head_buyer="400", other="400"),
        method="POST",
    ),
    Row("api:invitation-detail", "/api/v1/invitations/{invitation}", read()),
    Row(
        "api:invitation-resend",
        "/api/v1/invitations/{invitation}/resend",
        managed("200"),
        method="POST",
    ),
    Row(
        "api:invitation-withdraw",
        "/api/v1/invitations/{invitation}/withdraw",
        managed("200"),
        method="POST",
    ),
    Row("api:activity-list", "/api/v1/activities", listed()),
    Row("api:activity-list", "/api/v1/activities", api(key="400", key_other="400"), method="POST"),
    Row(
        "api:activity-batch",
        "/api/v1/activities/batch",
        api(key="400", key_other="400"),
        method="POST",
    ),
    Row("api:activity-detail", "/api/v1/activities/{activity}", read()),
    Row(
        "api:activity-give-up",
        "/api/v1/activities/{activity}/give-up",
        decided("200"),
        method="POST",
    ),
    # Nobody knows whose it is: a key of one partner never sees what waits.
    Row("api:inbox-list", "/api/v1/inbox", api(key="200", key_other="200")),
    Row("api:inbox-detail", "/api/v1/inbox/{parked}", waiting("200")),
    Row("api:inbox-match", "/api/v1/inbox/{parked}/match", waiting("400"), method="POST"),
    Row("api:inbox-dismiss", "/api/v1/inbox/{parked}/dismiss", waiting("400"), method="POST"),
    Row("api:inbox-bring-back", "/api/v1/inbox/{parked}/bring-back", waiting("409"), method="POST"),
    Row("api:claim-list", "/api/v1/claims", listed(buyer="200") | {"viewer": "403"}),
    Row(
        "api:claim-list",
        "/api/v1/claims",
        api(key="400", key_other="400", head_buyer="400", buyer="400", other="400"),
        method="POST",
    ),
    Row("api:claim-detail", "/api/v1/claims/{claim}", OF_A_SELLER),
    Row("api:claim-withdraw", "/api/v1/claims/{claim}/withdraw", OF_A_SELLER, method="POST"),
    Row(
        "api:claim-proofs",
        "/api/v1/claims/{claim}/proofs",
        api(
            key="400 400 404",
            key_other="404 400 404",
            head_buyer="400 404 404",
            buyer="400 404 404",
            viewer="403 403 403",
            other="404 400 404",
        ),
        method="POST",
    ),
    # The seller decides: a key of the partner itself does not.
    Row(
        "api:claim-approve",
        "/api/v1/claims/{claim}/approve",
        api(key="200 200 404", key_other="404 403 404"),
        method="POST",
    ),
    Row(
        "api:claim-reject",
        "/api/v1/claims/{claim}/reject",
        api(key="400 400 404", key_other="404 403 404"),
        method="POST",
    ),
    Row("api:kind-list", "/api/v1/kinds", listed()),
    Row("api:rate-list", "/api/v1/rates", api(key="200", key_other="200")),
    Row("api:rate-list", "/api/v1/rates", api(key="400", key_other="400"), method="POST"),
    Row(
        "api:preview-list",
        "/api/v1/preview",
        api(key="400", key_other="400", head_buyer="400", viewer="400", other="400"),
        method="POST",
    ),
    Row("api:activity-explanation", "/api/v1/activities/{activity}/explanation", read()),
    Row("api:award-list", "/api/v1/awards", listed()),
    Row("api:award-detail", "/api/v1/awards/{award}", read()),
    Row("api:account-list", "/api/v1/accounts", listed(buyer="200")),
    Row("api:account-detail", "/api/v1/accounts/{account}", read(buyer="404 404 404")),
    Row(
        "api:account-statement",
        "/api/v1/accounts/{account}/statement" + PERIOD,
        read(buyer="404 404 404"),
    ),
    Row("api:transfer-list", "/api/v1/transfers", listed(buyer="200")),
    Row("api:transfer-detail", "/api/v1/transfers/{transfer}", read(buyer="404 404 404")),
    Row(
        "api:account-balance",
        "/api/v1/accounts/{account}/balance?at=2026-12-31T00:00:00Z",
        read(buyer="404 404 404"),
    ),
    Row(
        "api:transfer-reverse",
        "/api/v1/transfers/{transfer}/reverse",
        decided("400"),
        method="POST",
    ),
    Row("api:lot-list", "/api/v1/lots", listed(buyer="200")),
    Row("api:lot-release", "/api/v1/lots/{pending}/release", decided("200"), method="POST"),
    Row("api:lot-cancel", "/api/v1/lots/{pending}/cancel", decided("400"), method="POST"),
    Row("api:hold-list", "/api/v1/holds", listed(buyer="200")),
    Row("api:hold-list", "/api/v1/holds", api(key="400", key_other="400"), method="POST"),
    Row("api:hold-detail", "/api/v1/holds/{hold}", read(buyer="404 404 404")),
    Row("api:hold-capture", "/api/v1/holds/{hold}/capture", decided("200"), method="POST"),
    Row("api:hold-release", "/api/v1/holds/{hold}/release", decided("200"), method="POST"),
    Row("api:adjustment-list", "/api/v1/adjustments", listed(buyer="200")),
    Row(
        "api:adjustment-list",
        "/api/v1/adjustments",
        api(key="400", key_other="400"),
        method="POST",
    ),
    Row("api:adjustment-detail", "/api/v1/adjustments/{adjustment}", read(buyer="404 404 404")),
    Row(
        "api:adjustment-withdraw",
        "/api/v1/adjustments/{adjustment}/withdraw",
        # Asked for by a person, so no key takes it back.
        decided("403"),
        method="POST",
    ),
    Row("api:programme-list", "/api/v1/programmes", listed(buyer="200")),
    Row("api:programme-detail", "/api/v1/programmes/{programme}", FOR_EVERYBODY),
    Row("api:programme-rules", "/api/v1/programmes/{programme}/rules", FOR_EVERYBODY),
    Row("api:programme-versions", "/api/v1/programmes/{programme}/versions", FOR_EVERYBODY),
    Row("api:campaign-list", "/api/v1/campaigns", listed(buyer="200")),
    Row("api:standing-list", "/api/v1/standings", listed(buyer="200")),
    Row("api:reward-list", "/api/v1/rewards", listed(buyer="200")),
    Row("api:reward-detail", "/api/v1/rewards/{reward}", FOR_EVERYBODY),
    Row("api:redemption-list", "/api/v1/redemptions", listed(buyer="200")),
    Row(
        "api:redemption-list",
        "/api/v1/redemptions",
        api(key="400", key_other="400", head_buyer="400", buyer="400", other="400"),
        method="POST",
    ),
    Row("api:redemption-detail", "/api/v1/redemptions/{redemption}", read(buyer="404 404 404")),
    Row(
        "api:redemption-approve",
        "/api/v1/redemptions/{redemption}/approve",
        decided("200"),
        method="POST",
    ),
    Row(
        "api:redemption-fulfil",
        "/api/v1/redemptions/{redemption}/fulfil",
        decided("409"),
        method="POST",
    ),
    Row(
        "api:redemption-reject",
        "/api/v1/redemptions/{redemption}/reject",
        decided("200"),
        method="POST",
    ),
    Row(
        "api:redemption-cancel",
        "/api/v1/redemptions/{redemption}/cancel",
        read(buyer="404 404 404") | {"viewer": "403 403 403"},
        method="POST",
    ),
    Row("api:entitlement-list", "/api/v1/entitlements", listed()),
    Row("api:entitlement-detail", "/api/v1/entitlements/{entitlement}", read()),
    Row(
        "api:entitlement-use",
        "/api/v1/entitlements/{entitlement}/use",
        decided("200"),
        method="POST",
    ),
    Row("api:share-list", "/api/v1/shares", listed()),
    Row(
        "api:share-list",
        "/api/v1/shares",
        api(key="400", key_other="400", head_buyer="400", other="400"),
        method="POST",
    ),
    Row("api:share-detail", "/api/v1/shares/{share}", read()),
    Row(
        "api:share-undo",
        "/api/v1/shares/{share}/undo",
        # A key has to say who acts, once it is clear that there is something to undo.
        read() | {"viewer": "403 403 403", "key": "400 400 404", "key_other": "404 400 404"},
        method="POST",
    ),
    Row(
        "api:consent-list",
        "/api/v1/consents",
        api(key="200", key_other="200", head_buyer="200", other="200"),
    ),
    # Nobody agreed for the head buyers, whom the addresses name: nothing to withdraw.
    Row(
        "api:consent-withdraw",
        "/api/v1/consents/{member}/withdraw",
        api(
            key="404 404 404",
            key_other="404 404 404",
            head_buyer="404 404 404",
            other="404 404 404",
        ),
        method="POST",
    ),
    Row(
        "api:gift-list",
        "/api/v1/gift-register",
        api(key="200", key_other="200", head_buyer="200", other="200"),
    ),
    Row("api:event-list", "/api/v1/events", listed()),
    Row(
        "api:openapi",
        "/api/v1/openapi.yaml",
        dict.fromkeys(ROLES, "200") | {"anonymous": "401", "deactivated": "401"},
    ),
    Row("api:docs", "/api/v1/docs", door(stranger="302", known="200")),
    Row("api:redoc", "/api/v1/docs/redoc", door(stranger="302", known="200")),
    Row("api:problems", "/api/v1/docs/problems", door(stranger="302", known="200")),
    Row("api:nowhere", "/api/v1/no-such-thing", dict.fromkeys(ROLES, "404")),
    Row("api:nowhere", "/api/v1/partners/", dict.fromkeys(ROLES, "404"), method="POST"),
    Row("no-such-api", "/api/v2/partners", dict.fromkeys(ROLES, "404")),
]

# ------------------------------------------------------------------------- admin


def staff(status: str) -> dict[str, str]:
    """Only people of the seller come in; everybody else is sent to the door."""
    return dict.fromkeys(ROLES, "302") | {"manager": status}


# What cannot be done to the things of this world: they are published, no debt, not expired, and do
# not wait.
NOT_ASKED = {
    "publish_draft": "302 302 302",
    "forgive": "302 302 404",
    "reinstate": "302 302 404",
    "release_pending": "302 302 404",
    "cancel_pending": "302 302 404",
    # Decided, undone or not dismissed: there is nothing to ask about here.
    "undo": "302 302 404",
    "bring_back": "302 302 404",
    "mark_paid": "302 302 404",
    # It goes on to the page that asks for both partners.
    "merge_into_it": "302 302 302",
    "preview_earning": "302 302 302",
}


ADDRESSES = {
    "stop_waiting": "give-up",
    "make_rule": "make-rule",
    "bring_back": "bring-back",
    "mark_paid": "mark-paid",
    "release_now": "release",
    "cancel_waiting": "cancel",
    "merge_into_it": "merge",
    "preview_earning": "preview",
    "open_it": "open",
    "close_it": "close",
    "add_partners": "add-partners",
    "remove_partners": "remove-partners",
}


@dataclass(frozen=True)
class Page:
    """A model in the admin: what a manager may do beside reading."""

    model: str
    adds: bool = False
    steps: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row]:
        app, name = self.model.split("_")
        root = f"/admin/{app}/{name}/"
        one = f"{root}{{{self.model}}}/"
        route = f"admin:{self.model}"
        yield Row(f"{route}_changelist", root, staff("200"))
        yield Row(f"{route}_add", f"{root}add/", staff("200" if self.adds else "403"))
        # A row that is not there sends back to the overview with a message.
        yield Row(f"{route}_change", f"{one}change/", staff("200 200 302"))
        yield Row(f"{route}_history", f"{one}history/", staff("200 200 302"))
        # Nothing that holds history is ever deleted.
        yield Row(f"{route}_delete", f"{one}delete/", staff("403 403 403"))
        yield Row(f"admin/{app}/{name}/<path:object_id>/", one, staff("302 302 302"))
        for step in self.steps:
            # A page that asks for confirmation.
            shown = NOT_ASKED.get(step, "200 200 404")
            address = ADDRESSES.get(step, step)
            yield Row(f"{route}_{step}", f"{one}{address}/", staff(shown))


PAGES = [
    Page("admin_logentry"),
    Page("auth_group"),
    Page("ledger_account", steps=("statement", "adjust", "forgive")),
    Page("ledger_accountcode", adds=True),
    Page("ledger_correction", steps=("agree", "decline", "withdraw")),
    Page("ledger_correctionlimit", adds=True),
    Page("ledger_correctionreason", adds=True),
    Page("ledger_hold", steps=("release",)),
    Page("ledger_lot", steps=("release_pending", "cancel_pending")),
    Page("ledger_seal"),
    Page("ledger_transfer", steps=("reverse", "reinstate")),
    Page("ledger_unit"),
    Page("partners_activity"),
    Page("partners_apikey", adds=True, steps=("rotate", "resume", "revoke")),
    Page("partners_erasure"),
    Page("partners_event"),
    Page("partners_importrun"),
    Page("partners_invitation", adds=True, steps=("resend", "withdraw")),
    Page("partners_jobrun"),
    Page("partners_member", steps=("change_role", "hand_over", "name_approver", "deactivate")),
    Page("partners_matchingrule"),
    Page("partners_parkeddocument", steps=("match", "make_rule", "dismiss", "bring_back")),
    Page("partners_ownkind", adds=True),
    Page("partners_exchangerate", adds=True),
    Page("partners_waitingreference", steps=("stop_waiting",)),
    Page("partners_partner", adds=True, steps=("merge_into_it", "preview_earning")),
    Page("partners_partnermerge", steps=("undo",)),
    Page("partners_tag", adds=True),
    Page("partners_person", adds=True, steps=("send_link", "export", "erase")),
    Page("partners_selloutclaim", steps=("approve", "reject", "mark_paid")),
    Page("rewards_award", steps=("release_now", "cancel_waiting")),
    Page("rewards_clawback"),
    Page("rewards_earningapprover"),
    Page("rewards_earningconsent", steps=("withdraw",)),
    Page("rewards_entitlement"),
    Page("rewards_programme", steps=("edit_rules", "open_it", "close_it")),
    Page("rewards_programmeversion", steps=("publish_draft",)),
    Page("rewards_redemption", steps=("approve", "ship", "fulfil", "reject", "cancel")),
    Page("rewards_reward", adds=True),
    Page("rewards_segment", adds=True, steps=("add_partners", "remove_partners")),
    Page("rewards_share"),
    Page("rewards_standing"),
    Page("rewards_tierchange"),
]

VERSION = "/admin/rewards/programmeversion/{rewards_programmeversion}/"


def rule_editor() -> Iterator[Row]:
    """
    The pages of a version. The one of this world is published: it is read, and never changed. From
    one that is not there, as a draft that was discarded, one is sent back to the programmes.
    """
    for name in ("campaigns", "tiers", "settings", "names", "document", "compare", "trial"):
        yield of_version(name, f"{name}/", "200 200 302")
    yield of_version("campaign", "campaigns/no-such/", "404 404 302")
    writing = (
        ("rule", "rules/base/"),
        ("rule_add", "rules/add/"),
        ("campaign_add", "campaigns/add/"),
        ("campaign_edit", "campaigns/spring/edit/"),
        ("discard", "discard/"),
    )
    for name, address in writing:
        yield of_version(name, address, "302 302 302")
    # It began long ago: asked, and refused when it is confirmed.
    yield of_version("withdraw", "withdraw/", "200 200 404")
    single = (
        ("rule_move", "rules/base/move/"),
        ("rule_copy", "rules/base/copy/"),
        ("rule_remove", "rules/base/remove/"),
        ("put_back", "put-back/"),
        ("campaign_remove", "campaigns/spring/remove/"),
        ("campaign_put_back", "put-campaign-back/"),
    )
    for name, address in single:
        yield of_version(name, address, "302 302 302")
        yield of_version(name, address, "302 302 302", method="POST")


def of_version(name: str, address: str, status: str, *, method: str = "GET") -> Row:
    route = f"admin:rewards_programmeversion_{name}"
    return Row(route, f"{VERSION}{address}", staff(status), method=method)


ADMIN = [
    Row("admin:index", "/admin/", staff("200")),
    Row("admin:search", "/admin/search/?s=tea", staff("200")),
    Row("admin:app_list", "/admin/partners/", staff("200")),
    Row("admin:login", "/admin/login/", staff("302") | dict.fromkeys(TEAMS, "403")),
    Row("admin:logout", "/admin/logout/", staff("405")),
    Row("admin:password_change", "/admin/password_change/", staff("200")),
    Row("admin:password_change_done", "/admin/password_change/done/", staff("200")),
    Row(
        "admin:autocomplete",
        "/admin/autocomplete/?app_label=partners&model_name=member&field_name=partner&term=Shop",
        staff("200"),
    ),
    Row("admin:jsi18n", "/admin/jsi18n/", staff("200")),
    Row("finance", "/admin/finance/", staff("200")),
    Row("opening", "/admin/opening/", staff("200")),
    Row("campaigns", "/admin/campaigns/", staff("200")),
    Row("gift-register", "/admin/gifts/", staff("200")),
    Row("admin:rewards_programme_new_programme", "/admin/rewards/programme/start/", staff("302")),
    Row("admin:rewards_programme_presets", "/admin/rewards/programme/new/", staff("200")),
    Row("admin:rewards_programme_create", "/admin/rewards/programme/new/starter/", staff("200")),
    Row("admin:rewards_programme_create", "/admin/rewards/programme/new/no-such/", staff("404")),
    *rule_editor(),
    Row("import-upload", "/admin/imports/", staff("200")),
    Row("import", "/admin/imports/{partners_importrun}/", staff("200 200 404")),
    # Somebody else's file: what it means is not asked of others.
    Row("import-mapping", "/admin/imports/{partners_importrun}/mapping/", staff("403 403 404")),
    Row("import-rows", "/admin/imports/{partners_importrun}/rows.csv", staff("200 200 404")),
    Row(
        "admin:partners_importrun_upload_file",
        "/admin/partners/importrun/upload/",
        staff("302"),
    ),
    # Nobody's signature.
    Row("opening-post", "/admin/opening/no-such-link/", staff("404")),
    Row("admin:view_on_site", "/admin/r/1/1/", staff("404")),
    Row(
        "admin:ledger_correction_upload",
        "/admin/ledger/correction/upload/",
        staff("200"),
    ),
    Row(
        "admin:partners_partner_find_duplicates",
        "/admin/partners/partner/duplicates/",
        staff("302"),
    ),
    Row(
        "admin:partners_exchangerate_upload_rates",
        "/admin/partners/exchangerate/upload/",
        staff("200"),
    ),
    Row("admin:partners_partnermerge_start", "/admin/partners/partnermerge/start/", staff("200")),
    Row(
        "admin:partners_partnermerge_duplicates",
        "/admin/partners/partnermerge/duplicates/",
        staff("200"),
    ),
    Row(
        "admin:partners_selloutclaim_proof",
        "/admin/partners/selloutclaim/{partners_selloutclaim}/proofs/{claim_proof}/",
        staff("200 200 404"),
    ),
    Row(
        "admin:rewards_award_of_activity",
        "/admin/rewards/award/of-activity/{partners_activity}/",
        staff("200 200 404"),
    ),
    Row("admin:rewards_award_preview_earning", "/admin/rewards/award/preview/", staff("200")),
    Row(
        "admin:rewards_explain",
        "/admin/rewards/award/of-transfer/{ledger_transfer}/",
        staff("302 302 404"),
    ),
    Row("admin/(?P<url>.*)$", "/admin/no-such-page/", staff("404")),
    *(row for page in PAGES for row in page.rows()),
]

# ------------------------------------------------------------------------ health

HEALTH = [
    Row("healthz", "/healthz", dict.fromkeys(ROLES, "200")),
    Row("readyz", "/readyz", dict.fromkeys(ROLES, "200")),
]

TABLE: list[Row] = [*PORTAL, *ACCOUNTS, *API, *ADMIN, *HEALTH]

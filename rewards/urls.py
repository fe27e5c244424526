from django.urls import path

from rewards import views

app_name = "rewards"

urlpatterns = [
    # /catalogue/
    path("catalogue/", views.catalogue, name="catalogue"),
    path("catalogue/<slug:slug>/", views.reward, name="reward"),
    # /earn/
    path("earn/", views.ways_to_earn, name="ways-to-earn"),
    path("earn/<uuid:public_id>/", views.earned, name="earned"),
    # /claims/
    path("claims/", views.claims, name="claims"),
    path("claims/new/", views.new_claim, name="claim-new"),
    path("claims/<uuid:public_id>/", views.claim, name="claim"),
    path("claims/<uuid:public_id>/withdraw/", views.withdraw_claim, name="claim-withdraw"),
    path("claims/<uuid:public_id>/appeal/", views.appeal_claim, name="claim-appeal"),
    path("claims/<uuid:public_id>/proofs/<uuid:proof_id>/", views.claim_proof, name="claim-proof"),
    # /redemptions/
    path("redemptions/", views.redemptions, name="redemptions"),
    path("redemptions/<uuid:public_id>/", views.redemption, name="redemption"),
    path("redemptions/<uuid:public_id>/cancel/", views.cancel_redemption, name="redemption-cancel"),
    # /share/ makes one, /shares/ lists them
    path("share/", views.share, name="share"),
    path("share/<uuid:public_id>/", views.share_receipt, name="share-receipt"),
    path("share/<uuid:public_id>/undo/", views.undo_share, name="share-undo"),
    path("shares/", views.shares, name="shares"),
    # /my-data/ is about whoever is signed in, whatever their companies
    path("my-data/", views.my_data, name="my-data"),
    path("my-data/download/", views.download_my_data, name="my-data-download"),
    path("my-data/erase/", views.erase_my_data, name="my-data-erase"),
    # /team/
    path("team/", views.team, name="team"),
    path("team/invite/", views.invite, name="invite"),
    path(
        "team/invitations/<uuid:public_id>/resend/",
        views.resend_invitation,
        name="invitation-resend",
    ),
    path(
        "team/invitations/<uuid:public_id>/withdraw/",
        views.withdraw_invitation,
        name="invitation-withdraw",
    ),
    path("team/personal-earning/", views.personal_earning, name="personal-earning"),
    path("team/personal-earning/approver/", views.name_approver, name="approver"),
    path(
        "team/personal-earning/<uuid:public_id>/agree/",
        views.agree_to_earning,
        name="personal-earning-agree",
    ),
    path(
        "team/personal-earning/<uuid:public_id>/withdraw/",
        views.withdraw_earning,
        name="personal-earning-withdraw",
    ),
    path("team/gifts/", views.gifts, name="gifts"),
    path("team/gifts.csv", views.gifts_file, {"kind": "csv"}, name="gifts-csv"),
    path("team/gifts.xlsx", views.gifts_file, {"kind": "xlsx"}, name="gifts-xlsx"),
    path("team/<uuid:public_id>/", views.member, name="member"),
    path("team/<uuid:public_id>/hand-over/", views.hand_over, name="hand-over"),
    path("team/<uuid:public_id>/leave/", views.leave, name="leave"),
]

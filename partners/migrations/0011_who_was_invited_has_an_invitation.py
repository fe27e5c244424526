"""Nobody is a member before they accept: who was only invited gets an invitation instead."""

import secrets
from datetime import timedelta

import django.db.models.deletion
from django.db import migrations, models

VALID = timedelta(days=7)
# No link leads to these: whoever wants the person on the team sends the invitation again.
NO_LINK = "no-link-"


def turn_into_invitations(apps, schema_editor):
    Member = apps.get_model("partners", "Member")
    Invitation = apps.get_model("partners", "Invitation")
    for member in Member.objects.filter(status="invited").select_related("person").iterator():
        open_ones = Invitation.objects.filter(
            partner_id=member.partner_id,
            email=member.person.email,
            accepted_at__isnull=True,
            withdrawn_at__isnull=True,
        )
        if not open_ones.exists():
            Invitation.objects.create(
                partner_id=member.partner_id,
                email=member.person.email,
                name=member.person.name,
                language=member.person.language,
                role=member.role,
                job_title=member.job_title,
                token_hash=NO_LINK + secrets.token_hex(16),
                invited_at=member.joined_at,
                sent_at=member.joined_at,
                expires_at=member.joined_at + VALID,
            )
        # The row stays, for whatever refers to it; accepting makes it active.
        member.status, member.left_at = "left", member.joined_at
        member.save(update_fields=["status", "left_at"])


def turn_back_into_members(apps, schema_editor):
    Member = apps.get_model("partners", "Member")
    Invitation = apps.get_model("partners", "Invitation")
    turned = Invitation.objects.filter(token_hash__startswith=NO_LINK, accepted_at__isnull=True)
    for invitation in turned.iterator():
        Member.objects.filter(
            partner_id=invitation.partner_id,
            person__email=invitation.email,
            status="left",
            left_at=models.F("joined_at"),
        ).update(status="invited", left_at=None)
        invitation.delete()


class Migration(migrations.Migration):
    dependencies = [("partners", "0010_keys_rotate_and_have_budgets")]

    operations = [
        migrations.CreateModel(
            name="InvitationMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sent_at", models.DateTimeField(verbose_name="sent at")),
                (
                    "invitation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mails",
                        to="partners.invitation",
                    ),
                ),
            ],
            options={
                "verbose_name": "mail of an invitation",
                "verbose_name_plural": "mails of invitations",
                "indexes": [models.Index(fields=["sent_at"], name="partners_invitationmail_time")],
            },
        ),
        migrations.RunPython(turn_into_invitations, turn_back_into_members),
        migrations.AlterField(
            model_name="member",
            name="status",
            field=models.CharField(
                choices=[("active", "Active"), ("left", "Left")],
                default="active",
                max_length=16,
                verbose_name="status",
            ),
        ),
    ]

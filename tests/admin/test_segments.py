"""Segments: who is put on them and taken off, and from which day."""

import pytest

from rewards.models import Segment, SegmentPlace
from tests.admin.programmes.pages import text_of
from tests.rewards.cast import make_partner, make_programme

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


class TestSegments:
    def test_partners_are_added_by_their_numbers_and_taken_off(self, client, root):
        programme = make_programme()
        segment = Segment.objects.create(code="vip", name="Best friends")
        partner = make_partner(programme, "12346")
        url = f"/admin/rewards/segment/{segment.pk}/add-partners/"
        data = {"numbers": "12346, 99999", "day": "2026-03-01"}

        seen = client.post(url, data)
        assert "1 number is of no partner: 99999" in text_of(seen)
        assert not SegmentPlace.objects.exists()
        client.post(url, {**data, "confirmed": "1"})

        place = SegmentPlace.objects.get()
        assert (place.partner, place.since.isoformat(), place.until) == (
            partner,
            "2026-03-01",
            None,
        )
        chosen = make_partner(programme, "12399")
        found = {"partners": [chosen.pk], "numbers": "", "day": "2026-03-01"}
        assert f'name="partners" value="{chosen.pk}"' in client.post(url, found).content.decode()
        client.post(url, {**found, "confirmed": "1"})
        assert chosen.segment_places.exists()
        again = client.post(url, {**data, "confirmed": "1"})
        assert "Stand on it already" in text_of(again)
        for key in ("abc", "9" * 20):
            wrong = client.post(url, {**found, "partners": [key]})
            assert "Choose partners of the list" in text_of(wrong)
        off = url.replace("add-partners", "remove-partners")
        client.post(off, {"numbers": "12346", "day": "2026-04-01", "confirmed": "1"})
        place.refresh_from_db()
        assert place.until.isoformat() == "2026-04-01"

    @pytest.mark.parametrize("numbers", ["", " , ", "\n".join(map(str, range(201)))])
    def test_needs_some_numbers_and_not_too_many(self, client, root, numbers):
        segment = Segment.objects.create(code="vip", name="Best friends")
        url = f"/admin/rewards/segment/{segment.pk}/add-partners/"

        answer = client.post(url, {"numbers": numbers, "day": "2026-03-01"})

        assert answer.status_code == 422
        assert answer.context["form"].errors["numbers"]

    def test_a_new_one_without_a_name_is_refused_and_kept(self, client, root):
        answer = client.post("/admin/rewards/segment/add/", {"name": "", "description": "Seen"})

        assert answer.status_code == 422
        assert 'value="Seen"' in answer.content.decode() or ">Seen<" in answer.content.decode()
        assert not Segment.objects.exists()

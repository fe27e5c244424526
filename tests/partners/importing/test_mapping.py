"""A mapping is checked in full before a file is opened."""

from pathlib import Path

import pytest

from partners.importing.mapping import Mapping, MappingInvalid, load_mapping, parse_mapping

DATA = Path(__file__).parents[3] / "data"


class TestLoadMapping:
    def test_reads_the_mapping_of_the_real_orders(self):
        mapping = load_mapping(DATA / "online_retail.toml")

        assert mapping.columns["partner"] == "CustomerID"
        assert (mapping.currency, mapping.zone.key) == ("GBP", "Europe/London")
        assert mapping.create_partners
        assert mapping.marks_return("C536379", kind="order")
        assert not mapping.marks_return("536379", kind="order")

    def test_says_where_the_file_is_not_toml(self, tmp_path):
        path = tmp_path / "mapping.toml"
        path.write_text("[columns\n")

        with pytest.raises(MappingInvalid, match="line 1"):
            load_mapping(path)

    def test_refuses_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(MappingInvalid, match="No such file"):
            load_mapping(tmp_path / "missing.toml")


class TestParseMapping:
    def test_expects_our_own_names_where_no_columns_are_named(self):
        mapping = parse_mapping({"defaults": {"currency": "EUR"}})

        assert mapping.columns == Mapping().columns
        assert not mapping.columns_are_named

    def test_takes_one_date_pattern_or_several(self):
        one = parse_mapping({"format": {"dates": "%d.%m.%Y"}})
        two = parse_mapping({"format": {"dates": ["%d.%m.%Y", "%Y/%m/%d"]}})

        assert one.dates == ("%d.%m.%Y",)
        assert two.dates == ("%d.%m.%Y", "%Y/%m/%d")

    @pytest.mark.parametrize(
        ("content", "named"),
        [
            ({"colums": {}}, "colums"),
            ({"columns": "order"}, "columns"),
            ({"columns": {"colour": "Colour"}}, "colour"),
            ({"columns": {"order": 5}}, "5"),
            ({"defaults": {"currency": "gbp"}}, "gbp"),
            ({"defaults": {"timezone": "Europe/Atlantis"}}, "Atlantis"),
            ({"defaults": {"timezone": "../../etc/passwd"}}, "passwd"),
            ({"format": {"encoding": "klingon"}}, "klingon"),
            ({"format": {"encoding": "base64"}}, "base64"),
            ({"format": {"encoding": "utf-8\0"}}, "not an encoding"),
            ({"format": {"decimal": ";"}}, "decimal"),
            ({"format": {"decimal": ",", "thousands": ","}}, "decimal"),
            ({"format": {"delimiter": "||"}}, "delimiter"),
            ({"format": {"dates": "iso"}}, "dates"),
            ({"format": {"dates": "%Y-%Y"}}, "dates"),
            ({"format": {"dates": ["%d.%m.%Y", "%Q"]}}, "dates"),
            ({"format": {"dates": "%"}}, "dates"),
            ({"rules": {"create_partners": "yes"}}, "create_partners"),
            ({"rules": {"return_prefix": True}}, "return_prefix"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, content, named):
        with pytest.raises(MappingInvalid, match=named):
            parse_mapping(content)

"""The script that brings a bare machine to a running Tessera."""

import importlib.machinery
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def dev() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("dev_script", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class TestPipOptions:
    def test_become_uvs(self, dev: ModuleType) -> None:
        told = dev.translate_pip_options(
            {
                "index-url": "https://mirror.test/simple",
                "extra-index-url": "https://one.test/simple\nhttps://two.test/simple",
                "trusted-host": "mirror.test",
                "cert": "/etc/mirror.pem",
                "find-links": "/nowhere/at/all https://links.test/",
                "default-timeout": "180",
                "proxy": "http://proxy.test:3128",
                "no-index": "false",
            },
            {},
        )

        assert told == {
            "UV_DEFAULT_INDEX": "https://mirror.test/simple",
            "UV_INDEX": "https://one.test/simple https://two.test/simple",
            "UV_INDEX_STRATEGY": "unsafe-best-match",
            "UV_INSECURE_HOST": "mirror.test",
            "SSL_CERT_FILE": "/etc/mirror.pem",
            "UV_FIND_LINKS": "https://links.test/",
            "UV_HTTP_TIMEOUT": "180",
            "ALL_PROXY": "http://proxy.test:3128",
        }

    def test_give_way_to_what_is_set_for_uv(self, dev: ModuleType) -> None:
        told = dev.translate_pip_options(
            {"index-url": "https://mirror.test/simple"},
            {"UV_INDEX_URL": "https://chosen.test/simple"},
        )

        assert told == {}

    def test_are_read_from_the_environment_first(
        self, dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        configuration = tmp_path / "pip.conf"
        configuration.write_text(
            "[global]\nindex-url = https://file.test/simple\ntimeout = 7\n[install]\ntimeout = 8\n"
        )
        monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
        monkeypatch.setenv("PIP_INDEX_URL", "https://variable.test/simple")

        options = dev.read_pip_configuration()

        assert options["index-url"] == "https://variable.test/simple"
        assert options["timeout"] == "8"


class TestLocks:
    @pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.txt")), ids=str)
    def test_pin_every_package_by_hash_and_name_no_host(self, lock: Path) -> None:
        text = lock.read_text()
        packages = re.findall(r"^\S+==\S+.*\\$", text, re.MULTILINE)
        lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]

        assert all(line.startswith("    --hash=sha256:") or line in packages for line in lines)
        assert "://" not in text

    def test_know_the_files_of_every_platform(self) -> None:
        """A lock written beside a partial index would pin the one wheel that lies there."""
        locked = (ROOT / "requirements" / "runtime.txt").read_text()
        compiled = re.search(r"^cffi==.*?(?=^\S)", locked, re.MULTILINE | re.DOTALL)

        assert compiled
        assert compiled.group().count("--hash=") > 10

    def test_agree_with_one_another(self) -> None:
        versions: dict[str, set[str]] = {}
        for lock in (ROOT / "requirements").glob("*.txt"):
            for name, version in re.findall(r"^(\S+)==(\S+)", lock.read_text(), re.MULTILINE):
                versions.setdefault(name, set()).add(version)

        assert {name for name, found in versions.items() if len(found) > 1} == set()


class TestStamp:
    def test_changes_with_the_locks(
        self, dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(dev, "REQUIREMENTS", tmp_path)
        (tmp_path / "runtime.txt").write_text("django==5.2.19\n")
        before = dev.make_stamp(["runtime"])

        (tmp_path / "runtime.txt").write_text("django==5.2.20\n")

        assert dev.make_stamp(["runtime"]) != before

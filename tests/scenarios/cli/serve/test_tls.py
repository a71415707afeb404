"""A CLIENT behind https, whose certificate an authority of its own signed: every provider reaches it, and no other."""

import pytest

from tests.support.programs.commanding import pitboss
from tests.support.servers.scripted_server import answer, over_tls

SECTIONS = {
    "orphan --amount 1": '[operator]\ncallback_url = "URL"\nsecurity_hash = "hash"\n[players]\nids = ["p-1"]\n',
    "coupon/ready": '[jackpot]\nnotification_url = "URL"\napi_key = "k"\napi_signature = "s"\nclient_secret = "t"\n',
    "decision": '[checkout]\nmerchant_id = "m"\nkey = "a key of thirty-two bytes or more"\ndecision_url = "URL"\n',
}


@pytest.mark.parametrize("event", SECTIONS)
def test_trigger_verifies_the_client_by_ca_file(tmp_path, event):
    with over_tls(tmp_path, lambda _: answer()) as (server, base_url, file):
        path = tmp_path / "pitboss.toml"
        path.write_text(SECTIONS[event].replace("URL", base_url) + f'[target]\nca_file = "{file}"\n')
        done = pitboss("trigger", *event.split(), cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(server.asked) == 1
        path.write_text(SECTIONS[event].replace("URL", base_url))
        done = pitboss("trigger", *event.split(), cwd=tmp_path)
        assert done.returncode == 3, done.stdout + done.stderr
        assert "the certificate is not verified" in done.stdout + done.stderr
        assert "ca_file names the authorities to trust" in done.stdout + done.stderr
        assert len(server.asked) == 1

"""Every check leaves its report, which the next command finds without being told where it is."""

import json
import re

from tests.support.in_memory.faulty_wallets import PaysOrphans
from tests.support.in_memory.wallets import Wallet, served
from tests.support.programs.commanding import pitboss, target_file, three_beats


def test_a_check_leaves_its_report_and_the_next_judges_what_was_broken(tmp_path):
    last = tmp_path / ".pitboss" / "last"
    wallet = PaysOrphans()
    with served(wallet) as url:
        target_file(tmp_path, url)
        first = pitboss("check", "--only", "RBK-04,RES-01", "--effort", "quick", cwd=tmp_path)
        assert first.returncode == 1
        assert "report: .pitboss/last/report.html" in first.stdout
        assert {path.name for path in last.iterdir()} >= {
            "report.html",
            "report.json",
            "junit.xml",
            "history.har",
        }
        assert (last.parent / ".gitignore").read_text() == "*\n"
        (tmp_path / "before.json").write_text((last / "report.json").read_text())
        again = pitboss("check", "--last-failed", "--effort", "quick", cwd=tmp_path, COLUMNS="300")
        assert again.returncode == 1
        assert [rule["id"] for rule in json.loads((last / "report.json").read_text())["rules"]] == ["RBK-04"]
        drawn = pitboss("report", "--no-open", cwd=tmp_path)
        assert drawn.stdout == ".pitboss/last/report.html is written; open it in a browser.\n"
        assert "again    sh .pitboss/last/repro/RBK-04.sh" in again.stdout
        number = re.search(r"#(\d+) +POST \S*/transaction-rollback (\{.*)", again.stdout)
        copy, fresh = (
            pitboss("resend", number[1], cwd=tmp_path),
            pitboss("resend", number[1], "--fresh", cwd=tmp_path),
        )
        assert (copy.returncode, fresh.returncode) == (0, 0), copy.stdout + fresh.stdout
        assert number[2] in copy.stdout
        sent, other = (json.loads(re.search(r"sent +(.*)", done.stdout)[1]) for done in (copy, fresh))
        assert sent.pop("transaction_id") != other.pop("transaction_id")
        assert sent == other
        assert "from 0 to" in three_beats(pitboss("resend", "99999", cwd=tmp_path), 2)
        (tmp_path / "known.json").write_text((last / "report.json").read_text())
        two = ("check", "--only", "RBK-04,RES-01", "--effort", "quick")
        known = pitboss(*two, "--baseline", "known.json", cwd=tmp_path)
        assert known.returncode == 0
        # Another place is remembered, and what is there is left alone by the next run.
        assert (
            pitboss("check", "--last-failed", "--effort", "quick", "--report", "out", cwd=tmp_path).returncode
            == 1
        )
        written = (tmp_path / "out" / "report.json").read_text()
        assert (last / "report.json").read_text() == written
        again = pitboss("check", "--last-failed", "--effort", "quick", cwd=tmp_path)
        assert (again.returncode, (tmp_path / "out" / "report.json").read_text()) == (1, written)
        assert not last.is_symlink()
        assert "known from the baseline, and not counted: RBK-04" in known.stdout
        assert "1 of 2 judged MUST rules does not hold; nothing of that is new" in known.stdout
        assert pitboss(*two, "-x", "--baseline", "before.json", cwd=tmp_path).returncode == 0
        ended = pitboss("check", "--only", "RBK-04,IDM", "-x", "--effort", "quick", cwd=tmp_path)
        assert ended.returncode == 1
        assert "the run was to end with the first that breaks a rule (-x)" in ended.stdout
    other = pitboss("diff", "before.json", cwd=tmp_path)
    assert (other.returncode, "no longer judged  RES-01" in other.stdout) == (0, True)


def test_without_a_last_report_there_is_nothing_to_judge_again(tmp_path):
    target_file(tmp_path, "http://127.0.0.1:9")
    for command in (("check", "--last-failed"), ("resend", "3")):
        reported = three_beats(pitboss(*command, cwd=tmp_path), 2)
        assert "there is no report in this folder yet" in reported
        assert "run pitboss check first" in reported


def test_where_no_folder_can_be_made_the_report_goes_to_a_temporary_one(tmp_path):
    (tmp_path / ".pitboss").write_text("a file where the folder would be")
    with served(Wallet()) as url:
        target_file(tmp_path, url)
        done = pitboss("check", "--only", "RES-01", "--effort", "quick", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "pitboss-report-" in done.stdout


def test_a_file_that_cannot_be_written_is_one_line_and_changes_no_verdict(tmp_path):
    for name in ("report.json", "history.har"):
        (tmp_path / "out" / name).mkdir(parents=True)
    (tmp_path / "out" / "junit.xml").symlink_to(tmp_path / "no" / "where")
    wallet = Wallet()
    with served(wallet) as url:
        target_file(tmp_path, url)
        done = pitboss(
            "check", "--only", "RES-01", "--effort", "quick", "--report", "out", cwd=tmp_path, COLUMNS="300"
        )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("report.json", "history.har"):
        assert f"{name} cannot be written: Is a directory" in done.stdout
    assert "junit.xml cannot be written: No such file" in done.stdout
    assert (tmp_path / "out" / "report.html").read_text()
    assert "report: out/report.html\n" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_demo_names_commands_that_work_as_printed_and_its_report_is_replayed(tmp_path):
    # Whose fault shows in one of the currencies alone, which the commands must name, too.
    asked = "demo --mutant idm-euros-alone --currency USD --only IDM-01"
    demo = pitboss(*asked.split(), cwd=tmp_path)
    assert demo.returncode == 1
    again = re.search(rf"again +pitboss ({asked} .*)", demo.stdout)
    assert pitboss(*again[1].split(), cwd=tmp_path).returncode == 1
    replayed = pitboss("replay", ".pitboss/last", "--rule", "IDM-01", cwd=tmp_path)
    assert replayed.returncode == 1, replayed.stderr
    assert re.search(r"IDM-01 broken \(MUST\): [^:]+\(in\s+USD", replayed.stdout)

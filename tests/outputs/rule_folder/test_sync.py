"""A folder of rules that follows its source, and leaves alone what people made."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sigma.collection import SigmaCollection

from sigma_socdefenders.errors import OutputError, RepositoryError
from sigma_socdefenders.outputs.rule_folder import MANIFEST, sync
from sigma_socdefenders.outputs.rule_folder.naming import documents
from tests.outputs.rule_folder.helpers import addresses, built, files, rules, stamps


def test_a_new_folder_holds_the_rules(tmp_path):
    """The files are the source's rules, and the manifest lists each with its digest."""
    plan = sync(tmp_path / "new" / "rules", built(["192.0.2.1", "evil.example"]))
    found = rules(tmp_path / "new" / "rules")
    assert len(plan.added) == len(found) == 2
    expected = {str(each.rule.id) for each in built(["192.0.2.1", "evil.example"])}
    collection = SigmaCollection.load_ruleset([tmp_path])
    assert {str(rule.id) for rule in collection.rules} == expected
    manifest = json.loads((tmp_path / "new" / "rules" / MANIFEST).read_bytes())
    assert sorted(manifest["files"]) == sorted(found)


def test_a_second_run_writes_nothing(tmp_path):
    """Where the source gives the same, no file is written, not even the manifest."""
    sync(tmp_path, built(addresses(0, 30)))
    before = stamps(tmp_path)
    plan = sync(tmp_path, built(addresses(0, 30)))
    assert not plan.differs
    assert stamps(tmp_path) == before


def test_only_what_changed_is_written(tmp_path):
    """One indicator more is one file more; the others are not touched."""
    sync(tmp_path, built(addresses(0, 30)))
    before = stamps(tmp_path)
    plan = sync(tmp_path, built(addresses(0, 31)))
    after = stamps(tmp_path)
    assert {path for path in after if after[path] != before.get(path)} == {MANIFEST, *plan.added}
    assert len(plan.added) == 1


def test_the_folder_depends_on_the_source_alone(tmp_path):
    """Whatever was there before, and in whatever order, the same source gives the same bytes."""
    sync(tmp_path / "a", built(addresses(0, 20)))
    sync(tmp_path / "b", built(addresses(5, 40)))
    sync(tmp_path / "b", built(reversed(addresses(0, 20))), max_removed=1)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_changed_record_changes_its_file(tmp_path):
    """New metadata is written into the file that the rule has."""
    sync(tmp_path, built(["192.0.2.1"], context="old"))
    plan = sync(tmp_path, built(["192.0.2.1"], context="new"))
    assert plan.changed == list(rules(tmp_path))
    assert b"feed. new" in rules(tmp_path)[plan.changed[0]]
    assert plan.lost == 0


def test_an_expired_rule_is_removed(tmp_path):
    """What the source no longer gives goes, and an emptied folder with it."""
    sync(tmp_path, built([*addresses(0, 9), "evil.example"]))
    plan = sync(tmp_path, built(addresses(0, 9)))
    assert [path.partition("/")[0] for path in plan.removed] == ["domain"]
    assert not (tmp_path / "domain").exists()
    assert not sync(tmp_path, built(addresses(0, 9))).differs


def test_an_expired_rule_can_be_deprecated(tmp_path):
    """With `deprecate` only its status changes, once; it comes back when its indicator does."""
    sync(tmp_path, built([*addresses(0, 9), "evil.example"]))
    whole = files(tmp_path)
    plan = sync(tmp_path, built(addresses(0, 9)), deprecate=True)
    (path,) = plan.deprecated
    old, new = yaml.safe_load(whole[path]), yaml.safe_load(files(tmp_path)[path])
    assert new == {**old, "status": "deprecated"}
    assert not sync(tmp_path, built(addresses(0, 9)), deprecate=True).differs
    assert sync(tmp_path, built([*addresses(0, 9), "evil.example"])).changed == [path]
    assert files(tmp_path) == whole


def test_a_rule_without_status_can_be_deprecated(tmp_path):
    """A profile may set no status; the deprecated rule has one."""
    profile = tmp_path / "bare.yml"
    profile.write_text(
        "types: {ipv4: {title: 'T {value}', rules: [{logsource: {category: firewall}, "
        "detection: {selection: {dst_ip: '{value}'}, condition: selection}}]}}"
    )
    folder = tmp_path / "rules"
    sync(folder, built(addresses(0, 9), str(profile)))
    (path,) = sync(folder, built(addresses(0, 8), str(profile)), deprecate=True).deprecated
    assert yaml.safe_load(rules(folder)[path])["status"] == "deprecated"


def test_a_rule_whose_values_moved_is_not_deprecated(tmp_path):
    """Rules that others have taken over are removed, deprecation or not, and nothing is lost."""
    sync(tmp_path, built(["evil.example"]))
    plan = sync(tmp_path, built(["evil.example"], "network"), deprecate=True, max_removed=0)
    assert len(plan.removed) == 1
    assert not plan.deprecated
    assert plan.lost == 0


def test_a_hand_edited_rule_is_left_alone(tmp_path):
    """An edited file is neither changed nor removed, is named, and yields to force alone."""
    sync(tmp_path, built(addresses(0, 10)))
    paths = list(rules(tmp_path))
    for path in paths[:2]:
        (tmp_path / path).write_bytes((tmp_path / path).read_bytes() + b"# tuned\n")
    mine = {path: files(tmp_path)[path] for path in paths[:2]}
    plan = sync(tmp_path, built(addresses(1, 10), context="new"))
    assert plan.edited == paths[:2]
    assert plan.differs
    assert {path: files(tmp_path)[path] for path in paths[:2]} == mine
    forced = sync(tmp_path, built(addresses(1, 10), context="new"), force=True)
    assert forced.removed == paths[:1]
    assert forced.changed == paths[1:2]
    assert not sync(tmp_path, built(addresses(1, 10), context="new")).differs


def test_a_hand_made_file_is_left_alone(tmp_path):
    """A file where a rule belongs is named and kept; files elsewhere are nobody's business."""
    sync(tmp_path / "other", built(["192.0.2.1"]))
    (path,) = rules(tmp_path / "other")
    folder = tmp_path / "rules"
    (folder / path).parent.mkdir(parents=True)
    (folder / path).write_text("title: mine\n")
    (folder / "ipv4" / "own.yml").write_text("title: own\n")
    plan = sync(folder, built([*addresses(0, 10), "192.0.2.1"]))
    assert plan.foreign == [path]
    assert (folder / path).read_text() == "title: mine\n"
    sync(folder, built([*addresses(0, 10), "192.0.2.1"]), force=True)
    assert files(folder)[path] == files(tmp_path / "other")[path]
    assert sync(folder, [], max_removed=1, force=True).removed
    assert list(rules(folder)) == ["ipv4/own.yml"]


def test_what_people_deleted_comes_back(tmp_path):
    """A rule that the source gives is there after a run."""
    sync(tmp_path, built(addresses(0, 10)))
    whole = files(tmp_path)
    shutil.rmtree(tmp_path / "ipv4")
    assert len(sync(tmp_path, built(addresses(0, 10))).added) == 10
    assert files(tmp_path) == whole


def test_without_its_manifest_the_folder_is_taken_up_again(tmp_path):
    """A lost manifest is written anew; the rules, being as they should, are not."""
    sync(tmp_path, built(addresses(0, 10)))
    whole, before = files(tmp_path), stamps(tmp_path)
    (tmp_path / MANIFEST).unlink()
    assert sync(tmp_path, built(addresses(0, 10))).unchanged == 10
    assert files(tmp_path) == whole
    assert {path for path, stamp in stamps(tmp_path).items() if stamp != before[path]} == {MANIFEST}


def test_line_ends_of_a_windows_checkout_are_no_edit(tmp_path):
    """Rules whose line ends git has changed are still this package's, and as they should be."""
    sync(tmp_path, built(addresses(0, 10)))
    for path, content in rules(tmp_path).items():
        (tmp_path / path).write_bytes(content.replace(b"\n", b"\r\n"))
    assert not sync(tmp_path, built(addresses(0, 10))).differs
    assert len(sync(tmp_path, built(addresses(0, 9))).removed) == 1


def test_dry_run_writes_nothing(tmp_path):
    """A dry run says what a run would do, and leaves no trace, not even a folder."""
    plan = sync(tmp_path / "rules", built(addresses(0, 5)), dry_run=True)
    assert len(plan.added) == 5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kept", "stopped"), [(10, False), (8, False), (7, True), (0, True)])
def test_too_great_a_loss_stops_the_run(tmp_path, kept, stopped):
    """More than a fifth is not removed without being told to, and then nothing is written."""
    sync(tmp_path, built(addresses(0, 10)))
    before = files(tmp_path)
    if stopped:
        with pytest.raises(RepositoryError, match="at most 20% may go"):
            sync(tmp_path, built(addresses(0, kept)))
        assert files(tmp_path) == before
        sync(tmp_path, built(addresses(0, kept)), max_removed=1)
    else:
        sync(tmp_path, built(addresses(0, kept)))
    assert len(rules(tmp_path)) == kept


@pytest.mark.parametrize("profile", ["default", "broad", "documented", "network"])
def test_the_loss_is_counted_in_indicators(tmp_path, profile):
    """Every type counts, however many values its rule has."""
    values = ["192.0.2.1", "2001:db8::1", "evil.example", "https://evil.example/x", "0" * 64,
              "CVE-2021-44228", "mallory@evil.example", "T1059.001"]  # fmt: skip
    whole = sync(tmp_path, built(values, profile))
    plan = sync(tmp_path, [], dry_run=True)
    assert plan.lost == len(whole.after) > 0


def test_a_source_that_fails_changes_nothing(tmp_path):
    """An error of the source, however late, comes before anything is written."""
    sync(tmp_path, built(addresses(0, 10)))
    before = stamps(tmp_path)

    def failing():
        yield from built(addresses(5, 15))
        raise OSError("the line is dead")

    with pytest.raises(OSError, match="dead"):
        sync(tmp_path, failing())
    assert stamps(tmp_path) == before


def test_a_file_edited_during_the_run_is_left_alone(tmp_path, monkeypatch):
    """What changes between the plan and its execution is somebody's work."""
    sync(tmp_path, built(addresses(0, 10)))
    paths = list(rules(tmp_path))
    from sigma_socdefenders.outputs.rule_folder import writing  # noqa: PLC0415

    carried_out = writing.dump_journal

    def meddled(journal):
        (tmp_path / paths[0]).write_text("title: mine\n")
        (tmp_path / paths[1]).write_text("title: mine too\n")
        return carried_out(journal)

    monkeypatch.setattr(writing, "dump_journal", meddled)
    plan = sync(tmp_path, built(addresses(1, 10), context="new"))
    monkeypatch.undo()
    assert plan.edited == paths[:2]
    assert (tmp_path / paths[0]).read_text() == "title: mine\n"
    assert (tmp_path / paths[1]).read_text() == "title: mine too\n"
    assert sync(tmp_path, built(addresses(1, 10), context="new"), dry_run=True).edited == paths[:2]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff", b'{"version": 1}', b'{"version": 2, "files": {}}',
     b'{"version": 1, "files": {"../../etc/passwd": {"sha256": "0", "indicators": 1}}}',
     b'{"version": 1, "files": {"/etc/passwd": {}}}',
     b'{"version": 1, "files": {"ipv4/a.yml": {"sha256": "x", "indicators": 1}}}',
     b'{"version": 1, "files": {"ipv4/a.yml": {"sha256": "' + b"0" * 64 + b'"}}}'],
)  # fmt: skip
def test_a_damaged_manifest_is_refused(tmp_path, content):
    """A manifest that cannot be this package's is named, and nothing is done by it."""
    (tmp_path / MANIFEST).write_bytes(content)
    before = files(tmp_path)
    with pytest.raises(RepositoryError, match=r"manifest\.json' (is damaged|was written by)"):
        sync(tmp_path, built(["192.0.2.1"]))
    assert files(tmp_path) == before


def test_links_lead_nowhere(tmp_path):
    """A link in the place of a rule is somebody's; one in the place of a folder is refused."""
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "rules"
    sync(folder, built(["192.0.2.1"]))
    (path,) = rules(folder)
    (outside / "file.yml").write_bytes((folder / path).read_bytes())
    (folder / path).unlink()
    (folder / path).symlink_to(outside / "file.yml")
    assert sync(folder, built(["192.0.2.1"])).edited == [path]
    assert sync(folder, built(["192.0.2.1"]), force=True).changed == [path]
    assert not (folder / path).is_symlink()
    shutil.rmtree(folder / "ipv4")
    (folder / "ipv4").symlink_to(outside)
    with pytest.raises(RepositoryError, match="ipv4' has to be a folder of its own"):
        sync(folder, built(["192.0.2.1"]))
    assert [file.name for file in outside.iterdir()] == ["file.yml"]


def test_a_folder_in_the_place_of_a_rule_is_left_alone(tmp_path):
    """What is no file cannot be overwritten, by force or not."""
    sync(tmp_path / "other", built(["192.0.2.1"]))
    (path,) = rules(tmp_path / "other")
    (tmp_path / "rules" / path).mkdir(parents=True)
    assert sync(tmp_path / "rules", built(["192.0.2.1"]), force=True).foreign == [path]


def test_a_file_is_no_folder(tmp_path):
    """A DIR that is a file is refused with a sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RepositoryError, match="is not a folder"):
        sync(tmp_path / "file", built(["192.0.2.1"]))


def test_permissions_are_kept(tmp_path):
    """A changed file keeps its permissions."""
    sync(tmp_path, built(["192.0.2.1"]))
    (path,) = rules(tmp_path)
    (tmp_path / path).chmod(0o640)
    sync(tmp_path, built(["192.0.2.1"], context="new"))
    assert (tmp_path / path).stat().st_mode & 0o777 == 0o640


_POOL = [*addresses(0, 6), "evil.example", "bad.example"]
_PATHS = [
    "ipv4/own.yml",
    "README.md",
    *(document.path for document in documents(built(_POOL))),
]
_steps = st.one_of(
    st.tuples(st.just("sync"), st.sets(st.sampled_from(_POOL)), st.none()),
    st.tuples(st.just("hand"), st.sampled_from(_PATHS), st.binary(max_size=4)),
    st.tuples(st.just("delete"), st.sampled_from(_PATHS), st.none()),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(_steps, max_size=12))
def test_hand_made_files_survive_anything(steps):
    """Whatever people and runs do in turn, files are either people's, untouched, or the source's.

    After each run: a path that people wrote holds what they wrote, and of the others exactly the
    wanted ones exist, with the wanted content.
    """
    contents = {each.path: each.content for each in documents(built(_POOL))}
    by_value = dict(zip(_POOL, contents, strict=True))
    mine: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, subject, detail in steps:
            if what == "sync":
                values = sorted(subject)
                sync(folder, built(values), max_removed=1)
                wanted = {by_value[value] for value in values} - mine.keys()
                expected = {path: contents[path] for path in wanted} | mine
                found = files(folder)
                found.pop(MANIFEST, None)
                assert found == expected
            elif what == "hand":
                (folder / subject).parent.mkdir(exist_ok=True)
                (folder / subject).write_bytes(detail)
                mine[subject] = detail
            else:
                (folder / subject).unlink(missing_ok=True)
                mine.pop(subject, None)


def test_a_journal_leads_nowhere(tmp_path):
    """A journal that came with a repository removes nothing through a link, either."""
    folder, outside = tmp_path / "rules", tmp_path / "outside"
    outside.mkdir()
    victim = outside / "important_file.yml"
    victim.write_bytes(b"important\n")
    sync(folder, built(addresses(0, 2)))
    (folder / "victims").symlink_to(outside)
    journal = {"victims/important_file.yml": [hashlib.sha256(b"important\n").hexdigest()]}
    (folder / ".socdefenders" / "journal.json").write_text(
        json.dumps({"version": 1, "files": journal}), "utf-8"
    )
    with pytest.raises(RepositoryError, match="has to be a folder of its own"):
        sync(folder, built(addresses(0, 2)))
    assert victim.read_bytes() == b"important\n"


def test_a_dangling_link_makes_no_file(tmp_path):
    """What hides the state from git is written to no place that a link names."""
    folder = tmp_path / "rules"
    (folder / ".socdefenders").mkdir(parents=True)
    (folder / ".socdefenders" / ".gitignore").symlink_to(tmp_path / "outside")
    sync(folder, built(addresses(0, 2)))
    assert not (tmp_path / "outside").exists()


def test_a_count_beyond_all_counts_is_damage(tmp_path):
    """A manifest whose count no list has is refused, with the way out."""
    sync(tmp_path, built(addresses(0, 2)))
    manifest = tmp_path / MANIFEST
    text = manifest.read_text("utf-8").replace('"indicators": 1', f'"indicators": {10**400}')
    manifest.write_text(text, "utf-8")
    with pytest.raises(RepositoryError, match="is damaged"):
        sync(tmp_path, [], dry_run=True)


def test_a_full_disk_is_left_as_full_as_it_was(tmp_path, monkeypatch):
    """Where files cannot be written, those on their way are removed, and the next run mends."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("sigma_socdefenders.outputs.rule_folder.writing._flush", full)
        with pytest.raises(OutputError, match="No space left on device"):
            sync(tmp_path, built(addresses(0, 9)))
    assert not (tmp_path / ".socdefenders" / "staging").exists()
    assert len(sync(tmp_path, built(addresses(0, 9))).added) == 9

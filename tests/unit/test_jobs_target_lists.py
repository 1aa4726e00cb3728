"""Lists of targets on the server: kept, limited, known again, and sent off as jobs."""

import threading

import pytest
from django.db import OperationalError, connection
from django_q.models import OrmQ

from jobs import services, target_lists
from jobs.errors import LimitError
from jobs.models import Job, TargetList
from jobs.target_lists import (
    checked,
    edits_of,
    leave_out_bad,
    mapping_of,
    open_list,
    same_as,
    save_edits,
    save_mapping,
    submit_list,
)
from photometry_core.errors import ForeignFileError, InvalidInputError
from photometry_core.target_lists import limits
from photometry_core.target_lists.checks import CheckedList, CheckedRow, Edits
from photometry_core.target_lists.mapping import Choice
from photometry_core.target_lists.proposals import Question
from photometry_core.target_lists.reading import read_list
from photometry_core.types import MeasureOptions, Target

OPTIONS = MeasureOptions(detectors=(1,))


@pytest.fixture(autouse=True)
def _reads_here(monkeypatch):
    monkeypatch.setattr(
        target_lists, "read_list_isolated", lambda pieces, name: read_list(b"".join(pieces), name)
    )


def table(n_rows, header="name,ra,dec", n_bad=0):
    rows = [
        f"star {row},{30 + 0.5 * row:.3f},{'somewhere?' if row < n_bad else f'{row / 100:.3f}'}"
        for row in range(n_rows)
    ]
    return "\n".join([header, *rows]).encode()


def opened(content=None, owner="me", name="stars.csv") -> TargetList:
    content = table(5) if content is None else content
    return open_list(owner=owner, file_name=name, source="file", pieces=[content[:9], content[9:]])


def submit(target_list, key="form", title="a survey"):
    return submit_list(
        target_list=target_list,
        title=title,
        options=OPTIONS,
        archive="simulated",
        submission_key=key,
    )


@pytest.mark.django_db
class TestKeeping:
    def test_it_is_kept_with_its_name_rows_and_mapping(self):
        kept = TargetList.objects.get(pk=opened().pk)
        assert (kept.owner, kept.name, kept.source, kept.n_rows) == ("me", "stars.csv", "file", 5)
        assert mapping_of(kept).choice("ra").column == "ra"
        assert [target.ra_deg for target in checked(kept).targets] == [30, 30.5, 31, 31.5, 32]

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("", "pasted list"),
            ("../../etc/cron.d/x", "../../etc/cron.d/x"),
            ("C:\\x\nEvil: 1\x00.csv", "C:\\x Evil: 1.csv"),
            ("\u202egnp.csv", "gnp.csv"),
            ("x" * 300, "x" * 200),
        ],
        ids=["12-none", "12-path", "12-newline", "12-rtl", "12-long"],
    )
    def test_names_are_texts_in_one_line(self, given, kept):
        assert opened(name=given).name == kept

    def test_3_bytes_are_counted(self, monkeypatch):
        monkeypatch.setattr(limits, "MAX_FILE_BYTES", 20)
        with pytest.raises(ForeignFileError, match=r"stars\.csv is too large; allowed: at most"):
            opened()
        assert not TargetList.objects.exists()

    def test_an_empty_file_is_said_to_be_empty(self):
        with pytest.raises(ForeignFileError, match=r"stars\.csv is empty"):
            opened(b"")

    def test_only_so_many_are_kept_and_none_is_deleted_by_itself(self, settings):
        settings.SPHEREX_MAX_LISTS = 2
        first = opened()
        opened()
        with pytest.raises(LimitError, match="2 of your lists are kept, and no more are allowed"):
            opened()
        assert TargetList.objects.filter(owner="me").count() == 2
        opened(owner="somebody else")
        first.delete()
        opened()

    def test_14_the_same_bytes_are_known_again(self):
        first = opened(name="a.csv")
        assert same_as(first) is None
        second = opened(name="b.csv")
        assert same_as(second) == first
        assert same_as(opened(table(6))) is None
        assert same_as(opened(owner="somebody else")) is None

    def test_what_was_said_of_columns_holds_for_the_next_list_with_them(self):
        first = opened()
        said = mapping_of(first).with_choice("name", Choice(constant="all"))
        save_mapping(first, said)
        second = opened(table(9))
        assert mapping_of(second) == said
        assert second.mapping_from == first
        # Neither other columns nor other visitors.
        for other in (opened(table(5, "id,ra,dec")), opened(owner="somebody else")):
            assert mapping_of(other) != said
            assert other.mapping_from is None
        save_mapping(second, said)
        assert TargetList.objects.get(pk=second.pk).mapping_from is None

    def test_a_mapping_that_would_be_proposed_anyway_is_nothing_to_speak_of(self):
        opened()
        assert opened(table(9)).mapping_from is None

    def test_rows_are_checked_again_when_something_was_changed(self):
        kept = opened()
        assert checked(kept) is checked(TargetList.objects.get(pk=kept.pk))
        save_edits(kept, Edits(corrections={1: {"ra": "77.5"}}, left_out={0}))
        kept = TargetList.objects.get(pk=kept.pk)
        assert checked(kept).rows[1].target.ra_deg == 77.5
        assert checked(kept).rows[0].status == "left out"
        assert edits_of(kept).corrections == {1: {"ra": "77.5"}}


@pytest.mark.django_db
class TestSubmission:
    def test_39_a_long_list_becomes_jobs_of_which_none_misses_a_row(self, settings):
        settings.SPHEREX_MAX_TARGETS = 3
        kept = opened(table(7))
        jobs = submit(kept, title=" a  survey ")
        assert [job.title for job in jobs] == [f"a survey ({part} of 3)" for part in (1, 2, 3)]
        assert [(job.part, job.n_parts, job.target_list) for job in jobs] == [
            (part, 3, kept) for part in (1, 2, 3)
        ]
        assert {job.created for job in jobs} == {jobs[0].created}
        names = [target.name for job in jobs for target in job.targets]
        assert sorted(names) == [f"star {row}" for row in range(7)]
        assert all(job.options == OPTIONS and job.n_targets == len(job.targets) for job in jobs)
        assert list(Job.objects.owned_by("me")) == jobs
        assert list(Job.objects.submitted_with(jobs[1])) == jobs

    def test_a_short_list_is_one_job_with_its_own_title(self):
        [job] = submit(opened())
        assert (job.title, job.part, job.n_parts) == ("a survey", 1, 1)

    def test_submissions_of_one_list_are_told_apart(self, settings):
        settings.SPHEREX_MAX_TARGETS = 3
        kept = opened()
        first, second = submit(kept), submit(kept, key="another form")
        assert list(Job.objects.submitted_with(second[0])) == second != first

    def test_92_a_submission_made_again_is_the_same_jobs(self, settings):
        settings.SPHEREX_MAX_TARGETS = 3
        kept = opened()
        first = submit(kept)
        assert submit(kept) == first
        assert Job.objects.count() == 2
        # Rows that were left out meanwhile make it another one.
        save_edits(kept, Edits(left_out={0}))
        assert submit(kept) != first

    def test_all_or_none_are_queued(self, settings, monkeypatch):
        settings.SPHEREX_MAX_TARGETS = 2
        create = Job.objects.create
        made = []

        def fail(**values):
            made.append(values)
            if len(made) == 3:
                raise OperationalError("disk full")
            return create(**values)

        monkeypatch.setattr(services.Job.objects, "create", fail)
        with pytest.raises(OperationalError):
            submit(opened())
        assert len(made) == 3
        assert not Job.objects.exists()

    def test_too_many_unfinished_jobs_are_counted_in_words(self, settings):
        settings.SPHEREX_MAX_TARGETS, settings.SPHEREX_MAX_ACTIVE_JOBS = 2, 4
        submit(opened())
        with pytest.raises(LimitError) as caught:
            submit(opened(table(4)), key="next")
        assert "this list needs 2 jobs, and 3 of your jobs are not finished yet; allowed: at " in (
            str(caught.value)
        )
        assert "None was submitted; wait until others are finished" in str(caught.value)
        with pytest.raises(
            LimitError, match=r"needs 5 jobs, .* needs at most 4 jobs, which take up to 2 targets"
        ):
            submit(opened(table(9)), key="next")
        assert Job.objects.count() == 3
        services.cancel_job(Job.objects.first())
        assert len(submit(opened(table(4)), key="next")) == 2

    def test_rows_with_errors_stop_it_until_somebody_leaves_them_out(self):
        kept = opened(table(5, n_bad=2))
        with pytest.raises(InvalidInputError, match=r"2 rows have errors\. Nothing is left out by"):
            submit(kept)
        assert leave_out_bad(kept) == 2
        assert leave_out_bad(kept) == 0
        [job] = submit(kept)
        assert [target.name for target in job.targets] == ["star 2", "star 3", "star 4"]

    def test_leaving_out_keeps_what_was_changed_meanwhile(self):
        kept = opened(table(5, n_bad=2))
        elsewhere = TargetList.objects.get(pk=kept.pk)
        save_edits(elsewhere, Edits(corrections={0: {"dec": "1.5"}}, left_out={4}))
        assert leave_out_bad(kept) == 1
        kept = TargetList.objects.get(pk=kept.pk)
        assert edits_of(kept) == Edits(
            corrections={0: {"dec": "1.5"}}, left_out=frozenset({1, 4}), located={}
        )

    def test_names_that_were_not_looked_up_stop_it_and_suffixes_go_along(self, monkeypatch):
        rows = [
            CheckedRow(index=0, line=2, cells={}, name="M 81", target=star("M 81")),
            CheckedRow(index=1, line=3, cells={}, name="M 81 (2)", target=star("M 81")),
            CheckedRow(index=2, line=4, cells={}, name="M 82", unresolved="M 82"),
        ]
        kept = opened()
        monkeypatch.setattr(target_lists, "checked", lambda _: CheckedList(rows=tuple(rows)))
        with pytest.raises(InvalidInputError, match="1 name was not looked up yet"):
            submit(kept)
        rows.pop()
        [job] = submit(kept)
        assert [target.name for target in job.targets] == ["M 81", "M 81 (2)"]

    def test_open_questions_stop_it(self, monkeypatch):
        kept = opened()
        asked = [
            Question(key="note", text="Fine?", answers=(), blocks=False),
            Question(key="ra.unit", text="In which unit is ra?", answers=()),
        ]
        monkeypatch.setattr(target_lists, "questions", lambda *_: asked)
        with pytest.raises(InvalidInputError, match="answered first: In which unit is ra"):
            submit(kept)
        del asked[1]
        submit(kept)

    def test_a_list_of_which_nothing_is_left_is_no_job(self):
        kept = opened()
        save_edits(kept, Edits(left_out=set(range(5))))
        with pytest.raises(InvalidInputError, match="every row was left out"):
            submit(kept)

    def test_a_title_has_to_leave_room_for_the_part(self, settings):
        settings.SPHEREX_MAX_TARGETS = 3
        with pytest.raises(InvalidInputError, match="200 characters given; allowed: at most 191"):
            submit(opened(), title="x" * 200)

    def test_jobs_outlive_their_list(self):
        kept = opened()
        [job] = submit(kept)
        kept.delete()
        job = Job.objects.get(pk=job.pk)
        assert job.target_list is None
        assert len(job.targets) == 5


def star(name):
    return Target(name=name, ra_deg=148.9, dec_deg=69.07)


@pytest.mark.django_db(transaction=True)
def test_92_clicks_at_the_same_moment_are_one_set_of_jobs(settings):
    settings.SPHEREX_MAX_TARGETS = 2
    kept = opened()
    barrier = threading.Barrier(6)
    found = []

    def click():
        try:
            barrier.wait()
            found.append([job.pk for job in submit(kept)])
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(one == found[0] for one in found)
    assert Job.objects.count() == OrmQ.objects.count() == 3

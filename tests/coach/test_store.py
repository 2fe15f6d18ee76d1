"""The store in SQLite files and on a PostgreSQL server: what is kept, whose it is, and that it goes."""

import ast
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach.questions import Question
from coach.records import Session, storable
from coach.store import Forgotten, Store
from coach.tables import owner, tables
from common import store as database
from common.errors import UserError
from common.store import open_engine
from tests.coach.kept import ANNA, BEN, NOON, WHOLE

BEGUN = Session(NOON, "nurse", "leadership", 2)
QUESTION = Question("own-1", "nurse", "culture", 2, "Why here and why now?", ("names a reason",), ("Why?",), own=True)
ADD = """
import sys
from coach.store import Store
from tests.coach.kept import ANNA, WHOLE

url, recordings, session = sys.argv[1:]
store = Store.open(url, recordings)
print("ready", flush=True)
for _ in range(30):
    assert store.add_answer(ANNA, int(session), WHOLE)
store.close()
"""


def at_once(*acts) -> list:
    """What each act gave, all begun together."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def work(at: int, act) -> None:
        gate.wait()
        try:
            found[at] = act()
        except BaseException as error:
            found[at] = error

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def recorded(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_session_comes_back_as_it_was_kept(store):
    number = store.add_session(ANNA, BEGUN)
    assert store.ask(ANNA, number, "be-01") and store.ask(ANNA, number, "be-02")
    kept = store.add_answer(ANNA, number, WHOLE)
    assert kept == replace(WHOLE, id=kept.id) and kept.id > 0
    typed = store.add_answer(ANNA, number, replace(WHOLE, words=(), duration=None, overall=None, text=""))
    whole = replace(BEGUN, id=number, asked=("be-01", "be-02"), answers=(kept, typed))
    assert store.session(ANNA, number) == whole
    assert whole.waiting == "be-02"


def test_what_is_kept_is_there_when_the_database_is_opened_again(url, tmp_path):
    first = Store.open(url, tmp_path)
    number = first.add_session(ANNA, BEGUN)
    first.close()
    again = Store.open(url, tmp_path)
    assert again.session(ANNA, number) == replace(BEGUN, id=number)
    again.close()


def test_the_revisions_make_the_tables_as_they_are_declared(url):
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    Store.open(url).close()
    metadata = tables().sessions.metadata
    engine = open_engine("coach", url)
    with engine.connect() as connection:
        options = {"version_table": "coach_version", "compare_type": True, "target_metadata": metadata}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()
    assert all(name.startswith("coach_") and "person" in table.c for name, table in metadata.tables.items())


def test_a_revision_needs_nothing_of_the_system():
    for file in Store.versions.glob("*.py"):
        nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        names = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
        assert names == {"sqlalchemy"}, file.name


def test_nobody_reaches_what_is_anothers(store, tmp_path):
    sound = tmp_path / "a.webm"
    sound.write_bytes(b"sound")
    number = store.add_session(ANNA, BEGUN)
    kept = store.add_answer(ANNA, number, WHOLE, sound)
    store.add_questions(ANNA, [QUESTION])
    before = store.session(ANNA, number)
    for person in (BEN, ANNA.upper(), owner(ANNA)):
        assert store.session(person, number) is None
        assert not store.ask(person, number, "be-09")
        assert store.add_answer(person, number, WHOLE) is None
        assert store.add_answer(person, number, WHOLE, sound) is None
        assert store.recording(person, kept.id) is None
        assert (store.summaries(person, 9), store.answers(person), store.questions(person)) == ([], [], [])
        assert not store.delete_session(person, number)
        assert store.delete_questions(person, ["own-1"]) == 0
        assert store.forget(person) == Forgotten(0, 0, 0, 0)
    assert store.session(ANNA, number) == before
    assert store.questions(ANNA) == [QUESTION] and store.recording(ANNA, kept.id).read_bytes() == b"sound"
    assert len(recorded(tmp_path / "recordings")) == 1


def test_the_database_does_not_hold_the_key_to_itself(file_store, tmp_path):
    number = file_store.add_session(ANNA, BEGUN)
    file_store.add_answer(ANNA, number, WHOLE)
    file_store.add_questions(ANNA, [QUESTION])
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert WHOLE.text.encode() in written and ANNA.encode() not in written


def test_what_is_no_id_of_a_person_is_refused_and_not_told_whole(file_store):
    acts = [
        lambda person: file_store.add_session(person, BEGUN),
        lambda person: file_store.ask(person, 1, "be-01"),
        lambda person: file_store.add_answer(person, 1, WHOLE),
        lambda person: file_store.session(person, 1),
        lambda person: file_store.summaries(person, 1),
        lambda person: file_store.answers(person),
        lambda person: file_store.recording(person, 1),
        lambda person: file_store.delete_session(person, 1),
        lambda person: file_store.questions(person),
        lambda person: file_store.add_questions(person, [QUESTION]),
        lambda person: file_store.delete_questions(person, ["own-1"]),
        lambda person: file_store.forget(person),
    ]
    for person in ("", "anna", "a" * 19, "a" * 65, "../../../../../etc/pass", "ä" * 30, None, ANNA + "\n", ANNA + "\0"):
        for act in acts:
            with pytest.raises(UserError, match="20 to 64 letters") as caught:
                act(person)
            # What is as long as an id may be nearly somebody's: of it only the beginning is told.
            assert person is None or len(person) < 20 or person not in str(caught.value)


def test_a_number_that_is_not_there_gives_nothing(store):
    number = store.add_session(ANNA, BEGUN)
    for wrong in (number + 1, 0, -number, 2**31, 10**30, True, "1", None, 1.0):
        assert store.session(ANNA, wrong) is None
        assert store.add_answer(ANNA, wrong, WHOLE) is None
        assert store.recording(ANNA, wrong) is None and not store.delete_session(ANNA, wrong)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(), max_size=60), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3))
def test_any_text_is_kept_and_what_has_no_place_is_replaced(store, text, values):
    number = store.add_session(ANNA, replace(BEGUN, role=text))
    store.ask(ANNA, number, text)
    store.add_answer(ANNA, number, replace(WHOLE, text=text, covered=(text,), settings=values))
    found = store.session(ANNA, number)
    expected = "".join("\ufffd" if sign == "\0" or "\ud800" <= sign <= "\udfff" else sign for sign in text)
    [answer] = found.answers
    assert found.role == found.asked[0] == answer.text == answer.covered[0] == expected
    assert answer.settings == {storable(key): storable(value) for key, value in values.items()}


def test_times_are_of_any_zone_and_need_one(store):
    east = NOON.astimezone(timezone(timedelta(hours=5.5)))
    number = store.add_session(ANNA, replace(BEGUN, started=east))
    store.add_answer(ANNA, number, replace(WHOLE, created=east))
    found = store.session(ANNA, number)
    assert found.started == found.answers[0].created == NOON
    assert found.started.utcoffset() == found.answers[0].created.utcoffset() == timedelta()
    with pytest.raises(ValueError, match="needs a zone"):
        store.add_session(ANNA, replace(BEGUN, started=datetime(2025, 1, 1)))


def test_numbers_that_are_none_are_kept_as_none(store):
    import numpy as np

    number = store.add_session(ANNA, BEGUN)
    odd = {"a": float("nan"), "b": float("-inf"), "c": np.float32(0.5), "d": np.float64(2), "e": np.int64(3)}
    store.add_answer(ANNA, number, replace(WHOLE, emotion=odd, overall=np.int64(7)))
    [found] = store.session(ANNA, number).answers
    assert found.emotion == {"a": None, "b": None, "c": 0.5, "d": 2.0, "e": 3.0} and found.overall == 7


def test_sessions_are_listed_from_the_newest(store):
    numbers = [store.add_session(ANNA, replace(BEGUN, started=NOON + timedelta(minutes=at))) for at in range(4)]
    for number in (numbers[0], numbers[1], numbers[3]):
        store.add_answer(ANNA, number, WHOLE)
    store.add_answer(ANNA, numbers[1], replace(WHOLE, overall=50, created=NOON + timedelta(hours=1)))
    store.add_answer(ANNA, numbers[1], replace(WHOLE, overall=None))
    store.add_answer(BEN, store.add_session(BEN, BEGUN), WHOLE)
    found = store.summaries(ANNA, 9)
    assert [summary.id for summary in found] == [numbers[3], numbers[1], numbers[0]], "one has no answer"
    assert (found[1].answers, found[1].overall, found[1].last) == (3, 57.5, NOON + timedelta(hours=1))
    assert (found[1].role, found[1].category, found[1].difficulty) == ("nurse", "leadership", 2)
    assert found[1].started == NOON + timedelta(minutes=1)
    assert store.summaries(ANNA, 1, 1) == found[1:2] and store.summaries(ANNA, 9, 3) == []


def test_the_latest_answers_come_oldest_first_without_what_is_long(store):
    for _ in range(2):
        number = store.add_session(ANNA, BEGUN)
        for at in range(3):
            store.add_answer(ANNA, number, replace(WHOLE, text=f"{number} {at}"))
    found = store.answers(ANNA)
    of_last = [f"{number} {at}" for at in range(3)]
    assert len(found) == 6 and [answer.text for answer in found[-4:]] == [f"{number - 1} 2", *of_last]
    assert store.answers(ANNA, last=2) == found[-2:]
    assert found[0] == replace(WHOLE, text=found[0].text, id=found[0].id, words=(), pauses=())


def test_recordings_are_kept_where_it_is_asked_for_and_go_with_their_session(store, tmp_path):
    folder, sound = tmp_path / "recordings", tmp_path / "My name is Anna.WEBM"
    sound.write_bytes(b"sound")
    one, other = (store.add_session(ANNA, BEGUN) for _ in range(2))
    store.add_answer(ANNA, one, WHOLE)
    assert not folder.exists(), "nobody asked for it"
    kept = [store.add_answer(ANNA, number, WHOLE, sound) for number in (one, one, other)]
    paths = [store.recording(ANNA, answer.id) for answer in kept]
    assert sorted(recorded(folder)) == sorted(paths) and len(set(paths)) == 3
    for path, answer in zip(paths, kept, strict=True):
        assert path.read_bytes() == b"sound" and path.name == answer.recording
        assert path.suffix == ".webm" and "anna" not in str(path.relative_to(folder)).lower()
    assert paths[0].parent.stat().st_mode & 0o077 == 0
    assert store.delete_session(ANNA, one)
    assert recorded(folder) == [paths[2]] and store.recording(ANNA, kept[0].id) is None
    paths[2].unlink()
    assert store.recording(ANNA, kept[2].id) is None
    assert store.delete_session(ANNA, other)


@pytest.mark.parametrize("name", ["a.mp3", "a", "a.../b", "a.sh;rm", "a.toolongending"])
def test_a_recording_has_a_name_that_any_disk_takes(file_store, tmp_path, name):
    sound = tmp_path / name.replace("/", "_")
    sound.write_bytes(b"sound")
    kept = file_store.add_answer(ANNA, file_store.add_session(ANNA, BEGUN), WHOLE, sound)
    stem, _, ending = kept.recording.partition(".")
    assert len(stem) == 32 and ending in ("", "mp3")


def test_a_recording_that_cannot_be_kept_keeps_the_answer_out_too(file_store, tmp_path):
    number = file_store.add_session(ANNA, BEGUN)
    with pytest.raises(UserError, match="recording can't be kept"):
        file_store.add_answer(ANNA, number, WHOLE, tmp_path / "nowhere.wav")
    (tmp_path / "a.wav").write_bytes(b"sound")
    with pytest.raises(ValueError, match="needs a zone"):
        file_store.add_answer(ANNA, number, replace(WHOLE, created=datetime(2025, 1, 1)), tmp_path / "a.wav")
    with pytest.raises(TypeError, match="no form in JSON"):
        file_store.add_answer(ANNA, number, replace(WHOLE, emotion={"a": object()}), tmp_path / "a.wav")
    assert file_store.session(ANNA, number).answers == () and recorded(tmp_path / "recordings") == []


def test_own_questions_are_each_persons(store):
    others = [replace(QUESTION, id=f"own-{at}", text=f"Is it {at}?", key_points=(), follow_ups=()) for at in (3, 2)]
    assert store.add_questions(ANNA, [QUESTION, *others, QUESTION]) == ["own-1", "own-3", "own-2"]
    assert store.add_questions(BEN, [replace(QUESTION, text="Ben asks?")]) == ["own-1"]
    assert store.add_questions(ANNA, [replace(QUESTION, text="Another?"), replace(QUESTION, id="own-4")]) == ["own-4"]
    assert store.questions(ANNA) == [QUESTION, *others, replace(QUESTION, id="own-4")]
    assert store.delete_questions(ANNA, ["own-3", "own-1", "own-9"]) == 2
    assert [question.id for question in store.questions(ANNA)] == ["own-2", "own-4"]
    assert [question.text for question in store.questions(BEN)] == ["Ben asks?"]
    assert store.add_questions(ANNA, []) == [] and store.delete_questions(ANNA, []) == 0


def test_more_questions_than_a_statement_takes_are_kept_and_deleted(store, monkeypatch):
    monkeypatch.setattr("coach.store.AT_ONCE", 5)
    many = [replace(QUESTION, id=f"own-{at}") for at in range(12)]
    assert store.add_questions(ANNA, many) == [question.id for question in many]
    assert store.questions(ANNA) == many
    assert store.delete_questions(ANNA, (question.id for question in many)) == 12


def test_everything_of_a_person_is_forgotten_and_no_id_comes_again(store, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"sound")
    for person in (ANNA, BEN):
        for _ in range(2):
            number = store.add_session(person, BEGUN)
            store.ask(person, number, "be-01")
            kept = store.add_answer(person, number, WHOLE, tmp_path / "a.wav")
        store.add_answer(person, number, WHOLE)
        store.add_questions(person, [QUESTION])
    assert store.forget(ANNA) == Forgotten(sessions=2, answers=3, questions=1, recordings=2)
    assert store.forget(ANNA) == Forgotten(0, 0, 0, 0)
    assert (store.summaries(ANNA, 9), store.answers(ANNA), store.questions(ANNA)) == ([], [], [])
    assert len(store.answers(BEN)) == 3 and store.questions(BEN) == [QUESTION]
    assert store.recording(BEN, kept.id).parent.parent == tmp_path / "recordings"
    assert len(recorded(tmp_path / "recordings")) == 2
    assert [path.name for path in (tmp_path / "recordings").iterdir()] == [owner(BEN)]
    assert store.add_session(ANNA, BEGUN) > number


def test_a_deletion_that_was_cut_off_is_completed_by_the_next(file_store, tmp_path):
    left = tmp_path / "recordings" / f"{owner(ANNA)}-gone-00ff"
    left.mkdir(parents=True)
    (left / "sound.wav").write_bytes(b"sound")
    assert file_store.forget(BEN).recordings == 0 and left.is_dir()
    assert file_store.forget(ANNA).recordings == 1 and not left.exists()


def test_what_was_forgotten_is_in_no_file(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'a.sqlite3'}", tmp_path / "recordings")
    (tmp_path / "given.wav").write_bytes(b"the voice of Petersen")
    said = replace(WHOLE, text="I told Frau Petersen " * 400, feedback="Petersen", covered=("Petersen",))
    long_ones = replace(said, words=tuple(word._replace(text="Petersen") for word in WHOLE.words) * 300)
    other = store.add_session(BEN, BEGUN)
    store.add_answer(BEN, other, replace(WHOLE, text="this text stays here"))
    number = store.add_session(ANNA, replace(BEGUN, role="Petersen"))
    for answer in (said, long_ones, said):
        store.ask(ANNA, number, "Petersen")
        store.add_answer(ANNA, number, answer, tmp_path / "given.wav")
    store.add_questions(ANNA, [replace(QUESTION, text="Who is Petersen?")])
    (tmp_path / "given.wav").unlink()

    def written() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert written().count(b"the voice of Petersen") == 3 and b"I told Frau Petersen" in written()
    store.forget(ANNA)
    assert b"Petersen" not in written() and owner(ANNA).encode() not in written()
    single = store.add_session(ANNA, BEGUN)
    store.add_answer(ANNA, single, long_ones)
    store.add_questions(ANNA, [replace(QUESTION, text="Who is Petersen?")])
    store.delete_session(ANNA, single)
    store.delete_questions(ANNA, [QUESTION.id])
    assert b"Petersen" not in written()
    store.close()
    assert b"this text stays here" in written() and b"Petersen" not in written()


def test_threads_add_at_once(store):
    number = store.add_session(ANNA, BEGUN)

    def work() -> list[int]:
        return [store.ask(ANNA, number, "be-01") and store.add_answer(ANNA, number, WHOLE).id for _ in range(6)]

    ids = [one for found in at_once(*[work] * 4) for one in found]
    session = store.session(ANNA, number)
    assert len(set(ids)) == len(session.answers) == len(session.asked) == 24


def test_processes_add_at_once(store, url, tmp_path):
    number = store.add_session(ANNA, BEGUN)
    command = [sys.executable, "-c", ADD, url, str(tmp_path / "recordings"), str(number)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as other:
        other.stdout.readline()  # it is ready
        for _ in range(30):
            assert store.add_answer(ANNA, number, WHOLE)
        told = other.communicate()[1].decode()
    assert other.returncode == 0, told
    assert len(store.session(ANNA, number).answers) == 60


def test_who_adds_while_everything_is_deleted_leaves_nothing(store, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"sound")
    for _ in range(8):
        number = store.add_session(ANNA, BEGUN)

        def add(number: int = number) -> list:
            return [store.add_answer(ANNA, number, WHOLE, tmp_path / "a.wav") for _ in range(3)]

        added, also, gone, again = at_once(add, add, lambda: store.forget(ANNA), lambda: store.forget(ANNA))
        failed = [one for one in (gone, again) if not isinstance(one, Forgotten)]
        assert failed == []
        for one in (added, also):
            # A folder may go just when a file is put into it: that is told.
            assert isinstance(one, (list, UserError)), repr(one)
        assert store.session(ANNA, number) is None and store.answers(ANNA) == []
        store.forget(ANNA)
        assert recorded(tmp_path / "recordings") == []


def test_two_who_add_the_same_question_add_it_once(store):
    found = at_once(*[lambda: store.add_questions(ANNA, [QUESTION])] * 4)
    assert sorted(found) == [[], [], [], ["own-1"]] and store.questions(ANNA) == [QUESTION]


def test_all_who_ask_share_one_store_of_the_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "_SHARED", {})
    monkeypatch.setenv("DEMO_DATA_DIR", str(tmp_path / "one"))
    stores = at_once(*[Store.shared] * 3)
    assert stores[0] is stores[1] is stores[2]
    (tmp_path / "a.wav").write_bytes(b"sound")
    stores[0].add_answer(ANNA, stores[0].add_session(ANNA, BEGUN), WHOLE, tmp_path / "a.wav")
    assert (tmp_path / "one" / "coach" / "coach.sqlite3").is_file()
    assert len(recorded(tmp_path / "one" / "coach" / "recordings")) == 1
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'other.sqlite3'}")
    other = Store.shared()
    assert other is not stores[0] and other.answers(ANNA) == []
    for store in (stores[0], other):
        store.close()


def test_a_database_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "a.sqlite3").write_text("this is no database at all" * 100)
    with pytest.raises(UserError, match=r"a\.sqlite3' can't be used"):
        Store.open(f"sqlite:///{tmp_path / 'a.sqlite3'}")


def test_the_modules_a_page_imports_bring_no_heavy_library():
    code = (
        "import coach.store, coach.sessions, coach.report, coach.pdf, sys; "
        "print(*{'sqlalchemy', 'alembic', 'psycopg', 'reportlab', 'matplotlib', 'numpy'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

"""What page and API do, from plain values to plain values: ask, listen, score, look back, delete.

Nothing is held here: a `Desk` finds the database anew for every request. A person is an id by chance, see
`coach.sessions`; with an empty one nothing is kept. What can't be meant is a UserError.
"""

import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from coach import choice, emotion_models, own_questions, pdf, phrase, pipeline, report, sessions
from coach.contents import Report
from coach.questions import ANY, Question, built_in, make
from coach.records import Answer, Session, plain
from coach.search import QuestionSearch
from coach.store import Store
from common import llm, speech
from common.errors import UserError
from common.folders import data_folder

AUTO, RULES = "auto", phrase.RULES  # who words the feedback
MOST_FOUND = 50  # questions of a search
REMEMBERED = 20  # earlier answers that are looked at for the next question and for the usual voice

_OPENED: dict[Path, QuestionSearch] = {}
_OPENING = threading.Lock()


class Desk:
    """store: None for that of the settings; models: that word the feedback, None for those of the environment."""

    def __init__(self, store: Store | None = None, models: llm.Models | None = None) -> None:
        self._store, self._models = store, models

    @property
    def store(self) -> Store:
        return self._store or Store.shared()

    @property
    def models(self) -> llm.Models:
        return self._models or llm.shared()

    # Questions

    def bank(self, person: str = "") -> dict[str, Question]:
        """The questions that there are by id, the person's own among them."""
        own = self.store.questions(person) if person else []
        return {**built_in(), **{question.id: question for question in own}}

    def question(self, asked: str, person: str = "") -> Question:
        """The question of this id; any other text is a question by itself, of which no key points are known."""
        asked = (asked or "").strip()
        if not asked:
            raise UserError("There is no question yet. Take the next one, or write one of your own.")
        if found := self.bank(person).get(asked):
            return found
        if " " not in asked:
            raise UserError(f"There is no question {asked!r}. Give an id as next_question does, or write a question.")
        return make({"text": asked, "role": ANY, "category": "behavioural", "difficulty": 2})

    def next_question(
        self, role: str = "", category: str = "", difficulty: int = 0, person: str = "", session: int = 0, seed: int = 0
    ) -> dict:
        """Choose the next question: none twice, what was weak comes again, harder after good answers.

        Args:
            role: such as "nurse"; empty for all
            category: behavioural, technical, situational, motivation, leadership or culture; empty for all
            difficulty: 1 (easy) to 3 (hard); 0: it follows the last answers
            person: that an earlier call gave; empty for a new one
            session: that an earlier call gave; 0 begins a new one
            seed: decides between equals

        Returns:
            question (id, role, category, difficulty, text, key_points, follow_ups, own), why this one, again (whether
            it was asked before); person and session, for the next calls.
        """
        person = person or sessions.new_person()
        wishes = {"role": role or None, "category": category or None, "difficulty": difficulty or None}
        begun = self.session(person, session, **wishes)
        chosen, begun = self.ask(person, begun, seed=seed, **wishes)
        found = {"question": asdict(chosen.question), "why": chosen.why, "again": chosen.again}
        return found | {"person": person, "session": begun.id}

    def session(self, person: str, number: int, *, keep: bool = True, **wishes: str | int | None) -> Session:
        """The person's session of this number; for 0 a new one."""
        store = self.store if keep else None
        return sessions.resume(self.store, person, number) if number else sessions.start(store, person, **wishes)

    def suited(self, person: str, session: Session | None, *, keep: bool, **wishes: str | int | None) -> Session:
        """The session that somebody is in; a new one where there is none, where it is kept and should not be or the
        other way round, and where another role is wished for."""
        if session and (session.id is not None) is keep and wishes.get("role", session.role) == session.role:
            return session
        return self.session(person, 0, keep=keep, **wishes)

    def ask(
        self, person: str, session: Session, *, seed: int = 0, **wishes: str | int | None
    ) -> tuple[choice.Choice, Session]:
        """The next question, and the session after it was asked."""
        kept = session.id is not None
        earlier = self.store.answers(person, REMEMBERED) if kept else session.answers
        given = [_given(answer) for answer in earlier if answer.overall is not None]
        bank = self.bank(person if kept else "")
        chosen = choice.choose(bank.values(), session.asked, given, seed=seed, **wishes)
        return chosen, sessions.ask(self.store if kept else None, person, session, chosen.question.id)

    def search_questions(
        self, words: str, k: int = 5, role: str = "", category: str = "", difficulty: int = 0, person: str = ""
    ) -> list[dict]:
        """Find questions by meaning.

        Args:
            words: such as "something about conflict with my manager"
            k: how many, 1 to 50
            role, category, difficulty: narrow the search; empty or 0 for all
            person: whose own questions are looked at, too

        Returns:
            The questions, the nearest first, each with its score.
        """
        if not 1 <= k <= MOST_FOUND:
            raise UserError(f"The number of questions is {k}: give a whole number from 1 to {MOST_FOUND}.")
        own = self.store.questions(person) if person else []
        wished = {"role": role or None, "category": category or None, "difficulty": difficulty or None}
        found = _search().search(words or "", k, own=own, **wished)
        return [asdict(one.question) | {"score": round(one.score, 4)} for one in found]

    def add_questions(self, file: str, person: str = "") -> dict:
        """Add questions of your own from a CSV or JSON file.

        Args:
            file: with text, and where wanted role, category, difficulty, key_points, follow_ups (";" between entries)
            person: whose questions they become; empty for a new one

        Returns:
            person, added (ids), problems (line and reason of each row that was left out), questions: how many there
            are now.
        """
        if not file:
            raise UserError("There is no file yet. Upload a CSV or JSON file with questions.")
        person = person or sessions.new_person()
        there = self.store.questions(person)
        found = own_questions.read(file, there)
        added = self.store.add_questions(person, found.questions)
        problems = [str(problem) for problem in found.problems]
        return {"person": person, "added": added, "problems": problems, "questions": len(there) + len(added)}

    # Answers

    def transcribe(self, file: str, language: str = "", model: str = speech.DEFAULT) -> dict:
        """Write down what is said in a recording.

        Args:
            file: sound or video, up to 10 minutes
            language: code such as "en"; empty: it is found out
            model: whisper-base, whisper-small or whisper-large-v3-turbo

        Returns:
            text, words (text, start, end, probability), language and its probability, duration in seconds.
        """
        samples = speech.read_speech(_given_file(file))
        told = pipeline.transcribe(samples, speech.voice_activity(samples), language or None, model)
        words = [asdict(word) for word in told.words]
        return {
            "text": told.text,
            "words": words,
            "language": told.language,
            "language_probability": round(told.language_probability, 3),
            "duration": round(told.duration, 2),
        }

    def delivery(self, file: str, language: str = "") -> dict:
        """Measure how a recording is spoken.

        Args:
            file: sound or video, up to 10 minutes
            language: code such as "en"; empty: it is found out

        Returns:
            measures (name, title, value, unit, low, high, verdict, source, places, note), warnings, pauses.
        """
        how = self.hear(file, language=language).delivery
        measures = [asdict(one) | {"verdict": one.verdict} for one in how.measures]
        return {"measures": measures, "warnings": how.warnings, "pauses": [asdict(one) for one in how.pauses]}

    def emotion(self, file: str, model: str = "", person: str = "") -> dict:
        """Tell how aroused a voice sounds, and how positive the words are. Not what somebody feels.

        Args:
            file: sound or video, up to 10 minutes
            model: a model of the Hub by its name, "service" for that of the settings; empty for the built-in estimate
            person: with whose earlier answers the voice is compared

        Returns:
            arousal and calmness 0 to 1, valence -1 to 1, moments over time, baseline, model, notes.
        """
        felt = asdict(self.hear(file, person=person, judge=model).emotion)
        del felt["cues"]
        return felt

    def score_text(self, question: str, text: str) -> dict:
        """Score a written answer.

        Args:
            question: id, or a question of your own
            text: the answer

        Returns:
            overall and scores 0 to 100 (each with formula, evidence, advice), covered and missed key points, feedback.
        """
        asked = self.question(question)
        answer = pipeline.analyse(asked, typed=pipeline.checked(text))
        return {name: plain(getattr(answer, name)) for name in ("overall", "scores", "covered", "missed", "feedback")}

    def hear(
        self,
        file: str | None,
        *,
        language: str = "",
        model: str = speech.DEFAULT,
        person: str = "",
        judge: str = "",
        tell: pipeline.Tell | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> pipeline.Heard:
        """What a recording says, and how. judge: of the voice, see `emotion`"""
        earlier = pipeline.cues_of(self.store.answers(person, REMEMBERED)) if person else []
        return pipeline.hear(
            _given_file(file),
            language=language or None,
            model=model,
            earlier=earlier,
            adapter=_judge(judge),
            tell=tell,
            on_text=on_text,
        )

    def answer(
        self,
        question: Question,
        *,
        file: str | None = None,
        text: str = "",
        wording: str = AUTO,
        tell: pipeline.Tell | None = None,
        on_text: Callable[[str], None] | None = None,
        on_words: Callable[[str], None] | None = None,
        **more: str,
    ) -> tuple[Answer, pipeline.Heard | None]:
        """Everything about an answer, and what was heard of it: None of a written one.

        file: its recording, None for the written answer `text`; more: for `hear`; the rest as in `wording` and
        `pipeline.analyse`
        """
        models = self.wording(wording)
        heard = self.hear(file, tell=tell, on_text=on_text, **more) if file else None
        found = pipeline.analyse(question, heard=heard, typed=text, models=models, tell=tell, on_words=on_words)
        return found, heard

    def wording(self, who: str) -> llm.Models | None:
        """Who words the feedback: AUTO, RULES, or one provider by its name."""
        if who == RULES:
            return None
        if who in ("", AUTO):
            return self.models if self.models.providers else None
        return self.models.only(who)

    def providers(self) -> list[dict]:
        """Which language models are set up, and whether each could answer now.

        Returns:
            provider, model, ready, reason; in the order in which they are asked. The rules come last and always answer.
        """
        found = [asdict(one) for one in self.models.health()]
        return [*found, {"provider": RULES, "model": "", "ready": True, "reason": "Needs no model."}]

    # Looking back

    def history(self, person: str, page: int = 1) -> dict:
        """A person's sessions, the newest first, and how each measure and score changed.

        Args:
            person: that an earlier call gave
            page: from 1, with 20 sessions

        Returns:
            sessions (id, started, role, category, answers, overall, last), more (whether there is a next page),
            progress: for each score and measure its points (time, value, comfortable range) and a sentence.
        """
        found = sessions.history(self.store, person, page)
        courses = sessions.progress(self.store.answers(person))
        return {"sessions": plain(found.items), "page": page, "more": found.more, "progress": plain(courses)}

    def report(self, person: str, session: int, folder: Path) -> list[Path]:
        """Files in `folder` with everything about a session: Markdown, PDF and JSON."""
        kept = sessions.resume(self.store, person, session)
        made = Report(kept, sessions.progress(self.store.answers(person)), datetime.now(timezone.utc))
        texts = {".md": report.markdown(made), ".json": report.to_json(made)}
        contents = {ending: text.encode() for ending, text in texts.items()} | {".pdf": pdf.pdf(made)}
        files = []
        for ending, content in contents.items():
            (file := folder / f"interview_practice{ending}").write_bytes(content)
            files.append(file)
        return files

    def keep(
        self, person: str, session: Session, answer: Answer, recording: str | None = None
    ) -> tuple[Session, Answer]:
        """The session with the answer, kept where the session is."""
        session = sessions.add(self.store if session.id is not None else None, person, session, answer, recording)
        return session, session.answers[-1]

    def delete_history(self, person: str, session: int = 0) -> dict:
        """Delete what is kept of a person: everything, or one session.

        Args:
            person: that an earlier call gave
            session: its number; 0 deletes everything, own questions and recordings too

        Returns:
            How many sessions, answers, questions and recordings are gone.
        """
        if session:
            kept = sessions.resume(self.store, person, session)
            sessions.delete(self.store, person, session)
            recordings = sum(answer.recording is not None for answer in kept.answers)
            return {"sessions": 1, "answers": len(kept.answers), "questions": 0, "recordings": recordings}
        return sessions.forget(self.store, person)._asdict()


def _search() -> QuestionSearch:
    """The search of this process in the system's data folder, opened once for all who ask."""
    with _OPENING:
        folder = data_folder("coach")
        if folder not in _OPENED:
            _OPENED[folder] = QuestionSearch.open(folder)
        return _OPENED[folder]


def _given(answer: Answer) -> choice.Answered:
    """An answer as the choice of the next question looks at it."""
    scores = {score.name: score.value for score in answer.scores}
    return choice.Answered(answer.question, answer.category, answer.difficulty, answer.overall, scores)


def _given_file(file: str | None) -> Path:
    if not file:
        raise UserError("There is no recording yet. Record your answer, or upload a file.")
    return Path(file)


def _judge(name: str) -> object | None:
    """Who judges a voice: "" for the built-in estimate, "service", or a model of the Hub."""
    if not name:
        return None
    if name != "service":
        return emotion_models.load(name)
    if (service := emotion_models.Service.from_environment()) is None:
        raise UserError("No service for voices is set up. Name its address in the settings, or leave it out.")
    return service

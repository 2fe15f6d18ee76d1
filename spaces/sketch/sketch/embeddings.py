"""Style cards and requests as vectors in one space, in two tiers behind LangChain's `Embeddings`.

A vector is made of blocks, each compared by itself; a search weighs them. In the embedded tier the blocks are meaning
(MiniLM over the card's words), colours and tones (of its picture and palette, and of the words of a request); in the
full tier meaning and picture (both CLIP). The weights are on the side of the request, so that they can be changed
without making the index anew.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from langchain_core.embeddings import Embeddings

from common import clip, text
from common.device import tier
from sketch import looks
from sketch.cards import Card
from sketch.looks import Look


class StyleEmbeddings(Embeddings):
    """Vectors of cards and of requests.

    name: of the model and the form of the vectors; another name is another index
    blocks: which values of a vector belong together; the first block is meaning
    weights: of the blocks in a request
    length: Euclidean length of every card's vector
    """

    name: str
    blocks: tuple[slice, ...]
    weights: tuple[float, ...]
    length: float

    @abstractmethod
    def meaning(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors (n, d) float32 of texts alone: the first block."""

    @abstractmethod
    def embed_cards(self, cards: Sequence[Card]) -> np.ndarray:
        """Vectors (n, D) float32 of cards, each of the same length. Raises MediaError for a picture that is broken."""

    @abstractmethod
    def embed_requests(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors (n, D) float32 of texts that ask for a look, the blocks not weighed yet."""

    @abstractmethod
    def knows(self, word: str) -> bool:
        """Whether a word, in lower case, is one that the text model has whole."""

    def weigh(self, vectors: np.ndarray) -> np.ndarray:
        """Requests with their blocks weighed: the dot product with a card is then the weighted sum of the blocks."""
        weighed = np.zeros_like(vectors)
        for block, weight in zip(self.blocks, self.weights, strict=True):
            weighed[:, block] = weight * vectors[:, block]
        return weighed

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Texts as cards without a picture."""
        blank = Card("", "", "", "", "", (), "")
        return self.embed_cards([replace(blank, caption=one) for one in texts]).tolist() if texts else []

    def embed_query(self, text: str) -> list[float]:
        """A text that asks for a look, its blocks weighed."""
        return self.weigh(self.embed_requests([text]))[0].tolist()


class MiniLMStyles(StyleEmbeddings):
    """The embedded tier: MiniLM over the words of a card, with the colours and tones of its picture and palette."""

    name = "minilm-looks-1"

    def __init__(self, encoder: text.SentenceEncoder) -> None:
        self._encoder = encoder
        ends = np.cumsum([encoder.dimension, len(looks.COLOURS), len(looks.TONES)]).tolist()
        self.blocks = (slice(0, ends[0]), slice(ends[0], ends[1]), slice(ends[1], ends[2]))
        self.weights = (1.0, 0.2, 0.02)
        self.length = float(np.sqrt(2 + len(looks.TONES)))

    def meaning(self, texts: Sequence[str]) -> np.ndarray:
        return self._encoder.embed(texts)

    def embed_cards(self, cards: Sequence[Card]) -> np.ndarray:
        seen = [look_of(card) for card in cards]
        # Without a caption the picture speaks: "mostly navy, cyan; dark, vivid".
        texts = [
            card.text if card.caption else f"{card.text} {look.words()}" for card, look in zip(cards, seen, strict=True)
        ]
        vectors = self._joined(self.meaning(texts), seen)
        # One more value, which no request has, brings every card to one length: the cosine then loses nothing.
        rest = self.length**2 - (vectors**2).sum(axis=1, keepdims=True)
        vectors[:, -1:] = np.sqrt(np.maximum(rest, 0))
        return vectors

    def embed_requests(self, texts: Sequence[str]) -> np.ndarray:
        return self._joined(self.meaning(texts), [looks.asked_for(one) for one in texts])

    def knows(self, word: str) -> bool:
        return self._encoder.knows(word)

    def _joined(self, meanings: np.ndarray, seen: Sequence[Look]) -> np.ndarray:
        vectors = np.zeros((len(meanings), self.blocks[-1].stop + 1), np.float32)
        vectors[:, self.blocks[0]] = meanings
        for row, look in enumerate(seen):
            vectors[row, self.blocks[1]], vectors[row, self.blocks[2]] = look.colours, look.tones
        return vectors


class ClipStyles(StyleEmbeddings):
    """The full tier: CLIP over the words of a card and over its picture; a request is compared with both.

    A picture and a text that fit have a lower cosine in CLIP than two texts (Liang et al. 2022, "Mind the gap"), and
    differ less from one that doesn't fit: hence the larger weight of the picture.
    """

    name = "clip-vit-b-32-1"
    _PROMPT = "a picture in the style of {}"

    def __init__(self, model: clip.ZeroShot) -> None:
        self._model = model
        size = len(self._texts("")[0])
        self.blocks = (slice(0, size), slice(size, 2 * size))
        self.weights = (0.5, 1.0)
        self.length = float(np.sqrt(2))
        self._words = lru_cache(maxsize=1)(self._vocabulary)

    def meaning(self, texts: Sequence[str]) -> np.ndarray:
        return self._model.embed_texts(list(texts))

    def embed_cards(self, cards: Sequence[Card]) -> np.ndarray:
        words = self.meaning([card.text for card in cards])
        pictures = [card.rgb() for card in cards]
        shown = words.copy()  # a card without a picture is known by its words alone
        there = [row for row, picture in enumerate(pictures) if picture is not None]
        if there:
            shown[there] = self._model.embed_images([pictures[row] for row in there])
        return np.concatenate([words, shown], axis=1)

    def embed_requests(self, texts: Sequence[str]) -> np.ndarray:
        shown = self._texts(*(self._PROMPT.format(one) for one in texts))
        return np.concatenate([self.meaning(texts), shown], axis=1)

    def knows(self, word: str) -> bool:
        return word in self._words()

    def _texts(self, *texts: str) -> np.ndarray:
        return self._model.embed_texts(texts)

    @staticmethod
    def _vocabulary() -> frozenset[str]:
        from open_clip import SimpleTokenizer

        return frozenset(word.removesuffix("</w>") for word in SimpleTokenizer().encoder if word.endswith("</w>"))


def look_of(card: Card) -> Look:
    """The look of a card: of its picture and its palette together, or of the palette alone where there is no picture.

    The palette stands for what the picture is meant to show; a subject with large plain areas would hide it.
    """
    promised = looks.of_palette(card.palette)
    rgb = card.rgb()
    if rgb is None:
        return promised
    seen = looks.of_picture(rgb)
    colours = seen.colours + promised.colours
    return Look(colours / np.linalg.norm(colours), seen.tones)


def load() -> StyleEmbeddings:
    """The embeddings of the tier that `common.device.tier()` chooses. Raises WeightsUnavailable."""
    return ClipStyles(clip.load()) if tier() == "full" else MiniLMStyles(text.load())

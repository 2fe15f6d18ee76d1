"""A small BERT that learns to sort feedback in seconds: real classes of transformers, words of the corpus."""

from collections import Counter
from pathlib import Path

import numpy as np

from common import torchvision_cpu
from feedback import data
from feedback.texts import prepare


def make_base(folder: Path, words: int = 1500) -> Path:
    """Write the untrained encoder with its tokenizer, as a folder of the Hub has them."""
    torchvision_cpu.mend()
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    splitter = pre_tokenizers.BertPreTokenizer()
    texts = [prepare(row.text) for row in data.written()[::2]]
    counts = Counter(word for text in texts for word, _ in splitter.pre_tokenize_str(text.lower()))
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(word for word, _ in counts.most_common(words))]
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = splitter
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    model = BertModel(config)
    model.embeddings.word_embeddings.weight.data[4:] = torch.from_numpy(_meanings(texts, vocabulary[4:], tokenizer))
    model.save_pretrained(folder)
    return folder


def _meanings(texts: list[str], words: list[str], tokenizer) -> np.ndarray:
    """Vectors (words, 32) by which texts they stand in (latent semantic analysis, Deerwester et al. 1990): the training
    leaves the words as they are, so something has to be known of them."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    split = [[token for token in coded.tokens[1:-1]] for coded in tokenizer.encode_batch(texts)]
    found = TfidfVectorizer(analyzer=lambda tokens: tokens, vocabulary=words, sublinear_tf=True).fit_transform(split)
    vectors = TruncatedSVD(32, random_state=0).fit_transform(found.T)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-6)).astype(np.float32)

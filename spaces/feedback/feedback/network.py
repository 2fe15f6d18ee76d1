"""The network that is trained: any encoder of the transformers library, the mean of its last layer, one linear layer.

The mean over the tokens, and not a token of its own, because that is how MiniLM was taught to sum up a sentence
(Reimers and Gurevych 2019, "Sentence-BERT"), and because it serves every encoder alike.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

DROPOUT = 0.1


class TextClassifier(nn.Module):
    """encoder: gives last_hidden_state (n, tokens, d); weights: of the labels in the loss, (labels,)."""

    def __init__(self, encoder: nn.Module, labels: int, weights: torch.Tensor | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        # Half of MiniLM's weights. A few thousand texts have nothing to teach them but what is in these texts alone.
        encoder.get_input_embeddings().requires_grad_(False)
        self.dropout = nn.Dropout(DROPOUT)
        self.head = nn.Linear(encoder.config.hidden_size, labels)
        self.register_buffer("weights", torch.ones(labels) if weights is None else weights, persistent=False)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor | None = None
    ) -> dict[str, torch.Tensor]:
        """logits (n, labels), vector (n, d), and with `labels`, wanted probabilities (n, labels), the loss: their
        cross entropy, each text weighted by its labels."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        vector = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
        logits = self.head(self.dropout(vector))
        made = {"logits": logits, "vector": vector}
        if labels is None:
            return made
        surprise = -(labels * F.log_softmax(logits, -1) * self.weights).sum(-1)
        return {"loss": surprise.sum() / (labels * self.weights).sum(), **made}


class _Outputs(nn.Module):
    """Logits and vectors as a tuple, which is what ONNX knows."""

    def __init__(self, classifier: TextClassifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        made = self.classifier(input_ids, attention_mask)
        return made["logits"], made["vector"]


def export(classifier: TextClassifier, file: Path, int8: bool = True) -> None:
    """Write the network as ONNX, its weights as 8-bit integers unless told otherwise."""
    import warnings

    names = {"input_names": ["input_ids", "attention_mask"], "output_names": ["logits", "vector"]}
    sizes = {name: {0: "texts", 1: "tokens"} for name in names["input_names"]}
    sizes |= {name: {0: "texts"} for name in names["output_names"]}
    example = torch.ones(2, 8, dtype=torch.long)
    whole = file.with_suffix(".fp32.onnx")
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter's own, about itself and about constants in the trace
        torch.onnx.export(
            _Outputs(classifier.eval().cpu().float()),
            (example, example),
            str(whole),
            dynamic_axes=sizes,
            opset_version=17,
            dynamo=False,  # the other one needs a package more, and makes a slower graph of the attention
            **names,
        )
    if int8:
        quantise(whole, file)
        whole.unlink()
    else:
        whole.replace(file)


def quantise(whole: Path, file: Path) -> None:
    """Weights of matrices and embeddings as 8-bit integers, one scale for every column."""
    import logging

    from onnxruntime.quantization import QuantType, quantize_dynamic

    level = logging.root.level
    logging.root.setLevel(logging.ERROR)  # it advises a preparation that dynamic quantisation has no use for
    try:
        # Seven bits of the eight: on processors without VNNI two products are added in 16 bits, which would overflow.
        quantize_dynamic(
            whole,
            file,
            op_types_to_quantize=["MatMul", "Gather"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )
    finally:
        logging.root.setLevel(level)

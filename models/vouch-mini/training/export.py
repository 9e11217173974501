"""Writes the trained weights as model.onnx, by hand, operator by operator.

The signature follows Hugging Face Optimum's decoder-with-past convention; README.md has the
shapes. Weights are stored as float16 and cast to float32, a cast that onnxruntime folds away when
it loads the model, so the file is half as large and every operator still computes in float32.
Attention, rotary embedding and the fused norms are CPU operators of onnxruntime's
`com.microsoft` domain: twelve nodes a block.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from model import NORM_EPSILON, Shape, Transformer, rotary_tables

OPSET = 23
IR_VERSION = 11
MICROSOFT = "com.microsoft"
# Finite, so that a row whose keys are all masked gives a uniform attention and not NaN.
MASKED_SCORE = -1e9


class GraphWriter:
    """Collects nodes and initializers; every method returns the name of what it added."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, name: str, value: np.ndarray) -> str:
        """A float16 initializer behind a cast to float32."""
        stored = self.constant(f"{name}.f16", np.ascontiguousarray(value.astype(np.float16)))
        return self.add("Cast", [stored], [name], to=TensorProto.FLOAT)

    def add(
        self,
        operator: str,
        inputs: list[str],
        outputs: list[str],
        domain: str = "",
        **attributes: object,
    ) -> str:
        self.nodes.append(
            helper.make_node(
                operator,
                inputs,
                outputs,
                name=f"{outputs[0]}/{operator}",
                domain=domain,
                **attributes,
            )
        )
        return outputs[0]


def add_attention_bias(graph: GraphWriter) -> str:
    """[B, 1, S, P+S]: zero where a query may see a key, MASKED_SCORE elsewhere.

    Query s stands at index P+s of the keys, whatever its rotary position is, so left padding and
    right padding both work as long as attention_mask tells which keys are real.
    """
    for name, value in (("zero", 0), ("one", 1)):
        graph.constant(name, np.array(value, dtype=np.int64))
    graph.constant("row_axis", np.array([1], dtype=np.int64))
    graph.constant("head_and_row_axes", np.array([1, 2], dtype=np.int64))
    graph.constant("seen_score", np.array(0, dtype=np.float32))
    graph.constant("masked_score", np.array(MASKED_SCORE, dtype=np.float32))
    graph.add("Shape", ["input_ids"], ["ids_shape"])
    graph.add("Shape", ["attention_mask"], ["mask_shape"])
    graph.add("Gather", ["ids_shape", "one"], ["new_tokens"], axis=0)
    graph.add("Gather", ["mask_shape", "one"], ["all_tokens"], axis=0)
    graph.add("Sub", ["all_tokens", "new_tokens"], ["past_tokens"])
    graph.add("Range", ["zero", "all_tokens", "one"], ["key_index"])
    graph.add("Range", ["past_tokens", "all_tokens", "one"], ["query_index_flat"])
    graph.add("Unsqueeze", ["query_index_flat", "row_axis"], ["query_index"])
    graph.add("LessOrEqual", ["key_index", "query_index"], ["causal"])
    graph.add("Cast", ["attention_mask"], ["mask_bool"], to=TensorProto.BOOL)
    graph.add("Unsqueeze", ["mask_bool", "head_and_row_axes"], ["mask_row"])
    graph.add("And", ["causal", "mask_row"], ["visible"])
    return graph.add("Where", ["visible", "seen_score", "masked_score"], ["attention_bias"])


def add_block(graph: GraphWriter, index: int, heads: int, normalised: str, bias: str) -> str:
    """Attention and feed-forward of one block; returns the output before its last residual."""
    at = f"block.{index}"
    graph.add("MatMul", [normalised, f"{at}.query_key_value"], [f"{at}.mixed"])
    query, key, value = (f"{at}.{part}" for part in ("query", "key", "value"))
    graph.add("Split", [f"{at}.mixed", "split_sizes"], [query, key, value], axis=-1)
    for part in (query, key):
        graph.add(
            "RotaryEmbedding",
            [part, "position_ids", "cosine", "sine"],
            [f"{part}.rotated"],
            domain=MICROSOFT,
            interleaved=0,
        )
    graph.add(
        "MultiHeadAttention",
        [
            f"{query}.rotated",
            f"{key}.rotated",
            value,
            "",
            "",
            bias,
            f"past_key_values.{index}.key",
            f"past_key_values.{index}.value",
        ],
        [f"{at}.attended", f"present.{index}.key", f"present.{index}.value"],
        domain=MICROSOFT,
        num_heads=heads,
    )
    graph.add("MatMul", [f"{at}.attended", f"{at}.attention_out"], [f"{at}.attention"])
    graph.add(
        "SkipSimplifiedLayerNormalization",
        [f"{at}.attention", f"{at}.residual", "unit_gain"],
        [f"{at}.middle", "", "", f"{at}.middle_residual"],
        domain=MICROSOFT,
        epsilon=NORM_EPSILON,
    )
    graph.add("MatMul", [f"{at}.middle", f"{at}.expand"], [f"{at}.expanded"])
    graph.add("Relu", [f"{at}.expanded"], [f"{at}.positive"])
    graph.add("Mul", [f"{at}.positive", f"{at}.positive"], [f"{at}.activated"])
    return graph.add("MatMul", [f"{at}.activated", f"{at}.contract"], [f"{at}.delta"])


def add_weights(graph: GraphWriter, model: Transformer, positions: int) -> None:
    """Linear layers are stored transposed, [in, out], as MatMul wants them."""
    shape = model.shape
    graph.constant("unit_gain", np.ones(shape.width, dtype=np.float32))
    graph.constant("split_sizes", np.array([shape.width] * 3, dtype=np.int64))
    cosine, sine = rotary_tables(positions, shape.head_dimension)
    graph.constant("cosine", cosine.numpy())
    graph.constant("sine", sine.numpy())
    graph.weight("embedding", model.embedding.weight.detach().float().numpy())
    for index, block in enumerate(model.blocks):
        for part in ("query_key_value", "attention_out", "expand", "contract"):
            linear = getattr(block, part).weight.detach().float().numpy()
            graph.weight(f"block.{index}.{part}", linear.T)


def signature(shape: Shape) -> tuple[list[ValueInfoProto], list[ValueInfoProto]]:
    """Inputs and outputs in the order of the Optimum convention."""

    def tensor(name: str, kind: int, dimensions: list[str | int]) -> ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, dimensions)

    def cache(prefix: str, length: str) -> list[ValueInfoProto]:
        dimensions = ["batch_size", shape.heads, length, shape.head_dimension]
        return [
            tensor(f"{prefix}.{index}.{part}", TensorProto.FLOAT, dimensions)
            for index in range(shape.layers)
            for part in ("key", "value")
        ]

    tokens = ["batch_size", "sequence_length"]
    inputs = [
        tensor("input_ids", TensorProto.INT64, tokens),
        tensor("attention_mask", TensorProto.INT64, ["batch_size", "total_length"]),
        tensor("position_ids", TensorProto.INT64, tokens),
        *cache("past_key_values", "past_length"),
    ]
    logits = tensor("logits", TensorProto.FLOAT, [*tokens, shape.vocabulary])
    return inputs, [logits, *cache("present", "total_length")]


def export_onnx(model: Transformer, positions: int, path: Path) -> None:
    """Writes the model; `positions` bounds position_ids (exclusive)."""
    graph = GraphWriter()
    add_weights(graph, model, positions)
    bias = add_attention_bias(graph)
    graph.add("Gather", ["embedding", "input_ids"], ["embedded"], axis=0)
    graph.add(
        "RMSNormalization",
        ["embedded", "unit_gain"],
        ["block.0.residual"],
        axis=-1,
        epsilon=NORM_EPSILON,
    )
    graph.add(
        "RMSNormalization",
        ["block.0.residual", "unit_gain"],
        ["block.0.normalised"],
        axis=-1,
        epsilon=NORM_EPSILON,
    )
    normalised = "block.0.normalised"
    for index in range(model.shape.layers):
        delta = add_block(graph, index, model.shape.heads, normalised, bias)
        following = f"block.{index + 1}"
        normalised = f"{following}.normalised"
        graph.add(
            "SkipSimplifiedLayerNormalization",
            [delta, f"block.{index}.middle_residual", "unit_gain"],
            [normalised, "", "", f"{following}.residual"],
            domain=MICROSOFT,
            epsilon=NORM_EPSILON,
        )
    graph.add("Transpose", ["embedding"], ["unembedding"], perm=[1, 0])
    graph.add("MatMul", [normalised, "unembedding"], ["logits"])
    inputs, outputs = signature(model.shape)
    onnx.save(
        helper.make_model(
            helper.make_graph(graph.nodes, "vouch-mini", inputs, outputs, graph.initializers),
            ir_version=IR_VERSION,
            producer_name="vouch-mini",
            opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)],
        ),
        path,
    )

"""Writes the trained weights as model.onnx, by hand, operator by operator.

README.md has the signature. Weights are stored as float16 and cast to float32, a cast that
onnxruntime folds away when it loads the model, so the file is half as large and every operator
still computes in float32.

Usage: python export.py [--folder FOLDER] writes the graph anew around the weights of the
model.onnx that is there, bit for bit.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from shape import NORM_EPSILON, VOUCH_MINI, Shape

OPSET = 23
IR_VERSION = 11
MICROSOFT = "com.microsoft"
# Finite, so that no row of scores can be all minus infinity; its exponential is zero all the same.
MASKED_SCORE = -1e9
# Residual streams that are outputs besides the last: what embed.py found to tell texts apart best.
STATES = ("block.2.residual", "block.4.residual")

# Name to array: `cosine` and `sine` in float32, all others the matrices.
Weights = dict[str, np.ndarray]


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


def add_score_bias(graph: GraphWriter) -> str:
    """[B, 1, S, S+P]: causal among the new tokens, past_bias for each past one.

    The new keys come first. So the place of a key in every sum is its own, whatever P is, and a
    wider past whose surplus is masked changes no bit (docs/engine.md, "Repeatable").
    """
    for name, value in (("zero", 0), ("one", 1)):
        graph.constant(name, np.array(value, dtype=np.int64))
    for name, value in (("zero_axis", [0]), ("one_axis", [1]), ("middle_axes", [1, 2])):
        graph.constant(name, np.array(value, dtype=np.int64))
    graph.constant("seen_score", np.array(0, dtype=np.float32))
    graph.constant("masked_score", np.array(MASKED_SCORE, dtype=np.float32))
    graph.add("Shape", ["input_ids"], ["ids_shape"])
    graph.add("Shape", ["past_bias"], ["past_shape"])
    graph.add("Gather", ["ids_shape", "zero_axis"], ["rows"], axis=0)
    graph.add("Gather", ["ids_shape", "one_axis"], ["new_tokens"], axis=0)
    graph.add("Gather", ["past_shape", "one_axis"], ["past_tokens"], axis=0)
    graph.add("Concat", ["new_tokens", "past_tokens"], ["key_counts"], axis=0)
    graph.add("Squeeze", ["new_tokens"], ["new_count"])
    graph.add("Range", ["zero", "new_count", "one"], ["key_index"])
    graph.add("Unsqueeze", ["key_index", "one_axis"], ["query_index"])
    graph.add("LessOrEqual", ["key_index", "query_index"], ["causal"])
    graph.add("Where", ["causal", "seen_score", "masked_score"], ["causal_bias"])
    graph.add("Concat", ["rows", "one_axis", "new_tokens", "new_tokens"], ["new_shape"], axis=0)
    graph.add("Expand", ["causal_bias", "new_shape"], ["new_bias"])
    graph.add("Unsqueeze", ["past_bias", "middle_axes"], ["past_row"])
    graph.add("Concat", ["rows", "one_axis", "new_tokens", "past_tokens"], ["wide"], axis=0)
    graph.add("Expand", ["past_row", "wide"], ["wide_bias"])
    return graph.add("Concat", ["new_bias", "wide_bias"], ["score_bias"], axis=-1)


def add_attention(graph: GraphWriter, index: int, shape: Shape, normalised: str, bias: str) -> str:
    """Attention over new and past keys, which are never joined: a cache is read where it lies."""
    at = f"block.{index}"
    key, value = f"new_key_values.{index}.key", f"new_key_values.{index}.value"
    graph.add("MatMul", [normalised, f"{at}.query_key_value"], [f"{at}.mixed"])
    graph.add("Reshape", [f"{at}.mixed", "heads_shape"], [f"{at}.heads"])
    graph.add("Transpose", [f"{at}.heads"], [f"{at}.by_head"], perm=[0, 2, 1, 3])
    graph.add("Split", [f"{at}.by_head", "rotated_or_not"], [f"{at}.turned", value], axis=1)
    graph.add(
        "RotaryEmbedding",
        [f"{at}.turned", "position_ids", "cosine", "sine"],
        [f"{at}.rotated"],
        domain=MICROSOFT,
        interleaved=0,
    )
    graph.add("Split", [f"{at}.rotated"], [f"{at}.turned_query", key], axis=1, num_outputs=2)
    # Scaled here and not by the product's alpha: with one onnxruntime has a faster kernel for a single row.
    graph.add("Mul", [f"{at}.turned_query", "score_scale"], [f"{at}.query"])
    for part, keys in (("new", key), ("past", f"past_key_values.{index}.key")):
        graph.add(
            "FusedMatMul",
            [f"{at}.query", keys],
            [f"{at}.score.{part}"],
            domain=MICROSOFT,
            transB=1,
        )
    graph.add("Concat", [f"{at}.score.new", f"{at}.score.past"], [f"{at}.score"], axis=-1)
    graph.add("Add", [f"{at}.score", bias], [f"{at}.masked"])
    graph.add("Softmax", [f"{at}.masked"], [f"{at}.share"], axis=-1)
    graph.add(
        "Split", [f"{at}.share", "key_counts"], [f"{at}.share.new", f"{at}.share.past"], axis=-1
    )
    for part, values in (("new", value), ("past", f"past_key_values.{index}.value")):
        graph.add("MatMul", [f"{at}.share.{part}", values], [f"{at}.seen.{part}"])
    graph.add("Add", [f"{at}.seen.new", f"{at}.seen.past"], [f"{at}.seen"])
    graph.add("Transpose", [f"{at}.seen"], [f"{at}.by_token"], perm=[0, 2, 1, 3])
    graph.add("Reshape", [f"{at}.by_token", "width_shape"], [f"{at}.attended"])
    return graph.add("MatMul", [f"{at}.attended", f"{at}.attention_out"], [f"{at}.attention"])


def add_skip_norm(graph: GraphWriter, addends: tuple[str, str], outputs: tuple[str, str]) -> None:
    """Writes the normalised sum and the sum itself."""
    normalised, residual = outputs
    graph.add(
        "SkipSimplifiedLayerNormalization",
        [*addends, "unit_gain"],
        [normalised, "", "", residual],
        domain=MICROSOFT,
        epsilon=NORM_EPSILON,
    )


def add_block(graph: GraphWriter, index: int, shape: Shape, normalised: str, bias: str) -> str:
    """Attention and feed-forward of one block; returns the output before its last residual."""
    at = f"block.{index}"
    attention = add_attention(graph, index, shape, normalised, bias)
    add_skip_norm(
        graph, (attention, f"{at}.residual"), (f"{at}.middle", f"{at}.middle_residual")
    )
    graph.add("MatMul", [f"{at}.middle", f"{at}.expand"], [f"{at}.expanded"])
    graph.add("Relu", [f"{at}.expanded"], [f"{at}.positive"])
    graph.add("Mul", [f"{at}.positive", f"{at}.positive"], [f"{at}.activated"])
    return graph.add("MatMul", [f"{at}.activated", f"{at}.contract"], [f"{at}.delta"])


def add_weights(graph: GraphWriter, weights: Weights, shape: Shape) -> None:
    heads, width = shape.heads, shape.width
    graph.constant("unit_gain", np.ones(width, dtype=np.float32))
    graph.constant("heads_shape", np.array([0, 0, 3 * heads, shape.head_dimension], np.int64))
    graph.constant("rotated_or_not", np.array([2 * heads, heads], dtype=np.int64))
    graph.constant("score_scale", np.array(shape.head_dimension**-0.5, dtype=np.float32))
    graph.constant("width_shape", np.array([0, 0, width], dtype=np.int64))
    for name, value in weights.items():
        if name in ("cosine", "sine"):
            graph.constant(name, value)
        else:
            graph.weight(name, value)


def signature(shape: Shape) -> tuple[list[ValueInfoProto], list[ValueInfoProto]]:
    def tensor(name: str, kind: int, dimensions: list[str | int]) -> ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, dimensions)

    def cache(prefix: str, length: str) -> list[ValueInfoProto]:
        dimensions = ["rows", shape.heads, length, shape.head_dimension]
        return [
            tensor(f"{prefix}.{index}.{part}", TensorProto.FLOAT, dimensions)
            for index in range(shape.layers)
            for part in ("key", "value")
        ]

    tokens = ["rows", "new_tokens"]
    inputs = [
        tensor("input_ids", TensorProto.INT64, tokens),
        tensor("position_ids", TensorProto.INT64, tokens),
        tensor("past_bias", TensorProto.FLOAT, ["rows", "past_tokens"]),
        *cache("past_key_values", "past_tokens"),
    ]
    states = [
        tensor(name, TensorProto.FLOAT, [*tokens, shape.width])
        for name in (*STATES, "hidden_states")
    ]
    logits = tensor("logits", TensorProto.FLOAT, [*tokens, shape.vocabulary])
    return inputs, [logits, *cache("new_key_values", "new_tokens"), *states]


def export_onnx(weights: Weights, shape: Shape, path: Path) -> None:
    """Writes the model; the tables of cosines and sines bound position_ids."""
    graph = GraphWriter()
    add_weights(graph, weights, shape)
    bias = add_score_bias(graph)
    graph.add("Gather", ["embedding", "input_ids"], ["embedded"], axis=0)
    normalised = "embedded"
    for output in ("block.0.residual", "block.0.normalised"):
        normalised = graph.add(
            "RMSNormalization", [normalised, "unit_gain"], [output], axis=-1, epsilon=NORM_EPSILON
        )
    for index in range(shape.layers):
        delta = add_block(graph, index, shape, normalised, bias)
        following = f"block.{index + 1}"
        is_last = index + 1 == shape.layers
        normalised = "hidden_states" if is_last else f"{following}.normalised"
        addends = (delta, f"block.{index}.middle_residual")
        add_skip_norm(graph, addends, (normalised, f"{following}.residual"))
    graph.add("Transpose", ["embedding"], ["unembedding"], perm=[1, 0])
    graph.add("MatMul", [normalised, "unembedding"], ["logits"])
    inputs, outputs = signature(shape)
    model = helper.make_model(
        helper.make_graph(graph.nodes, "vouch-mini", inputs, outputs, graph.initializers),
        ir_version=IR_VERSION,
        producer_name="vouch-mini",
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)],
    )
    onnx.checker.check_model(model)
    onnx.save(model, path)


def weights_of(path: Path) -> Weights:
    """The weights of an exported model, as they were stored."""
    stored = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in onnx.load(path).graph.initializer
    }
    return {
        name.removesuffix(".f16"): value
        for name, value in stored.items()
        if name.endswith(".f16") or name in ("cosine", "sine")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent)
    path = parser.parse_args().folder / "model.onnx"
    export_onnx(weights_of(path), VOUCH_MINI, path)


if __name__ == "__main__":
    main()

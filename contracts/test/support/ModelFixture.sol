// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ModelProofs} from "../../src/proofs/ModelProofs.sol";
import {ModelCircuit} from "../../src/types/ModelCircuit.sol";
import {TaggedVerifier} from "../hostile/Verifiers.sol";

/// @notice A registry of models with tagged verifiers.
abstract contract ModelFixture {
    bytes internal constant PREFIX = '{"id":"volatility","outputs":["sigma"],';
    bytes internal constant SUFFIX = ',"revision":null,"weights":{"model.onnx":"00"}}';
    bytes32 internal constant CEREMONY = keccak256("a ceremony's file");

    ModelProofs internal models;

    function circuitOf(address verifier, uint8 kind, uint32 inputs, uint32 outputs)
        internal
        view
        returns (ModelCircuit memory)
    {
        return ModelCircuit({
            verifier: verifier,
            kind: kind,
            inputs: inputs,
            outputs: outputs,
            codeHash: verifier.codehash,
            setup: CEREMONY
        });
    }

    function registerModel(bytes32 tag, uint8 kind, uint32 inputs, uint32 outputs)
        internal
        returns (bytes32 modelId)
    {
        address verifier = address(new TaggedVerifier(tag));
        return models.register(PREFIX, circuitOf(verifier, kind, inputs, outputs), SUFFIX);
    }

    /// @dev What a tagged verifier takes for packed values; element by element, from the highest value down.
    function packedProof(bytes32 tag, int256[] memory inputs, int256[] memory outputs)
        internal
        pure
        returns (bytes memory)
    {
        uint256 first = (inputs.length + 6) / 7;
        bytes32[] memory elements = new bytes32[](first + (outputs.length + 6) / 7);
        for (uint256 e = 0; e < elements.length; ++e) {
            bool isInput = e < first;
            elements[e] = isInput ? _element(inputs, 7 * e) : _element(outputs, 7 * (e - first));
        }
        return abi.encode(tag, elements);
    }

    function list(int256 a) internal pure returns (int256[] memory values) {
        values = new int256[](1);
        values[0] = a;
    }

    function list(int256 a, int256 b) internal pure returns (int256[] memory values) {
        values = new int256[](2);
        values[0] = a;
        values[1] = b;
    }

    function _element(int256[] memory values, uint256 begin) private pure returns (bytes32) {
        uint256 element = 0;
        uint256 end = begin + 7 < values.length ? begin + 7 : values.length;
        for (uint256 i = end; i > begin; --i) {
            element = element * 2 ** 32 + uint256(values[i - 1] + 2_147_483_648);
        }
        return bytes32(element);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceProofVerifier, IQuoteVerifier} from "../../src/interfaces/ITierEvidence.sol";
import {ModelCircuit} from "../../src/types/ModelCircuit.sol";

/// @notice Accepts a quote that consists of the report data and a term.
contract FixedQuoteVerifier is IQuoteVerifier {
    function verifyQuote(bytes32 reportData, address key, bytes calldata quote)
        external
        pure
        returns (uint64 boundUntil)
    {
        (bytes32 quoted, address quotedKey, uint64 until) =
            abi.decode(quote, (bytes32, address, uint64));
        return quoted == reportData && quotedKey == key ? until : 0;
    }
}

/// @notice Accepts a proof that is the hash of its statement, and has a circuit for one model alone.
contract TaggedProofVerifier is IInferenceProofVerifier {
    function circuitOf(bytes32 modelId) external view returns (ModelCircuit memory circuit) {
        if (modelId == keccak256("model")) circuit.verifier = address(this);
    }

    function verifyInference(
        bytes32 modelId,
        bytes32 inputHash,
        bytes32 contentHash,
        bytes calldata proof
    ) external pure returns (bool) {
        return keccak256(proof)
            == keccak256(abi.encode(keccak256(abi.encode(modelId, inputHash, contentHash))));
    }
}

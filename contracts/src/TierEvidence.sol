// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    IInferenceProofVerifier,
    IQuoteVerifier,
    ITierEvidence
} from "./interfaces/ITierEvidence.sol";

/// @title TierEvidence
/// @notice See `ITierEvidence`.
/// @dev Both verifiers are fixed at deployment. A deployment without one passes zero: nothing can be
/// registered then, and every receipt that claims the tier is a false one.
contract TierEvidence is ITierEvidence {
    struct Binding {
        uint64 boundFrom;
        uint64 boundUntil;
    }

    /// @dev A quote says what was measured when it was made; it must be renewed.
    uint64 public constant MAX_BINDING = 30 days;

    IQuoteVerifier public immutable quoteVerifier;
    IInferenceProofVerifier public immutable proofVerifier;

    mapping(address operator => mapping(address key => Binding[])) private _bindings;
    mapping(bytes32 statement => uint64 timestampS) private _provenAt;

    constructor(IQuoteVerifier quoteVerifier_, IInferenceProofVerifier proofVerifier_) {
        quoteVerifier = quoteVerifier_;
        proofVerifier = proofVerifier_;
    }

    /// @inheritdoc ITierEvidence
    function bindKey(address operator, address key, bytes calldata quote) external {
        // The quote binds the operator and this contract: it is of no use to anybody else, elsewhere.
        bytes32 reportData = keccak256(abi.encode(block.chainid, address(this), operator, key));
        uint64 boundUntil = quoteVerifier.verifyQuote(reportData, key, quote);
        uint64 nowS = uint64(block.timestamp);
        if (boundUntil <= nowS) revert QuoteRefused(operator, key);
        if (boundUntil > nowS + MAX_BINDING) revert BoundTooLong(boundUntil, nowS + MAX_BINDING);
        _bindings[operator][key].push(Binding(nowS, boundUntil));
        emit KeyBound(operator, key, nowS, boundUntil);
    }

    /// @inheritdoc ITierEvidence
    function proveInference(
        bytes32 modelId,
        bytes32 inputHash,
        bytes32 contentHash,
        bytes calldata proof
    ) external {
        // The verifiers that snarkjs generates answer false, not revert, when a precompile runs out
        // of gas: the answer is checked, so a failed proof is never taken for a registered one.
        if (!proofVerifier.verifyInference(modelId, inputHash, contentHash, proof)) {
            revert ProofRefused(modelId, inputHash, contentHash);
        }
        bytes32 statement = keccak256(abi.encode(modelId, inputHash, contentHash));
        if (_provenAt[statement] == 0) _provenAt[statement] = uint64(block.timestamp);
        emit InferenceProven(modelId, inputHash, contentHash);
    }

    /// @inheritdoc ITierEvidence
    function isBoundAt(address operator, address key, uint64 timestampS)
        external
        view
        returns (bool)
    {
        // A key is bound about once a month: the list stays short, and the newest is asked first.
        Binding[] storage bindings = _bindings[operator][key];
        for (uint256 i = bindings.length; i > 0; --i) {
            Binding memory binding = bindings[i - 1];
            if (binding.boundFrom <= timestampS && timestampS < binding.boundUntil) return true;
        }
        return false;
    }

    /// @inheritdoc ITierEvidence
    function provenAt(bytes32 modelId, bytes32 inputHash, bytes32 contentHash)
        external
        view
        returns (uint64)
    {
        return _provenAt[keccak256(abi.encode(modelId, inputHash, contentHash))];
    }
}

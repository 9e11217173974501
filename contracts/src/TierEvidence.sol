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
    /// @dev When any key of the operator was bound: in order, none touching the next.
    mapping(address operator => Binding[]) private _covers;
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
        _cover(operator, nowS, boundUntil);
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
    function isAnyKeyBoundAt(address operator, uint64 timestampS) external view returns (bool) {
        Binding[] storage covers = _covers[operator];
        // By halves: an operator can have as many of them as it pays for, and must not make a report
        // too dear to be sent.
        uint256 low = 0;
        uint256 high = covers.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (covers[middle].boundFrom <= timestampS) low = middle + 1;
            else high = middle;
        }
        return low != 0 && timestampS < covers[low - 1].boundUntil;
    }

    /// @inheritdoc ITierEvidence
    function provenAt(bytes32 modelId, bytes32 inputHash, bytes32 contentHash)
        external
        view
        returns (uint64)
    {
        return _provenAt[keccak256(abi.encode(modelId, inputHash, contentHash))];
    }

    /// @dev Bindings begin in the order of blocks, so only the last stretch can be continued.
    function _cover(address operator, uint64 boundFrom, uint64 boundUntil) private {
        Binding[] storage covers = _covers[operator];
        uint256 count = covers.length;
        if (count == 0 || covers[count - 1].boundUntil < boundFrom) {
            covers.push(Binding(boundFrom, boundUntil));
        } else if (covers[count - 1].boundUntil < boundUntil) {
            covers[count - 1].boundUntil = boundUntil;
        }
    }
}

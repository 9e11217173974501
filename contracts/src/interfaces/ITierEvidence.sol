// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ITierEvidence
/// @notice What stands behind the tiers that a receipt cannot prove by its own signatures: keys bound
/// to a trusted execution environment (tier bit 16) and proofs of inference (tier bit 64).
interface ITierEvidence {
    event KeyBound(
        address indexed operator, address indexed key, uint64 boundFrom, uint64 boundUntil
    );
    event InferenceProven(
        bytes32 indexed modelId, bytes32 indexed inputHash, bytes32 indexed contentHash
    );

    error QuoteRefused(address operator, address key);
    error ProofRefused(bytes32 modelId, bytes32 inputHash, bytes32 contentHash);
    error BoundTooLong(uint64 boundUntil, uint64 latest);

    /// @notice Registers that `key` lives in a measured environment, as the quote says.
    /// @param quote What the quote verifier takes.
    function bindKey(address operator, address key, bytes calldata quote) external;

    /// @notice Registers that the model maps the input to the content, as the proof says.
    function proveInference(
        bytes32 modelId,
        bytes32 inputHash,
        bytes32 contentHash,
        bytes calldata proof
    ) external;

    /// @notice Whether a quote for `key` covered `timestampS` (unix seconds).
    function isBoundAt(address operator, address key, uint64 timestampS)
        external
        view
        returns (bool);

    /// @notice Whether a quote for any key of the operator covered `timestampS` (unix seconds).
    /// @dev What a gateway's claim of the tier is judged by. It signs which contributor worked, and not
    /// with which key: by a single key, a contributor with a second one could make a true claim look
    /// false, by signing the same Work anew.
    function isAnyKeyBoundAt(address operator, uint64 timestampS) external view returns (bool);

    /// @return Unix seconds of the first proof; zero: none.
    function provenAt(bytes32 modelId, bytes32 inputHash, bytes32 contentHash)
        external
        view
        returns (uint64);

    /// @notice Zero: no key can be bound here.
    function quoteVerifier() external view returns (IQuoteVerifier);

    /// @notice Zero: nothing can be proven here.
    function proofVerifier() external view returns (IInferenceProofVerifier);
}

/// @title IQuoteVerifier
/// @notice Checks a remote-attestation quote (for example by on-chain DCAP) against an allow-list of
/// measurements, with debug mode off.
interface IQuoteVerifier {
    /// @param reportData What the quote must carry: who may use the key, where, and which key it is.
    /// @return boundUntil Unix seconds until which the quote is good; zero: refused.
    function verifyQuote(bytes32 reportData, address key, bytes calldata quote)
        external
        view
        returns (uint64 boundUntil);
}

/// @title IInferenceProofVerifier
/// @notice Checks a zero-knowledge proof of inference, for example one made by ezkl.
interface IInferenceProofVerifier {
    function verifyInference(
        bytes32 modelId,
        bytes32 inputHash,
        bytes32 contentHash,
        bytes calldata proof
    ) external view returns (bool);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a contributor saw and did for one job; signed by one of its signing keys.
/// @dev The digest of a Work exists only under the domain "Vouch Receipts", version 1, of one
/// verifier contract on one chain.
struct Work {
    /// @dev Chosen by the gateway (or the coordinator), unique for each (gateway, jobId).
    bytes32 jobId;
    /// @dev Operator address of the gateway in the GatewayRegistry.
    address gateway;
    /// @dev Operator address of the contributor in the ContributorRegistry; zero when no
    /// contributor can sign (a closed API behind the gateway).
    address contributor;
    /// @dev keccak256 of the model manifest in canonical JSON (RFC 8785).
    bytes32 modelId;
    /// @dev sha256 of the request's bytes as the contributor received them.
    bytes32 inputHash;
    /// @dev sha256 of the response's bytes as the contributor sent them.
    bytes32 outputHash;
    /// @dev keccak256 of the answer itself (UTF-8 text): the one hash a contract needs.
    bytes32 contentHash;
    /// @dev Last value of the stream's hash chain; zero for a unary response.
    bytes32 streamRoot;
    /// @dev Tokens of the whole prompt, cached ones included. 32 bits: contexts are far smaller.
    uint32 promptTokens;
    /// @dev The part of `promptTokens` that the engine took from its cache.
    uint32 cachedPromptTokens;
    uint32 completionTokens;
    /// @dev Root of the committed tokens and log-probabilities; zero without tier bit 4.
    bytes32 commitment;
    /// @dev Unix seconds.
    uint64 startedAt;
    /// @dev Unix seconds. Signing keys are looked up at this time.
    uint64 finishedAt;
    /// @dev 0 complete, 1 client disconnected, 2 upstream failed, 3 truncated by budget.
    uint8 status;
}

using {hashStruct} for Work global;

bytes32 constant WORK_TYPEHASH = keccak256(
    "Work(bytes32 jobId,address gateway,address contributor,bytes32 modelId,bytes32 inputHash,bytes32 outputHash,bytes32 contentHash,bytes32 streamRoot,uint32 promptTokens,uint32 cachedPromptTokens,uint32 completionTokens,bytes32 commitment,uint64 startedAt,uint64 finishedAt,uint8 status)"
);

/// @dev Members of `Work`; each is one word of calldata.
uint256 constant WORK_WORDS = 15;

/// @dev All members are static, so their calldata is what EIP-712 hashes: it is copied behind the type
/// hash as it is. Copying member by member would cost ten times the gas, in the one call that every
/// consumer pays for. A member with dirty upper bits hashes to something nobody signed, or reverts
/// where it is read.
function hashStruct(Work calldata self) pure returns (bytes32 hash) {
    bytes32 typeHash = WORK_TYPEHASH;
    assembly ("memory-safe") {
        let words := mload(0x40) // Beyond the free memory pointer: nothing is allocated.
        mstore(words, typeHash)
        calldatacopy(add(words, 0x20), self, mul(WORK_WORDS, 0x20))
        hash := keccak256(words, mul(add(WORK_WORDS, 1), 0x20))
    }
}

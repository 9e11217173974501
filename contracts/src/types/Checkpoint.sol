// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice How far a stream had come; signed by the contributor while it runs, so that a partial
/// answer can be paid and a cut one proven.
/// @dev Job ids are unique for one gateway only: both parties are named, or an honest contributor that
/// serves two gateways could be made to contradict itself.
struct Checkpoint {
    bytes32 jobId;
    address gateway;
    address contributor;
    /// @dev Counts the checkpoints of the job from 0.
    uint32 index;
    /// @dev Value of the stream's hash chain at this point.
    bytes32 streamHash;
    uint32 completionTokens;
    /// @dev Unix seconds. Signing keys are looked up at this time.
    uint64 signedAt;
}

using {hashStruct} for Checkpoint global;

bytes32 constant CHECKPOINT_TYPEHASH = keccak256(
    "Checkpoint(bytes32 jobId,address gateway,address contributor,uint32 index,bytes32 streamHash,uint32 completionTokens,uint64 signedAt)"
);

function hashStruct(Checkpoint calldata self) pure returns (bytes32) {
    return keccak256(abi.encode(CHECKPOINT_TYPEHASH, self));
}

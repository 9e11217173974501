// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a contract asks for and what it pays. Amounts are atomic units of the coordinator's asset.
struct JobTerms {
    bytes32 modelId;
    /// @dev Operator address of the gateway that must vouch for the answer; zero: any.
    address gateway;
    /// @dev Tiers that an answer must have; bits 1 and 2 (both signatures) are always asked for.
    uint16 minTiers;
    /// @dev Atomic units for a million tokens.
    uint128 promptAtomicPerMtok;
    uint128 completionAtomicPerMtok;
    /// @dev The most that one answer may cost; its contributor gets it. 96 bits, so that an answer that
    /// waits for agreement is one slot.
    uint96 maxFee;
    /// @dev Once for the job, to the gateway of the receipt that completes it, whoever delivers: for the
    /// gas of the delivery, and its work.
    uint96 deliveryFee;
    /// @dev Seconds from the request until nobody is paid any more.
    uint32 deliveryTime;
    /// @dev Gas that the callback gets; zero: no callback. 32 bits hold more than any block.
    uint32 callbackGas;
    /// @dev Answers with one content hash, from different contributors, that make a delivery. More
    /// than one makes sense for deterministic models only.
    uint8 agreement;
    /// @dev Answers accepted in all; when they are used up without agreement the job has failed.
    uint8 answersMax;
}

using {escrow} for JobTerms global;

/// @notice What a job under these terms costs at most, and what its consumer pays in.
function escrow(JobTerms memory self) pure returns (uint128) {
    return uint128(self.maxFee) * self.agreement + self.deliveryFee;
}

/// @notice When a schedule runs.
struct Rhythm {
    /// @dev Unix seconds; zero or past: at once.
    uint64 startsAt;
    /// @dev Seconds.
    uint32 period;
    uint32 runsMax;
}

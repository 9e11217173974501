// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a contract asks for and what it pays.
struct JobTerms {
    bytes32 modelId;
    /// @dev Operator address of the gateway that must vouch for the answer; zero: any.
    address gateway;
    /// @dev Tiers that the receipt must claim; bit 2 (a contributor's signature) is always asked for.
    uint16 minTiers;
    /// @dev Atomic units of the coordinator's asset for a million tokens.
    uint128 promptAtomicPerMtok;
    uint128 completionAtomicPerMtok;
    /// @dev The most that one answer may cost, in atomic units. 96 bits, so that an answer that
    /// waits for agreement is one slot.
    uint96 maxFee;
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

/// @notice When a schedule runs.
struct Rhythm {
    /// @dev Unix seconds; zero or past: at once.
    uint64 startsAt;
    /// @dev Seconds.
    uint32 period;
    uint32 runsMax;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The terms of an operator registry, fixed when it is deployed.
struct RegistryTerms {
    /// @dev The token that stakes are held in.
    address asset;
    /// @dev Atomic units of `asset`; 96 bits because stakes share a slot with what is unbonding.
    uint96 minStake;
    /// @dev Seconds between asking for stake back and getting it; also how long evidence is good.
    uint40 unbondingDelay;
    /// @dev Receives what of a slashed stake the reporter does not get.
    address insurance;
    /// @dev May appoint the slashers, once; it has no other power and none after that.
    address admin;
}

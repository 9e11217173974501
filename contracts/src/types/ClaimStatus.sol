// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ClaimStatus
/// @notice What became of one row of `claimBestEffort`. Part of the ABI: numbers never change.
library ClaimStatus {
    uint8 internal constant CLAIMED = 0;
    /// @dev Booked up to the channel's balance; the rest can be claimed after a top-up.
    uint8 internal constant CLAIMED_IN_PART = 1;
    uint8 internal constant NOTHING_NEW = 2;
    uint8 internal constant SIGNATURE_INVALID = 3;
    uint8 internal constant EXCEEDS_VOUCHER = 4;
    uint8 internal constant NOT_AUTHORIZED = 5;
    uint8 internal constant NOTHING_LEFT = 6;
}

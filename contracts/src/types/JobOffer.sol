// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {JobTerms} from "./JobTerms.sol";
import {TIER_ZK_INFERRED} from "./Receipt.sol";

/// @notice On what terms a gateway takes jobs of contracts for one model. Amounts are atomic units of the
/// coordinator's asset.
/// @dev Ordered so that it takes three slots: every request that names its gateway reads them.
struct JobOffer {
    /// @dev Tiers that it can give; zero: the model is not offered.
    uint16 tiers;
    /// @dev Atomic units for a million tokens, at least.
    uint128 promptAtomicPerMtok;
    /// @dev The most gas that a callback may get.
    uint32 callbackGasMax;
    /// @dev Seconds, at least.
    uint32 deliveryTimeMin;
    /// @dev Of how many answers a job may be.
    uint8 answersMax;
    uint128 completionAtomicPerMtok;
    /// @dev For a delivery without callback and proof.
    uint96 deliveryFee;
    /// @dev For each million of callback gas, on top.
    uint96 callbackFeePerMgas;
    /// @dev For a proof of inference (tier 64), on top: making it, and verifying it on the chain.
    uint96 proofFee;
}

using {feeFor} for JobOffer global;

uint256 constant GAS_OF_MGAS = 1_000_000;

/// @notice The least `deliveryFee` for which a gateway with this offer takes the terms.
function feeFor(JobOffer memory self, JobTerms memory terms) pure returns (uint256) {
    uint256 callbackFee =
        FixedPointMathLib.divUp(uint256(terms.callbackGas) * self.callbackFeePerMgas, GAS_OF_MGAS);
    uint256 proofFee = terms.minTiers & TIER_ZK_INFERRED == 0 ? 0 : self.proofFee;
    return self.deliveryFee + callbackFee + proofFee;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCoordinator} from "../interfaces/IInferenceCoordinator.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {ITierEvidence} from "../interfaces/ITierEvidence.sol";

/// @notice What the slashing contract stands on, fixed when it is deployed.
struct SlashingTerms {
    IOperatorRegistry contributors;
    IOperatorRegistry gateways;
    IReceiptAnchor receiptAnchor;
    ITierEvidence tierEvidence;
    IInferenceCoordinator coordinator;
    /// @dev The ReceiptVerifier whose domain receipts are signed under.
    address verifier;
    /// @dev Atomic units of the contributors' asset, for each job accepted and not delivered.
    uint96 nonDeliveryPenalty;
    /// @dev Atomic units of the gateways' asset that who asks for a proof risks.
    uint96 proofBond;
}
